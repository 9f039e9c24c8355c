import { annotations, Application, Freight, Promotion, Stage, type PromotionStatus } from '@kargo/api';
import { builtInSteps, type Step, type StepContext, type StepResult } from '@kargo/promotion';
import { afterEach, describe, expect, it } from 'vitest';
import { PROJECT, reference, World, type WorldOptions } from './world.ts';

let world: World;
afterEach(() => world.close());

function step(name: string, run: (context: StepContext<never>) => Promise<StepResult>): Step<never> {
  return { name, configSchema: { type: 'object' }, run };
}

const ok = step('ok', async () => ({ status: 'Succeeded', output: { done: true } }));
const hangs = step(
  'hangs',
  ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
);
const argoCDUpdate = builtInSteps.find(({ name }) => name === 'argocd-update')!;

async function open(options: WorldOptions = {}): Promise<World> {
  world = await World.open({ ...options, steps: [ok, hangs, argoCDUpdate, ...(options.steps ?? [])] });
  return world;
}

const phase = async (name: string): Promise<string | undefined> => (await world.get(name)).status?.phase;

describe('a Promotion', () => {
  it('waits for its turn, runs to its end, and leaves nothing behind', async () => {
    await open();
    const name = await world.promote([{ uses: 'ok', as: 'a' }]);
    expect(await phase(name)).toBe('Pending');
    expect(world.wait(name)).toMatchObject({
      reason: 'AwaitingTurn',
      message: 'waiting for its turn: Stage test has not started it yet',
    });
    await world.pass(1000);
    await world.grant(name);
    expect((await world.get(name)).status).toMatchObject({
      phase: 'Succeeded',
      startedAt: '2026-01-01T00:00:01Z',
      finishedAt: '2026-01-01T00:00:01Z',
      currentStep: 0,
      freight: { name: 'f1', origin: { kind: 'Warehouse', name: 'app' }, images: [{ tag: 'f1' }] },
      freightCollection: { id: expect.stringMatching(/^[0-9a-f]{40}$/), items: { 'Warehouse/app': { name: 'f1' } } },
      state: { a: { done: true } },
      stepExecutionMetadata: [{ alias: 'a', status: 'Succeeded' }],
    });
    expect(await world.told()).toEqual(['PromotionSucceeded: Promotion Succeeded']);
    expect(await world.workspaces.ids()).toEqual([]);
    expect(world.wait(name)).toBeUndefined();
    expect(world.manager.defects()).toEqual([]);
  });

  it('is not held up by others, however many of them hang', async () => {
    await open();
    for (let n = 0; n < 100; n += 1) {
      await world.stage(`s${n}`);
      await world.grant(await world.promote([{ uses: 'hangs' }], { stage: `s${n}` }), `s${n}`);
    }
    const name = await world.promote([{ uses: 'ok' }]);
    await world.grant(name);
    expect(await phase(name)).toBe('Succeeded');
  });

  it('waits while the Stage is being promoted to by another one, and follows it', async () => {
    await open();
    const first = await world.promote([{ uses: 'hangs', as: 'a', retry: { timeout: '1m' } }], { n: 0 });
    const second = await world.promote([{ uses: 'ok', as: 'a' }], { freight: 'f2', n: 1 });
    await world.grant(first);
    expect(await phase(first)).toBe('Running');
    await world.annotate(second, annotations.refresh, 'r1');
    expect(world.wait(second)?.message).toBe(`waiting for its turn: Stage test is being promoted to by ${first}`);
    expect((await world.get(second)).status).toEqual({ phase: 'Pending', lastHandledRefresh: 'r1' });
    await world.grant(second);
    expect(await phase(second)).toBe('Succeeded');
  });

  it.each([
    [
      'is gone',
      async () => world.client.delete(Freight, { namespace: PROJECT, name: 'f1' }),
      'Freight "f1" not found in namespace "demo"',
    ],
    [
      'may not go to the Stage',
      async () => {
        const body = {
          spec: { requestedFreight: [{ origin: { kind: 'Warehouse', name: 'app' }, sources: { stages: ['dev'] } }] },
        };
        await world.client.patch(Stage, { namespace: PROJECT, name: 'test' }, { type: 'merge', body });
      },
      'Freight "f1" is not available to Stage "test" in namespace "demo": not verified in Stage dev',
    ],
  ])('is Errored when its Freight %s', async (_, change, message) => {
    await open();
    const name = await world.promote([{ uses: 'ok', as: 'a' }]);
    await change();
    await world.grant(name);
    expect((await world.get(name)).status).toMatchObject({ phase: 'Errored', message, finishedAt: expect.any(String) });
    expect(await world.told()).toEqual([`PromotionErrored: Promotion Errored: ${message}`]);
  });

  it('inherits Freight of the other origins the Stage still requests', async () => {
    await open();
    const request = (name: string) => ({ origin: { kind: 'Warehouse' as const, name }, sources: { direct: true } });
    await world.stage('multi', { requestedFreight: [request('app'), request('db')] });
    const multi = await world.client.get(Stage, { namespace: PROJECT, name: 'multi' });
    const items = {
      'Warehouse/app': reference('f2', 'app'),
      'Warehouse/db': reference('d1', 'db'),
      'Warehouse/old': reference('o1', 'old'),
    };
    const status: PromotionStatus = { phase: 'Failed', freightCollection: { id: 'x', items } };
    await world.client.updateStatus(Stage, { ...multi, status: { lastPromotion: { name: 'p', status } } });
    const name = await world.promote([{ uses: 'ok', as: 'a' }], { stage: 'multi' });
    await world.grant(name, 'multi');
    const { freightCollection } = (await world.get(name)).status!;
    expect(
      Object.entries(freightCollection?.items ?? {})
        .map(([key, freight]) => `${key} ${freight.name}`)
        .toSorted(),
    ).toEqual(['Warehouse/app f1', 'Warehouse/db d1']);
  });

  it('that promotes again what is there and verified asks for another verification', async () => {
    await open();
    const name = await world.promote([{ uses: 'ok', as: 'a' }]);
    const stage = await world.client.get(Stage, { namespace: PROJECT, name: 'test' });
    const current = {
      id: 'c',
      items: { 'Warehouse/app': reference('f1', 'app') },
      verificationHistory: [{ id: 'v1', phase: 'Successful' }],
    };
    await world.client.updateStatus(Stage, { ...stage, status: { freightHistory: [current] } });
    await world.grant(name);
    const { metadata } = await world.client.get(Stage, { namespace: PROJECT, name: 'test' });
    expect(JSON.parse(metadata.annotations?.[annotations.reverify] ?? '')).toEqual({ id: 'v1' });
  });

  it('fails when the Stage it is for does not exist, and runs once it does', async () => {
    await open();
    const name = await world.promote([{ uses: 'ok', as: 'a' }], { stage: 'later' });
    const missing = 'Stage "later" in namespace "demo", to which the Promotion brings Freight, does not exist';
    expect((await world.get(name)).status).toEqual({ phase: 'Pending', message: missing });
    await world.stage('later');
    await world.grant(name, 'later');
    await world.pass(10_000);
    expect((await world.get(name)).status).toMatchObject({ phase: 'Succeeded' });
    expect((await world.get(name)).status?.message).toBeUndefined();
  });

  it('whose Freight is recalled while it runs is Errored at its next look, with the step it was in', async () => {
    const waits = step('waits', async () => ({ status: 'Running', waitingFor: 'godot' }));
    await open({ steps: [waits] });
    const name = await world.promote([{ uses: 'waits', as: 'a' }]);
    await world.grant(name);
    await world.client.delete(Freight, { namespace: PROJECT, name: 'f1' });
    await world.pass(300_000);
    expect((await world.get(name)).status).toMatchObject({
      phase: 'Errored',
      stepExecutionMetadata: [{ alias: 'a', status: 'Errored' }],
    });
  });

  it('goes on although others write to it at the same time', async () => {
    const nosy = step('nosy', async () => {
      const label = { metadata: { labels: { seen: String(world.clock.now()) } } };
      await world.client.patch(Promotion, { namespace: PROJECT, name: nameOf() }, { type: 'merge', body: label });
      return { status: 'Succeeded' };
    });
    await open({ steps: [nosy] });
    const name = await world.promote([
      { uses: 'nosy', as: 'a' },
      { uses: 'nosy', as: 'b' },
    ]);
    const nameOf = (): string => name;
    await world.grant(name);
    expect((await world.get(name)).status).toMatchObject({ phase: 'Succeeded' });
  });
});

