import type { PromotionStatus, StepStatus } from '@kargo/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, applyCondition, applyOutcome, endEarly, type Decision } from './engine.ts';
import type { Outcome } from './outcome.ts';
import type { StepPlan } from './plan.ts';
import { entryOf, failedBefore, finalPhase, isOver } from './status.ts';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const MINUTE = 60_000;

function aPlan(alias: string, more: Partial<StepPlan> = {}): StepPlan {
  return {
    alias,
    uses: 'noop',
    continueOnError: false,
    errorThreshold: 1,
    propagatesTaskOutput: false,
    workspace: 'writes',
    ...more,
  };
}

const ok: Outcome = { status: 'Succeeded' };
const error = (message = 'boom', terminal = false): Outcome => ({ status: 'Errored', error: { message, terminal } });
const failure = (message = 'boom', terminal = false): Outcome => ({ status: 'Failed', error: { message, terminal } });

/** Runs a promotion whose steps come to the given outcomes, one attempt after another. */
function play(plans: readonly StepPlan[], outcomes: Record<string, Outcome[]>, from: PromotionStatus = {}): PromotionStatus {
  let decision: Decision = advance(plans, from, T0);
  for (let guard = 0; guard < 1000; guard++) {
    const { status, next } = decision;
    if (next.kind === 'finished') return status;
    if (next.kind === 'condition') {
      decision = applyCondition(plans, status, next.index, { run: true }, T0);
      continue;
    }
    const outcome = outcomes[plans[next.index]!.alias]?.shift();
    if (outcome === undefined) return status;
    decision = advance(plans, applyOutcome(plans, status, next.index, outcome, T0).status, T0);
  }
  throw new Error('the engine does not come to an end');
}

const statuses = (status: PromotionStatus): Record<string, string> =>
  Object.fromEntries((status.stepExecutionMetadata ?? []).map(({ alias = '', status: was = '' }) => [alias, was]));

describe('a promotion', () => {
  it('succeeds when all steps do', () => {
    const status = play([aPlan('a'), aPlan('b')], { a: [ok], b: [ok] });
    expect(status).toMatchObject({ phase: 'Succeeded', currentStep: 1, finishedAt: '2026-01-01T00:00:00Z' });
    expect(statuses(status)).toEqual({ a: 'Succeeded', b: 'Succeeded' });
  });

  it('[20 6.1.3] skips what follows a failure, without times or outputs, and still runs what has a condition', () => {
    const plans = [aPlan('a'), aPlan('b'), aPlan('c', { condition: '${{ always() }}' })];
    const status = play(plans, { a: [error()], c: [ok] });
    expect(statuses(status)).toEqual({ a: 'Errored', b: 'Skipped', c: 'Succeeded' });
    expect(entryOf(status, 'b')).toEqual({ alias: 'b', status: 'Skipped' });
    expect(status.state).toEqual({ a: null, c: null });
    expect(status).toMatchObject({ phase: 'Errored', message: 'step "a" met error threshold of 1: boom' });
  });

  it('[20 6.1.12] is not affected by a step with continueOnError', () => {
    const status = play([aPlan('a', { continueOnError: true }), aPlan('b')], { a: [failure()], b: [ok] });
    expect(statuses(status)).toEqual({ a: 'Failed', b: 'Succeeded' });
    expect(status).toMatchObject({ phase: 'Succeeded' });
    expect(status.message).toBeUndefined();
  });

  it('[20 6.1.8] starts in the middle without touching what is over', () => {
    const before = { alias: 'a', status: 'Succeeded', finishedAt: '2025-12-31T00:00:00Z' };
    const status = play([aPlan('a'), aPlan('b')], { b: [ok] }, { currentStep: 1, stepExecutionMetadata: [before] });
    expect(status.stepExecutionMetadata?.[0]).toEqual(before);
    expect(status.phase).toBe('Succeeded');
  });

  it('keeps the health checks of steps that succeeded only', () => {
    const healthCheck = { uses: 'x', config: {} };
    const status = play([aPlan('a'), aPlan('b'), aPlan('c')], {
      a: [{ ...ok, healthCheck }],
      b: [{ status: 'Skipped', healthCheck }],
      c: [{ ...failure(), healthCheck }],
    });
    expect(status.healthChecks).toEqual([healthCheck]);
  });

  it.each([
    ['a running step', { alias: 'a', startedAt: '2026-01-01T00:00:00Z', status: 'Running' }, 'Aborted'],
    [
      'a step waiting for its next try',
      { alias: 'a', startedAt: '2026-01-01T00:00:00Z', status: 'Errored', errorCount: 1 },
      'Aborted',
    ],
    ['a step that is over', { alias: 'a', status: 'Succeeded', finishedAt: '2026-01-01T00:00:00Z' }, 'Succeeded'],
  ])('is aborted together with %s', (_, entry, want) => {
    const status = endEarly([aPlan('a')], { currentStep: 0, stepExecutionMetadata: [entry] }, 'Aborted', 'terminated', T0);
    expect(status).toMatchObject({ phase: 'Aborted', message: 'terminated', finishedAt: '2026-01-01T00:00:00Z' });
    expect(entryOf(status, 'a')?.status).toBe(want);
  });
});

