import { entryOf, type StepRegistry } from './index.ts';
import { ApiError, type PromotionStatus, type PromotionStep } from '@kargo/api';
import type { Workspaces } from '@kargo/integrations';
import { silentLog, VirtualClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Expressions } from './context/scope.ts';
import type { RunEnd } from './promotion-run.ts';
import { PromotionRunner } from './runner.ts';
import { TerminalStepError, type Step, type StepContext, type StepResult } from './step.ts';
import { stepRegistry } from './steps/registry.ts';
import { aPromotion, someCollection, someFreight, somePorts, temporaryWorkspaces } from './testing/run-fixture.ts';

/** Expressions as they are, and conditions that say `yes`, `no` or fail. */
const literal: Expressions = {
  condition: async (text) => {
    if (text !== 'yes' && text !== 'no') throw new Error('not a boolean');
    return text === 'yes';
  },
  config: async (config) => config ?? {},
};

let workspaces: Workspaces;
let dispose: () => Promise<void>;
let clock: VirtualClock;
let persisted: PromotionStatus[];

beforeEach(async () => {
  ({ workspaces, dispose } = await temporaryWorkspaces());
  clock = new VirtualClock('2026-01-01T00:00:00Z');
  persisted = [];
});
afterEach(() => dispose());

function step(
  name: string,
  run: (context: StepContext<never>) => Promise<StepResult>,
  more: Partial<Step<never>> = {},
): Step<never> {
  return { name, configSchema: { type: 'object' }, run, ...more };
}

const ok = step('ok', async () => ({ status: 'Succeeded' }));

function runner(registry: StepRegistry, expressions: Expressions = literal): PromotionRunner {
  return new PromotionRunner({ registry, ports: somePorts({ clock }), expressions });
}

async function run(
  steps: PromotionStep[],
  registered: Step<never>[],
  options: {
    status?: PromotionStatus;
    signal?: AbortSignal;
    persist?: (status: PromotionStatus) => Promise<void>;
    expressions?: Expressions;
  } = {},
): Promise<RunEnd> {
  const { workspace, fresh } = await workspaces.open('promotion-uid-1');
  return runner(stepRegistry([ok, ...registered]), options.expressions).run({
    promotion: aPromotion(steps),
    status: options.status ?? { phase: 'Running' },
    freight: someCollection,
    targetFreight: someFreight,
    targetFreightAlias: '',
    freightRequests: [],
    workspace,
    fresh,
    persist: options.persist ?? (async (status) => void persisted.push(status)),
    log: silentLog,
    signal: options.signal ?? new AbortController().signal,
  });
}

const hangs = step(
  'hangs',
  ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
);
const deaf = step('deaf', () => new Promise(() => undefined));