describe('an abort', () => {
  it('ends a Promotion that has not begun', async () => {
    await open();
    const name = await world.promote([{ uses: 'ok', as: 'a' }]);
    await world.annotate(name, annotations.abort, 'terminate');
    expect((await world.get(name)).status).toMatchObject({
      phase: 'Aborted',
      message: 'Promotion terminated by controller:promotion-controller',
    });
  });

  it('interrupts a running step at once', async () => {
    await open();
    const name = await world.promote([
      { uses: 'ok', as: 'a' },
      { uses: 'hangs', as: 'b' },
      { uses: 'ok', as: 'c' },
    ]);
    await world.grant(name);
    expect(await world.workspaces.ids()).toHaveLength(1);
    await world.annotate(name, annotations.abort, JSON.stringify({ action: 'terminate', actor: 'email:kim@example.com' }));
    const { status } = await world.get(name);
    expect(status).toMatchObject({ phase: 'Aborted', message: 'Promotion terminated by email:kim@example.com' });
    expect(status?.stepExecutionMetadata?.map(({ status: was }) => was)).toEqual(['Succeeded', 'Aborted']);
    expect(await world.told()).toEqual(['PromotionAborted: Promotion terminated by email:kim@example.com']);
    expect(await world.workspaces.ids()).toEqual([]);
  });

  it('takes back what steps left waiting outside, before it ends', async () => {
    const taken: string[] = [];
    const leaves = (name: string, abandon: Step['abandon']): Step => ({
      name,
      configSchema: { type: 'object' },
      run: async () => ({ status: 'Succeeded', output: { left: name } }),
      ...(abandon === undefined ? {} : { abandon }),
    });
    const noted: Step['abandon'] = async ({ alias, outputs }, _, reason) =>
      void taken.push(`${alias} ${JSON.stringify(outputs[alias])} ${reason}`);
    await open({
      steps: [leaves('leaves', noted), leaves('cannot', async () => Promise.reject(new Error('no')))] as Step<never>[],
    });
    const name = await world.promote([
      { uses: 'leaves', as: 'a' },
      { uses: 'cannot', as: 'b' },
      { uses: 'hangs', as: 'c' },
      { uses: 'leaves', as: 'd' },
    ]);
    await world.grant(name);
    await world.annotate(name, annotations.abort, JSON.stringify({ action: 'terminate', actor: 'email:kim@example.com' }));
    expect(await phase(name)).toBe('Aborted');
    expect(taken).toEqual([`a {"left":"leaves"} Promotion \`${name}\` was aborted by email:kim@example.com.`]);
    expect(await world.workspaces.ids()).toEqual([]);
  });

  it('of another kind, or of a Promotion that has ended, changes nothing', async () => {
    await open();
    const name = await world.promote([{ uses: 'ok', as: 'a' }]);
    await world.annotate(name, annotations.abort, JSON.stringify({ action: 'dance' }));
    await world.grant(name);
    await world.annotate(name, annotations.abort, 'terminate');
    expect(await phase(name)).toBe('Succeeded');
  });
});