describe('a step', () => {
  const first = (plan: StepPlan, outcome: Outcome, after = 0, errorCount?: number): ReturnType<typeof applyOutcome> => {
    const started = advance([plan], {}, T0).status;
    const entry = { ...started.stepExecutionMetadata![0]!, ...(errorCount === undefined ? {} : { errorCount }) };
    return applyOutcome([plan], { ...started, stepExecutionMetadata: [entry] }, 0, outcome, T0 + after);
  };

  it.each([
    { name: 'success', plan: {}, outcome: ok, want: { status: 'Succeeded' } },
    {
      name: 'skipped by itself',
      plan: {},
      outcome: { status: 'Skipped', message: 'nothing' },
      want: { status: 'Skipped', message: 'nothing' },
    },
    {
      name: 'a terminal error',
      plan: { errorThreshold: 9 },
      outcome: error('no', true),
      want: { status: 'Errored', message: 'an unrecoverable error occurred: no' },
    },
    {
      name: 'a terminal failure',
      plan: { errorThreshold: 9 },
      outcome: failure('no', true),
      want: { status: 'Failed', message: 'no' },
    },
    {
      name: 'an error at the threshold',
      plan: {},
      outcome: error(),
      want: { status: 'Errored', message: 'step "a" met error threshold of 1: boom', errorCount: 1 },
    },
    {
      name: 'a failure at the threshold',
      plan: {},
      outcome: failure(),
      want: { status: 'Failed', message: 'step "a" met error threshold of 1: boom' },
    },
    {
      name: 'an invalid status',
      plan: {},
      outcome: { status: 'invalid', message: 'what' },
      want: { status: 'Errored', message: 'what' },
    },
    {
      name: 'an attempt cut off by the deadline',
      plan: { timeout: MINUTE, errorThreshold: 5 },
      outcome: { status: 'Errored', timedOut: true },
      want: { status: 'Errored', message: 'step "a" timed out after 1m0s' },
    },
    {
      name: 'running at the deadline',
      plan: { timeout: MINUTE },
      outcome: { status: 'Running', waitingFor: 'it' },
      after: MINUTE,
      want: { status: 'Errored', message: 'step "a" timed out after 1m0s; last seen: it' },
    },
    {
      name: 'an error after the deadline',
      plan: { timeout: MINUTE, errorThreshold: 5 },
      outcome: error(),
      after: 2 * MINUTE,
      want: { status: 'Errored', message: 'step "a" timed out after 1m0s; last seen: boom' },
    },
    {
      name: 'success after the deadline',
      plan: { timeout: MINUTE },
      outcome: ok,
      after: 2 * MINUTE,
      want: { status: 'Succeeded' },
    },
  ] as { name: string; plan: Partial<StepPlan>; outcome: Outcome; after?: number; want: object }[])(
    '[20 6.1.4] [20 6.1.5] [20 6.1.6] is over: $name',
    ({ plan, outcome, after, want }) => {
      const { status, verdict } = first(aPlan('a', plan), outcome, after);
      expect(verdict).toEqual({ kind: 'over' });
      expect(entryOf(status, 'a')).toMatchObject({ ...want, finishedAt: expect.any(String) });
    },
  );

  it('has more patience with servers that are away', () => {
    const away = (): Outcome => ({ status: 'Errored', error: { message: 'gone', terminal: false, outage: true } });
    const plan = aPlan('a', { outageThreshold: 3 });
    expect(play([plan], { a: [away(), away(), ok] })).toMatchObject({ phase: 'Succeeded' });
    expect(play([plan], { a: [away(), away(), away()] })).toMatchObject({ message: 'step "a" met error threshold of 3: gone' });
    expect(play([plan], { a: [away(), error()] })).toMatchObject({ message: 'step "a" met error threshold of 1: boom' });
    expect(play([aPlan('a')], { a: [away()] })).toMatchObject({ message: 'step "a" met error threshold of 1: gone' });
  });

  it('[20 6.1.4] is retried below the threshold', () => {
    const { status, verdict } = first(aPlan('a', { errorThreshold: 3, timeout: MINUTE }), error());
    expect(verdict).toEqual({ kind: 'retry', error: 'boom', errorCount: 1, deadline: T0 + MINUTE });
    expect(entryOf(status, 'a')).toEqual({
      alias: 'a',
      startedAt: '2026-01-01T00:00:00Z',
      status: 'Errored',
      errorCount: 1,
      message: 'boom; step will be retried',
    });
  });

  it('counts errors in a row only: progress sets them back', () => {
    const { status, verdict } = first(aPlan('a', { errorThreshold: 3 }), { status: 'Running', waitingFor: 'it' }, 0, 2);
    expect(verdict).toEqual({ kind: 'running', waitingFor: 'it', retryAfter: undefined, deadline: undefined });
    expect(entryOf(status, 'a')).toEqual({ alias: 'a', startedAt: '2026-01-01T00:00:00Z', status: 'Running', message: 'it' });
  });

  it('[20 6.1.6] one millisecond before the deadline goes on', () => {
    expect(first(aPlan('a', { timeout: MINUTE }), { status: 'Running' }, MINUTE - 1).verdict.kind).toBe('running');
  });

  it.each([
    ['error', error()],
    ['failure', failure()],
  ])('[20 6.1.9] is not skipped on retry by its own last %s', (_, outcome) => {
    const plans = [aPlan('a', { errorThreshold: 2 })];
    const { status } = first(plans[0]!, outcome);
    expect(failedBefore(plans, status, 0)).toBe(false);
    expect(advance(plans, status, T0).next).toMatchObject({ kind: 'attempt', index: 0 });
  });

  it('[20 6.1.2] that skips itself has both times and a place among the outputs; one that is skipped has neither', () => {
    const plans = [aPlan('a'), aPlan('b', { condition: 'x' })];
    let { status } = advance(plans, {}, T0);
    ({ status } = applyOutcome(plans, status, 0, { status: 'Skipped' }, T0 + 1000));
    ({ status } = applyCondition(plans, advance(plans, status, T0).status, 1, { run: false }, T0));
    expect(status.stepExecutionMetadata).toEqual([
      { alias: 'a', status: 'Skipped', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z' },
      { alias: 'b', status: 'Skipped' },
    ]);
    expect(status.state).toEqual({ a: null });
  });

  it.each([
    ['Failed', failure()],
    ['Errored', error()],
  ])('[20 6.1.3] that %s without an output leaves null', (_, outcome) => {
    expect(play([aPlan('a')], { a: [outcome] }).state).toEqual({ a: null });
  });

  it('[20 6.1.13] keeps its first start and its one end, and has no errors when it starts', () => {
    const plans = [aPlan('a', { errorThreshold: 9 })];
    const begun = advance(plans, { stepExecutionMetadata: [{ alias: 'a', errorCount: 4 }] }, T0);
    expect(entryOf(begun.status, 'a')).toEqual({ alias: 'a', startedAt: '2026-01-01T00:00:00Z', status: 'Running' });
    expect(entryOf(advance(plans, begun.status, T0 + 5000).status, 'a')?.startedAt).toBe('2026-01-01T00:00:00Z');
    const { status } = applyOutcome(plans, begun.status, 0, ok, T0 + 1000);
    expect(entryOf(advance(plans, status, T0 + 9000).status, 'a')?.finishedAt).toBe('2026-01-01T00:00:01Z');
  });

  it.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 2],
  ])('[20 6.1.13] of %i steps that are all over, the current one is number %i', (count, want) => {
    const plans = Array.from({ length: count }, (_, index) => aPlan(`s${index}`));
    expect(play(plans, Object.fromEntries(plans.map(({ alias }) => [alias, [ok]]))).currentStep).toBe(want);
  });

  it.each([
    ['that is not registered', { problem: 'step kind "x" is not registered' }, undefined, 'step kind "x" is not registered'],
    [
      'whose condition cannot be evaluated',
      { condition: 'x' },
      { error: 'no' },
      'error checking if step "a" should be skipped: no',
    ],
  ] as const)('[20 6.1.1] %s is Errored without having started', (_, more, condition, message) => {
    const plans = [aPlan('a', more)];
    let decision = advance(plans, {}, T0);
    if (condition !== undefined) decision = applyCondition(plans, decision.status, 0, condition, T0);
    expect(decision.status).toMatchObject({
      phase: 'Errored',
      stepExecutionMetadata: [{ alias: 'a', status: 'Errored', message }],
    });
    expect(decision.status.stepExecutionMetadata?.[0]).not.toHaveProperty('startedAt');
    expect(decision.status.stepExecutionMetadata?.[0]).not.toHaveProperty('finishedAt');
  });

  it('whose condition is false is skipped', () => {
    const plans = [aPlan('a', { condition: 'x' })];
    const { status } = applyCondition(plans, advance(plans, {}, T0).status, 0, { run: false }, T0);
    expect(status).toMatchObject({ phase: 'Succeeded', stepExecutionMetadata: [{ alias: 'a', status: 'Skipped' }] });
  });

  it.each([
    ['task-1::compose', true, { 'task-1': { old: 1, x: 2 }, 'task-1::compose': { x: 2 } }],
    ['compose', true, { 'task-1': { old: 1 }, compose: { x: 2 } }],
    ['task-1::other', false, { 'task-1': { old: 1 }, 'task-1::other': { x: 2 } }],
  ])(
    '[20 6.1.11] writes its output under its alias, and to its task if it propagates: %s',
    (alias, propagatesTaskOutput, want) => {
      const plans = [aPlan(alias, { propagatesTaskOutput })];
      const status = play(plans, { [alias]: [{ ...ok, output: { x: 2 } }] }, { state: { 'task-1': { old: 1 } } });
      expect(status.state).toEqual(want);
    },
  );
});