describe('a run', () => {
  it('goes through all steps, each seeing a private copy of what earlier ones put out', async () => {
    const seen: unknown[] = [];
    const puts = step('puts', async ({ alias, outputs }) => {
      seen.push(structuredClone(outputs));
      (outputs as Record<string, unknown>)['a'] = 'spoiled';
      return { status: 'Succeeded', output: { by: alias } };
    });
    const end = await run(
      [
        { uses: 'puts', as: 'a' },
        { uses: 'puts', as: 'b' },
      ],
      [puts],
    );
    expect(end).toMatchObject({ kind: 'finished', status: { phase: 'Succeeded', state: { a: { by: 'a' }, b: { by: 'b' } } } });
    expect(seen).toEqual([{}, { a: { by: 'a' } }]);
  });

  it('makes the start of a step durable before it runs, and its end with the start of the next', async () => {
    const durable: string[] = [];
    const notes = step('notes', async ({ alias }) => {
      durable.push(
        `${alias} ran after ${persisted.length} writes, the last of them knows it is ${entryOf(persisted.at(-1)!, alias)?.status}`,
      );
      return { status: 'Succeeded' };
    });
    await run(
      [
        { uses: 'notes', as: 'a' },
        { uses: 'notes', as: 'b' },
      ],
      [notes],
    );
    expect(durable).toEqual([
      'a ran after 1 writes, the last of them knows it is Running',
      'b ran after 2 writes, the last of them knows it is Running',
    ]);
    expect(persisted.map((status) => (status.stepExecutionMetadata ?? []).map((entry) => entry.status))).toEqual([
      ['Running'],
      ['Succeeded', 'Running'],
      ['Succeeded', 'Succeeded'],
    ]);
  });

  it('does not begin a step whose start could not be made durable', async () => {
    let ran = false;
    const effect = step('effect', async () => {
      ran = true;
      return { status: 'Succeeded' };
    });
    const failing = async (): Promise<void> => Promise.reject(new Error('the store is gone'));
    await expect(run([{ uses: 'effect', as: 'a' }], [effect], { persist: failing })).rejects.toThrow('the store is gone');
    expect(ran).toBe(false);
  });

  it('[20 6.1.16] resumes at the step that was running, without running earlier ones or changing its start', async () => {
    const starts: number[] = [];
    const notes = step('notes', async ({ startedAt }) => {
      starts.push(startedAt);
      return { status: 'Succeeded' };
    });
    await workspaces.open('promotion-uid-1');
    const status: PromotionStatus = {
      phase: 'Running',
      currentStep: 1,
      stepExecutionMetadata: [
        { alias: 'a', startedAt: '2025-12-31T23:59:00Z', finishedAt: '2025-12-31T23:59:30Z', status: 'Succeeded' },
        { alias: 'b', startedAt: '2025-12-31T23:59:30Z', status: 'Running' },
      ],
    };
    const end = await run(
      [
        { uses: 'notes', as: 'a' },
        { uses: 'notes', as: 'b' },
      ],
      [notes],
      { status },
    );
    expect(starts).toEqual([Date.parse('2025-12-31T23:59:30Z')]);
    expect(end).toMatchObject({ kind: 'finished', status: { phase: 'Succeeded' } });
  });

  it.each([
    ['an error', new Error('boom'), 'Errored', 'step "a" met error threshold of 1: error running step "a": boom'],
    [
      'a terminal error',
      new TerminalStepError('boom'),
      'Errored',
      'an unrecoverable error occurred: error running step "a": boom',
    ],
    ['a terminal failure', new TerminalStepError('boom', { status: 'Failed' }), 'Failed', 'step "a": boom'],
    [
      'a wrapped terminal failure',
      new Error('while x', { cause: new TerminalStepError('boom', { status: 'Failed' }) }),
      'Failed',
      'step "a": while x',
    ],
    [
      '[20 6.1.7] a mistake in the step',
      new TypeError('x is not a function'),
      'Errored',
      'an unrecoverable error occurred: step panicked: x is not a function',
    ],
  ])('[20 6.1.5] [20 6.1.15] ends with %s', async (_, error, phase, message) => {
    const throws = step('throws', () => Promise.reject(error));
    const end = await run(
      [
        { uses: 'throws', as: 'a' },
        { uses: 'ok', as: 'b' },
      ],
      [throws],
    );
    expect(end).toMatchObject({ kind: 'finished', status: { phase, message } });
    expect(entryOf(end.status, 'b')?.status).toBe('Skipped');
  });

  it.each([
    [{ status: 'Failed' }, 'Failed', 'step "a" met error threshold of 1: step "a" failed: no details provided'],
    [{ status: 'Errored', message: 'why' }, 'Errored', 'step "a" met error threshold of 1: step "a" errored: why'],
    [{ status: 'Great' }, 'Errored', 'step "a" returned an invalid status: Great'],
  ])('takes %j for what it is, though nothing was thrown', async (result, phase, message) => {
    const returns = step('returns', async () => result as StepResult);
    expect(await run([{ uses: 'returns', as: 'a' }], [returns])).toMatchObject({ kind: 'finished', status: { phase, message } });
  });

  it.each([
    ['by a step', 'ok', new ApiError('ServiceUnavailable', 'connection refused')],
    ['by a condition', 'if', new ApiError('Timeout', 'too slow')],
    ['by a configuration', 'config', new Error('reading a secret', { cause: new ApiError('TooManyRequests', 'later') })],
  ])('fails no step because the API cannot be reached %s, and resumes at it', async (_, where, error) => {
    const throws = step('throws', () => (where === 'ok' ? Promise.reject(error) : Promise.resolve({ status: 'Succeeded' })));
    const expressions: Expressions = {
      condition: () => (where === 'if' ? Promise.reject(error) : Promise.resolve(true)),
      config: () => (where === 'config' ? Promise.reject(error) : Promise.resolve({})),
    };
    const steps = [{ uses: 'throws', as: 'a', ...(where === 'if' ? { if: 'yes' } : {}) }];
    await expect(run(steps, [throws], { expressions })).rejects.toBe(error);
    const [status] = persisted.slice(-1);
    expect(status?.phase ?? 'Running').toBe('Running');
    expect(
      await run(steps, [step('throws', async () => ({ status: 'Succeeded' }))], { status: status ?? { phase: 'Running' } }),
    ).toMatchObject({ kind: 'finished', status: { phase: 'Succeeded' } });
  });

  it('[20 6.1.4] [20 6.1.15] pauses a step that fails below its threshold', async () => {
    const throws = step('throws', () => Promise.reject(new Error('boom')));
    const end = await run([{ uses: 'throws', as: 'a', retry: { errorThreshold: 3, timeout: '5m' } }], [throws]);
    expect(end).toMatchObject({
      kind: 'retry',
      alias: 'a',
      errorCount: 1,
      deadline: Date.parse('2026-01-01T00:05:00Z'),
      status: { phase: 'Running', message: 'error running step "a": boom' },
    });
    expect(persisted.at(-1)).toBe(end.status);
  });

  it('reports what a step waits for, and when to look again', async () => {
    const waits = step('waits', async () => ({ status: 'Running', waitingFor: 'godot', retryAfter: 20_000 }), {
      defaultTimeout: 60_000,
    });
    expect(await run([{ uses: 'waits', as: 'a' }], [waits])).toMatchObject({
      kind: 'waiting',
      alias: 'a',
      waitingFor: 'godot',
      at: clock.now() + 20_000,
      deadline: clock.now() + 60_000,
    });
  });

  it('skips by condition, and lets a step clean up after a failure', async () => {
    const throws = step('throws', () => Promise.reject(new Error('boom')));
    const steps = [
      { uses: 'ok', as: 'a', if: 'no' },
      { uses: 'throws', as: 'b' },
      { uses: 'ok', as: 'c' },
      { uses: 'ok', as: 'd', if: 'yes' },
      { uses: 'ok', as: 'e', if: 'maybe' },
    ];
    const end = await run(steps, [throws]);
    expect(end.status.stepExecutionMetadata?.map(({ status }) => status)).toEqual([
      'Skipped',
      'Errored',
      'Skipped',
      'Succeeded',
      'Errored',
    ]);
  });

  it('counts a configuration that cannot be evaluated as an attempt, and one that is wrong as a failure for good', async () => {
    const expressions: Expressions = { ...literal, config: () => Promise.reject(new Error('no such secret')) };
    const retried = await run([{ uses: 'ok', as: 'a', retry: { errorThreshold: 2 } }], [], { expressions });
    expect(retried).toMatchObject({
      kind: 'retry',
      error: 'failed to build step context: failed to get step config: no such secret',
    });
    const picky = step('picky', async () => ({ status: 'Succeeded' }), { configSchema: { type: 'object', required: ['x'] } });
    expect(await run([{ uses: 'picky', as: 'a', retry: { errorThreshold: 2 } }], [picky])).toMatchObject({
      kind: 'finished',
      status: { phase: 'Failed', message: 'invalid picky config: (root): x is required' },
    });
  });

  it.each([
    ['[20 6.1.1] that is not registered', { uses: 'nope', as: 'a' }, 'step kind "nope" is not registered'],
    [
      'with a timeout that is none',
      { uses: 'ok', as: 'a', retry: { timeout: '5 minutes' } },
      'retry.timeout of the step is invalid',
    ],
  ])('ends Errored with a step %s', async (_, bad, message) => {
    const end = await run([bad], []);
    expect(end).toMatchObject({ kind: 'finished', status: { phase: 'Errored', message: expect.stringContaining(message) } });
  });
});