describe('a deletion', () => {
  it('stops a running step and removes the workspace', async () => {
    await open();
    const name = await world.promote([{ uses: 'hangs', as: 'a' }]);
    await world.grant(name);
    await world.client.delete(Promotion, { namespace: PROJECT, name });
    await world.quiet();
    expect(await world.workspaces.ids()).toEqual([]);
    expect(await world.told()).toEqual([]);
  });
});

describe('a step that fails', () => {
  let attempts: number;
  const failing = step('failing', async () => {
    attempts++;
    throw new Error('boom');
  });

  it('pauses, is not tried earlier because something else happens, but at once when asked to', async () => {
    attempts = 0;
    await open({ steps: [failing] });
    const name = await world.promote([{ uses: 'failing', as: 'a', retry: { errorThreshold: 5 } }]);
    await world.grant(name);
    expect(attempts).toBe(1);
    expect(world.wait(name)).toMatchObject({
      reason: 'StepRetry',
      message: 'step "a" failed (errors in a row: 1): error running step "a": boom',
    });
    expect((await world.get(name)).status).toMatchObject({ phase: 'Running', message: 'error running step "a": boom' });
    await world.annotate(name, 'example.com/other', 'x');
    world.manager.enqueue(Promotion, { namespace: PROJECT, name });
    await world.quiet();
    expect(attempts).toBe(1);
    await world.annotate(name, annotations.refresh, 'now');
    expect(attempts).toBe(2);
    await world.pass(60_000);
    expect(attempts).toBe(5);
    expect((await world.get(name)).status).toMatchObject({ phase: 'Errored', lastHandledRefresh: 'now' });
  });

  it('times out to the instant', async () => {
    attempts = 0;
    await open({ steps: [failing] });
    const name = await world.promote([{ uses: 'failing', as: 'a', retry: { errorThreshold: 1000, timeout: '20s' } }]);
    await world.grant(name);
    await world.pass(19_999);
    expect(await phase(name)).toBe('Running');
    await world.pass(1);
    expect((await world.get(name)).status).toMatchObject({
      phase: 'Errored',
      finishedAt: '2026-01-01T00:00:20Z',
      message: expect.stringContaining('step "a" timed out after 20s'),
    });
  });
});