describe('the final phase', () => {
  it.each([
    [['Skipped'], 'Succeeded'],
    [['Failed'], 'Failed'],
    [['Running'], 'Errored'],
    [['Aborted', 'Running', 'Skipped'], 'Aborted'],
    [['Succeeded', 'Skipped'], 'Succeeded'],
    [['Succeeded', 'Aborted'], 'Aborted'],
    [['Failed', 'Aborted'], 'Failed'],
    [['Failed', 'Errored', 'Succeeded'], 'Errored'],
    [['Succeeded', 'Running'], 'Errored'],
    [[], 'Succeeded'],
  ] as const)('[20 6.1.12] of %j is %s', (given, want) => {
    const plans = given.map((_, index) => aPlan(`s${index}`));
    const stepExecutionMetadata = given.map((status, index) => ({ alias: `s${index}`, status }));
    expect(finalPhase(plans, { stepExecutionMetadata }).phase).toBe(want);
  });
});

describe('whatever happens', () => {
  const plan = fc.record({
    continueOnError: fc.boolean(),
    errorThreshold: fc.integer({ min: 1, max: 4 }),
    condition: fc.option(fc.constant('c'), { nil: undefined }),
    problem: fc.option(fc.constant('p'), { nil: undefined, freq: 10 }),
    timeout: fc.option(
      fc.integer({ min: 1, max: 10 }).map((seconds) => seconds * 1000),
      { nil: undefined },
    ),
  });
  const outcome: fc.Arbitrary<Outcome> = fc.oneof(
    fc.constantFrom<Outcome>(ok, { status: 'Skipped' }, { status: 'Running' }, { status: 'invalid', message: 'i' }),
    fc.boolean().map((terminal) => error('e', terminal)),
    fc.boolean().map((terminal) => failure('f', terminal)),
    fc.constant<Outcome>({ status: 'Errored', timedOut: true }),
  );
  const event = fc.record({
    outcome,
    condition: fc.constantFrom('run', 'skip', 'error'),
    pause: fc.integer({ min: 0, max: 3000 }),
  });

  it('a promotion only moves forward, never contradicts itself, and decides the same when asked again', () => {
    fc.assert(
      fc.property(fc.array(plan, { minLength: 1, maxLength: 6 }), fc.array(event, { maxLength: 60 }), (shapes, events) => {
        const plans = shapes.map((shape, index) => aPlan(`s${index}`, shape));
        let now = T0;
        let decision = advance(plans, {}, now);
        let floor = 0;
        const over = new Map<string, string>();
        for (const { outcome: result, condition, pause } of events) {
          const { status, next } = decision;
          for (const entry of status.stepExecutionMetadata ?? []) {
            const alias = entry.alias ?? '';
            const text = JSON.stringify(entry);
            if (over.has(alias)) expect(text).toBe(over.get(alias));
            if (isOver(entry)) over.set(alias, text);
            expect(entry.errorCount ?? 0).toBeLessThanOrEqual(plans.find((one) => one.alias === alias)!.errorThreshold);
          }
          expect(status.currentStep ?? 0).toBeGreaterThanOrEqual(floor);
          floor = status.currentStep ?? 0;
          // Resuming from what was made durable comes to the same, also after the round trip through JSON.
          expect(advance(plans, JSON.parse(JSON.stringify(status)) as PromotionStatus, now).next).toEqual(next);
          if (next.kind === 'finished') {
            expect(status.phase).toBe(finalPhase(plans, status).phase);
            expect(plans.every(({ alias }) => over.has(alias))).toBe(true);
            return;
          }
          now += pause;
          decision =
            next.kind === 'condition'
              ? applyCondition(
                  plans,
                  status,
                  next.index,
                  condition === 'error' ? { error: 'c' } : { run: condition === 'run' },
                  now,
                )
              : advance(plans, applyOutcome(plans, status, next.index, result, now).status, now);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('a step with a timeout is over once that has passed, whatever an attempt says', () => {
    const failing = outcome.filter(({ status }) => status !== 'Succeeded' && status !== 'Skipped');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 0, max: 5000 }), failing, (seconds, late, result) => {
        const plans = [aPlan('a', { timeout: seconds * 1000, errorThreshold: 99 })];
        const { status } = advance(plans, {}, T0);
        expect(applyOutcome(plans, status, 0, result, T0 + seconds * 1000 + late).verdict.kind).toBe('over');
      }),
    );
  });

  it('the worst status that counts decides', () => {
    const severity: StepStatus[] = ['Succeeded', 'Skipped', 'Running', 'Aborted', 'Failed', 'Errored'];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...severity), fc.boolean()), { minLength: 1 }), (steps) => {
        const plans = steps.map(([, continueOnError], index) => aPlan(`s${index}`, { continueOnError }));
        const stepExecutionMetadata = steps.map(([status], index) => ({ alias: `s${index}`, status }));
        const worst = Math.max(0, ...steps.filter(([, ignored]) => !ignored).map(([status]) => severity.indexOf(status)));
        const phases = ['Succeeded', 'Succeeded', 'Errored', 'Aborted', 'Failed', 'Errored'];
        expect(finalPhase(plans, { stepExecutionMetadata }).phase).toBe(phases[worst]);
      }),
    );
  });
});
