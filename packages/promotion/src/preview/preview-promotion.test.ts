import type { PromotionStep } from '@kargo/api';
import { simulatedWorld } from '@kargo/integrations/testing';
import { seededRandom, VirtualClock, type Client } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { stepExpressions } from '../context/expressions.ts';
import type { Step } from '../step.ts';
import { builtInSteps, stepRegistry } from '../steps/registry.ts';
import { FewResources } from '../testing/resources.ts';
import { aPromotion, someCollection, someFreight, somePorts } from '../testing/run-fixture.ts';
import type { PromotionPreview } from './document.ts';
import { promotionPreviewer } from './preview-promotion.ts';

/** Sends something and puts out a part of the answer. */
const send: Step<{ method?: string; token?: string }> = {
  name: 'send',
  configSchema: { type: 'object' },
  run: async ({ config }, { http }) => {
    const answer = await http.send({
      method: config.method ?? 'POST',
      url: 'https://user:pw@example.com/hook?token=x',
      headers: { Authorization: `Bearer ${config.token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ token: config.token }),
      timeout: 1000,
    });
    return { status: 'Succeeded', output: { id: Buffer.from(answer.body).toString() } };
  },
};

/** Waits for ever, and fails at the first try of two. */
const wait: Step = {
  name: 'wait',
  configSchema: { type: 'object' },
  run: async () => ({ status: 'Running', output: { seen: 1 }, waitingFor: 'a green light' }),
};
const shaky: Step = {
  name: 'shaky',
  configSchema: { type: 'object', additionalProperties: false },
  defaultErrorThreshold: 5,
  run: async () => {
    throw new Error('not yet');
  },
};

async function preview(steps: PromotionStep[]): Promise<PromotionPreview & { sent: unknown[] }> {
  const clock = new VirtualClock();
  const world = simulatedWorld({ clock });
  world.setHttp(() => ({ status: 200, headers: {}, body: Buffer.from('42') }));
  const made = await promotionPreviewer({
    registry: stepRegistry([...builtInSteps, send, wait, shaky] as Step<never>[]),
    rehearsals: world.rehearsals,
    workspaces: world.workspaces,
    expressions: (client) => stepExpressions({ client }),
    ports: somePorts({
      clock,
      random: seededRandom(1),
      git: world.git,
      http: world.http,
      client: new FewResources({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace: 'demo', name: 's' },
        data: { token: Buffer.from('hush-hush').toString('base64') },
      } as never) as unknown as Client,
    }),
  })({
    promotion: aPromotion(steps),
    freight: someCollection,
    targetFreight: someFreight,
    targetFreightAlias: '',
    freightRequests: [],
    signal: new AbortController().signal,
  });
  expect(await world.workspaces.ids()).toEqual([]);
  return { ...made, sent: world.effects.map(({ method }) => method) };
}

const outcomes = ({ steps }: PromotionPreview): [string, string][] => steps.map(({ alias, outcome }) => [alias, outcome]);

describe('what cannot be known before', () => {
  it('is told of the step and of all that depend on it, and of no others', async () => {
    const made = await preview([
      { uses: 'send', as: 'post', config: { token: "${{ secret('s').token }}" } },
      {
        uses: 'compose-output',
        as: 'uses',
        vars: [{ name: 'id', value: '${{ outputs.post.id }}' }],
        config: { id: '${{ vars.id }}' },
      },
      { uses: 'compose-output', as: 'free', config: { id: '${{ ctx.stage }}' } },
      { uses: 'fail', as: 'maybe', if: "${{ outputs.uses.id == '1' }}", config: {} },
      { uses: 'send', as: 'get', config: { method: 'GET' } },
    ]);
    expect(outcomes(made)).toEqual([
      ['post', 'Unknown'],
      ['uses', 'Unknown'],
      ['free', 'Succeeds'],
      ['maybe', 'Fails'],
      ['get', 'Skipped'],
    ]);
    expect(made.steps[1]?.unknown).toEqual([
      'its configuration depends on the output of step "post", which is known only when it has run',
    ]);
    expect(made.steps[2]?.output).toEqual({ id: 'test' });
    expect(made.sent).toEqual([]);
  });

  it('shows requests without anything secret, and sends none that changes something', async () => {
    const made = await preview([
      { uses: 'send', as: 'post', config: { token: "${{ secret('s').token }}" } },
      { uses: 'send', as: 'get', config: { method: 'GET' } },
    ]);
    expect(made.steps[0]?.effects).toEqual([
      {
        kind: 'http',
        method: 'POST',
        url: 'https://example.com/hook',
        headers: { Authorization: '*****', 'Content-Type': 'application/json' },
        body: '{"token":"*****"}',
        size: 21,
      },
    ]);
    expect([made.steps[1]?.output, made.sent, JSON.stringify(made).includes('hush')]).toEqual([{ id: '42' }, ['GET'], false]);
  });
});

describe('steps that do not end at once', () => {
  it('are taken to succeed when they wait, and to fail when they would be tried again', async () => {
    const made = await preview([
      { uses: 'wait', as: 'wait' },
      { uses: 'compose-output', as: 'after', config: { seen: '${{ outputs.wait.seen }}' } },
      { uses: 'shaky', as: 'shaky', continueOnError: true, retry: { errorThreshold: 3 } },
      { uses: 'shaky', as: 'wrong', config: { x: 1 } },
      { uses: 'nosuch', as: 'last' },
    ]);
    expect(outcomes(made)).toEqual([
      ['wait', 'Waits'],
      ['after', 'Succeeds'],
      ['shaky', 'Fails'],
      ['wrong', 'Fails'],
      ['last', 'Skipped'],
    ]);
    expect(made.steps.map(({ message }) => message)).toEqual([
      'then waits for a green light',
      undefined,
      'not yet',
      'invalid shaky config: (root): Additional property x is not allowed',
      undefined,
    ]);
    expect(made.outcome).toBe('Fails');
  });
});