describe('a step that waits', () => {
  it.each([
    [{ retryAfter: 20_000 }, undefined, 20_000],
    [{ retryAfter: 1000 }, undefined, 10_000],
    [{}, undefined, 300_000],
    [{ retryAfter: 20_000 }, '15s', 15_000],
  ])('[20 6.1.14] %j with a timeout of %s is looked at after %i ms', async (more, timeout, want) => {
    let looks = 0;
    const waits = step('waits', async () => {
      looks++;
      return { status: 'Running', waitingFor: 'godot', ...more };
    });
    await open({ steps: [waits] });
    const name = await world.promote([{ uses: 'waits', as: 'a', ...(timeout === undefined ? {} : { retry: { timeout } }) }]);
    await world.grant(name);
    expect(world.wait(name)).toMatchObject({ reason: 'StepRunning', message: 'step "a" is waiting for godot' });
    await world.pass(want - 1);
    expect(looks).toBe(1);
    await world.pass(1);
    expect(looks).toBe(2);
    expect(world.manager.defects()).toEqual([]);
  });

  it('does not hold up others', async () => {
    await open();
    await world.stage('other');
    const slow = await world.promote([{ uses: 'hangs', as: 'a' }]);
    const quick = await world.promote([{ uses: 'ok', as: 'a' }], { stage: 'other' });
    await world.grant(slow);
    await world.grant(quick, 'other');
    expect([await phase(slow), await phase(quick)]).toEqual(['Running', 'Succeeded']);
  });
});