describe('a step that takes its time', () => {
  it.each([
    ['honours its signal', hangs, 0],
    ['does not', deaf, 2000],
  ])('is stopped to the instant at its deadline, even if it %s', async (_, slow, unwinding) => {
    const ending = run([{ uses: slow.name, as: 'a', retry: { timeout: '90s' } }], [slow]);
    await clock.advanceBy(89_999);
    expect(persisted).toHaveLength(1);
    await clock.advanceBy(1 + unwinding);
    expect(await ending).toMatchObject({
      kind: 'finished',
      status: { phase: 'Errored', message: 'step "a" timed out after 1m30s' },
    });
  });

  it('that is late already may look once more, and is stopped then', async () => {
    await workspaces.open('promotion-uid-1');
    const entry = { alias: 'a', startedAt: '2025-12-31T00:00:00Z', status: 'Running' };
    const status: PromotionStatus = { phase: 'Running', currentStep: 0, stepExecutionMetadata: [entry] };
    const steps = [{ uses: 'hangs', as: 'a', retry: { timeout: '90s' } }];
    const ending = run(steps, [hangs], { status });
    await clock.advanceBy(10_000);
    expect((await ending).status).toMatchObject({ phase: 'Errored', message: 'step "a" timed out after 1m30s' });
    const done = await run([{ ...steps[0]!, uses: 'ok' }], [], { status });
    expect(done.status).toMatchObject({ phase: 'Succeeded' });
  });

  // The original ends such a promotion; here a later run resumes at the step.
  it('[20 6.1.10] is interrupted at once, leaving its status as it was and those after it without any', async () => {
    const stop = new AbortController();
    const ending = run(
      [
        { uses: 'hangs', as: 'a' },
        { uses: 'ok', as: 'b' },
      ],
      [hangs],
      { signal: stop.signal },
    );
    await clock.settle();
    stop.abort(new Error('abort'));
    const end = await ending;
    expect(end.kind).toBe('interrupted');
    expect(end.status).toBe(persisted.at(-1));
    expect(entryOf(end.status, 'a')).toMatchObject({ status: 'Running', startedAt: '2026-01-01T00:00:00Z' });
    expect(end.status.stepExecutionMetadata).toHaveLength(1);
  });

  it('that ended just as it was interrupted has ended', async () => {
    const stop = new AbortController();
    const effect = step('effect', async () => {
      stop.abort(new Error('abort'));
      return { status: 'Succeeded', output: { done: true } };
    });
    const end = await run(
      [
        { uses: 'effect', as: 'a' },
        { uses: 'ok', as: 'b' },
      ],
      [effect],
      { signal: stop.signal },
    );
    expect(end).toMatchObject({ kind: 'interrupted', status: { state: { a: { done: true } } } });
    expect(entryOf(persisted.at(-1)!, 'a')?.status).toBe('Succeeded');
  });
});
