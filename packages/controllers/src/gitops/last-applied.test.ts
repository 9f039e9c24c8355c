import type { KubeObject } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { hasForgotten, withLastApplied, withoutForgotten } from './last-applied.ts';

const object = (annotations: Record<string, string>, spec?: object): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', annotations },
    ...(spec === undefined ? {} : { spec }),
  }) as KubeObject;

/** A live object to which `applied` was applied, and to which others then added `more`. */
function live(applied: KubeObject, more: { annotations?: Record<string, string>; spec?: object } = {}): KubeObject {
  const noted = withLastApplied(applied) as KubeObject & { spec?: object };
  return {
    ...noted,
    metadata: { ...noted.metadata, annotations: { ...noted.metadata.annotations, ...more.annotations } },
    spec: { ...noted.spec, ...more.spec },
  } as KubeObject;
}

describe('what was taken out of git', () => {
  it.each([
    ['an annotation', object({ a: '1', b: '2' }), object({ a: '1' }), ['a']],
    ['every annotation', object({ a: '1' }), object({}), []],
    ['nothing', object({ a: '1' }), object({ a: '2', c: '3' }), ['a']],
  ])('%s goes from the live object, and nothing that others put there', (_, before, target, kept) => {
    const found = live(before, { annotations: { others: 'x' } });
    const rest = withoutForgotten(found, target);
    const names = Object.keys(rest.metadata.annotations ?? {}).filter((name) => !name.startsWith('kubectl'));
    expect(names).toEqual([...kept, 'others']);
    expect(hasForgotten(found, target)).toBe(rest !== found);
  });

  it('goes from deep within, and lists are taken as a whole', () => {
    const before = object({}, { selector: { app: 'web', tier: 'front' }, ports: [{ port: 80 }] });
    const target = object({}, { selector: { app: 'web' }, ports: [{ port: 81 }] });
    const rest = withoutForgotten(live(before, { spec: { clusterIP: '10.0.0.1' } }), target);
    expect(rest).toMatchObject({ spec: { selector: { app: 'web' }, ports: [{ port: 80 }], clusterIP: '10.0.0.1' } });
    expect((rest as KubeObject & { spec: { selector: object } }).spec.selector).not.toHaveProperty('tier');
  });

  it('is not known of an object that was not applied, or whose note cannot be read', () => {
    const target = object({});
    expect(hasForgotten(object({ a: '1' }), target)).toBe(false);
    expect(hasForgotten(object({ 'kubectl.kubernetes.io/last-applied-configuration': '{' }), target)).toBe(false);
  });

  it('never puts what a Secret holds into an annotation', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { token: 'eA==' } } as KubeObject;
    expect(withLastApplied(secret)).toBe(secret);
  });
});