describe('[S18] an Argo CD Application', () => {
  const update = {
    uses: 'argocd-update',
    as: 'sync',
    config: {
      apps: [{ name: 'kargo-demo-test', sources: [{ repoURL: 'https://git.example.com/demo.git', desiredRevision: 'new' }] }],
    },
  };
  const key = { namespace: 'argocd', name: 'kargo-demo-test' };

  /** What Argo CD does with the operation that is requested. */
  async function sync(phaseOf: string, revision: string): Promise<void> {
    const { metadata, operation } = await world.client.get(Application, key);
    expect(operation).toBeDefined();
    const now = new Date(world.clock.now()).toISOString().replace('.000Z', 'Z');
    await world.client.patch(Application, key, {
      type: 'merge',
      body: {
        metadata: { resourceVersion: metadata.resourceVersion ?? '' },
        operation: null,
        status: {
          reconciledAt: now,
          health: { status: 'Healthy' },
          sync: { status: 'Synced', revision },
          operationState: {
            operation: JSON.parse(JSON.stringify(operation)),
            phase: phaseOf,
            message: 'said Argo',
            startedAt: now,
            finishedAt: now,
            syncResult: { revision },
          },
        },
      },
    });
    await world.quiet();
  }

  async function start(): Promise<string> {
    await open();
    await world.application('kargo-demo-test');
    const name = await world.promote([update]);
    await world.grant(name);
    return name;
  }

  it('is synced, wakes the Promotion by its change, and is watched for health afterwards', async () => {
    const name = await start();
    expect(world.wait(name)).toMatchObject({
      message: 'step "sync" is waiting for Argo CD Application argocd/kargo-demo-test to finish its sync',
      until: [{ kind: 'event' }, { kind: 'deadline', at: world.clock.now() + 300_000 }],
    });
    const app = await world.client.get(Application, key);
    expect(app.metadata.annotations).toMatchObject({ 'argocd.argoproj.io/refresh': 'hard' });
    expect(app.operation?.info).toContainEqual({ name: 'kargo.akuity.io/promotion', value: name });
    await sync('Succeeded', 'new');
    expect((await world.get(name)).status).toMatchObject({
      phase: 'Succeeded',
      healthChecks: [
        {
          uses: 'argocd-update',
          config: { apps: [{ name: 'kargo-demo-test', namespace: 'argocd', desiredRevisions: ['new'] }] },
        },
      ],
      state: { sync: { apps: [{ name: 'kargo-demo-test', namespace: 'argocd' }] } },
    });
  });

  it('that comes to another revision is synced again', async () => {
    const name = await start();
    await world.pass(1000);
    await sync('Succeeded', 'old');
    expect(world.wait(name)?.message).toContain('it came to revision "old" instead of "new"');
    await world.pass(10_000);
    await sync('Succeeded', 'new');
    expect(await phase(name)).toBe('Succeeded');
  });

  it('that fails to sync fails the Promotion', async () => {
    const name = await start();
    await sync('Failed', 'new');
    expect((await world.get(name)).status).toMatchObject({
      phase: 'Errored',
      message: expect.stringContaining('Argo CD Application "kargo-demo-test" in namespace "argocd" failed with: said Argo'),
    });
  });

  it('that never syncs times the Promotion out after five minutes', async () => {
    const name = await start();
    await world.pass(5 * 60_000);
    expect((await world.get(name)).status).toMatchObject({
      phase: 'Errored',
      message: 'step "sync" timed out after 5m0s; last seen: Argo CD Application argocd/kargo-demo-test to start its sync',
    });
  });

  it('that is missing or not authorised is an error that says what to do', async () => {
    await open();
    const name = await world.promote([update]);
    await world.grant(name);
    expect((await world.get(name)).status?.message).toContain(
      'unable to find Argo CD Application "kargo-demo-test" in namespace "argocd"',
    );
  });
});

describe('a start', () => {
  it('goes on where the Promotion was, and removes workspaces nobody needs', async () => {
    await open();
    const name = await world.promote([
      { uses: 'ok', as: 'a' },
      { uses: 'hangs', as: 'b' },
    ]);
    await world.grant(name);
    const before = await world.get(name);
    await world.manager.stop();
    expect(await world.get(name)).toEqual(before);
    await world.workspaces.open('promotion-of-long-ago');
    world.manager = world.newManager();
    await world.manager.start();
    await world.quiet();
    expect(await world.workspaces.ids()).toEqual([`promotion-${before.metadata.uid}`]);
    const { status } = await world.get(name);
    expect(status).toEqual(before.status);
    await world.annotate(name, annotations.abort, 'terminate');
    expect(await phase(name)).toBe('Aborted');
  });
});
