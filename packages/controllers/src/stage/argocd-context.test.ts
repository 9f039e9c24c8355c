import { describe, expect, it } from 'vitest';
import { aPromotion } from '../availability/fixtures.ts';
import { argoCDContext } from './argocd-context.ts';

const app = (name: string): { name: string; namespace: string } => ({ name, namespace: 'argocd' });

describe('the Applications of a Stage', () => {
  it('are those in outputs of Argo CD steps and in health checks, each once', () => {
    const promotion = aPromotion('p');
    promotion.spec.steps = [
      { uses: 'argocd-update', as: 'sync' },
      { uses: 'argocd-wait', as: 'wait' },
      { uses: 'http', as: 'other' },
    ];
    const state = {
      sync: { apps: [app('a'), app('b')] },
      wait: { apps: [app('c'), { name: 'no namespace' }] },
      other: { apps: [app('x')] },
    };
    const healthChecks = [
      { uses: 'argocd-update', config: { apps: [app('a'), app('d')] } },
      { uses: 'other', config: { apps: [app('y')] } },
    ];
    expect(JSON.parse(argoCDContext({ name: 'p', status: { state, healthChecks } }, promotion) ?? '')).toEqual(
      ['a', 'b', 'c', 'd'].map(app),
    );
  });

  it('are none where there are none', () => {
    expect(argoCDContext({ name: 'p', status: {} }, undefined)).toBeUndefined();
    expect(
      argoCDContext({ name: 'p', status: { healthChecks: [{ uses: 'argocd-update', config: 'x' }] } }, aPromotion('p')),
    ).toBeUndefined();
  });
});
