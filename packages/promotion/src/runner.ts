import type { FreightCollection, FreightReference, FreightRequest, Json, Promotion, PromotionStatus } from '@kargo/api';
import { annotations, isUnavailable } from '@kargo/api';
import type { Workspace } from '@kargo/integrations';
import { clone, type Log } from '@kargo/kube';
import { ConfigValidator } from './config/validate.ts';
import type { Expressions, StepScope } from './context/scope.ts';
import { advance, applyCondition, applyOutcome, restart, type Next } from './engine/engine.ts';
import { outcomeOfContextError, outcomeOfError, outcomeOfResult, type Outcome } from './engine/outcome.ts';
import { planSteps, type StepPlan, type StepRegistry } from './engine/plan.ts';
import { entryOf } from './engine/status.ts';
import type { Step, StepContext, StepPorts } from './step.ts';

/** A step that starts when its time is over already, e.g. after a long stop of the process, may still look once for this long. */
const LAST_LOOK = 10_000;

/** How long a step that was told to stop may take to do so before it is left to itself. */
const UNWIND = 2000;

export interface PromotionRun {
  promotion: Promotion;
  /** Where the promotion stands. Its phase is Running. */
  status: PromotionStatus;
  freight: FreightCollection;
  targetFreight: FreightReference;
  targetFreightAlias: string;
  freightRequests: readonly FreightRequest[];
  workspace: Workspace;
  /** Whether the workspace had to be made; then steps that ran before have to run again. */
  fresh: boolean;
  /** Makes the status durable. The run goes on only when it is; a failure ends the run and is thrown. */
  persist: (status: PromotionStatus) => Promise<void>;
  log: Log;
  /** Stops the run at once. The status stays as it is, so that a later run resumes at the step that was running. */
  signal: AbortSignal;
}

/**
 * How a run ended. `waiting`: the step reports Running; look again at `at` at the latest, and exactly at `deadline`. `retry`: the step
 * failed and will be tried again. `interrupted`: the signal was aborted.
 */
export type RunEnd =
  | { kind: 'finished'; status: PromotionStatus }
  | {
      kind: 'waiting';
      status: PromotionStatus;
      alias: string;
      waitingFor: string;
      at?: number | undefined;
      deadline?: number | undefined;
    }
  | {
      kind: 'retry';
      status: PromotionStatus;
      alias: string;
      error: string;
      errorCount: number;
      deadline?: number | undefined;
    }
  | { kind: 'interrupted'; status: PromotionStatus };

export interface RunnerOptions {
  registry: StepRegistry;
  ports: StepPorts;
  expressions: Expressions;
  /** Shares what was compiled for another runner. Default: a new one. */
  validator?: ConfigValidator | undefined;
}

/** Runs the steps of promotions against ports, as far as they go. Holds no state of any promotion. */
export class PromotionRunner {
  readonly #options: RunnerOptions;
  readonly #validator: ConfigValidator;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#validator = options.validator ?? new ConfigValidator();
  }

  /**
   * Runs until the promotion is finished, a step waits, or a step is to be retried. The status is durable before a step starts and after
   * it has ended; the end of one step and the start of the next are one write. Rejects when the API cannot be reached, by the run or by
   * a step: that is nobody's failure, and a later run resumes at the step.
   */
  async run(run: PromotionRun): Promise<RunEnd> {
    const { clock } = this.#options.ports;
    const plans = planSteps(run.promotion.spec.steps, this.#options.registry);
    let durable = run.status;
    const persist = async (status: PromotionStatus): Promise<void> => {
      if (status === durable) return;
      await run.persist(status);
      durable = status;
    };
    let decision = advance(plans, this.#startingPoint(run), clock.now());
    for (;;) {
      const { status, next } = decision;
      if (next.kind === 'finished') {
        await persist(status);
        return { kind: 'finished', status };
      }
      await persist(status);
      if (run.signal.aborted) return { kind: 'interrupted', status };
      if (next.kind === 'condition') {
        const outcome = await this.#condition(run, plans, next.index, status);
        if (run.signal.aborted) return { kind: 'interrupted', status };
        decision = applyCondition(plans, status, next.index, outcome, clock.now());
        continue;
      }
      const outcome = await this.#attempt(run, plans, next, status);
      if (outcome === undefined) return { kind: 'interrupted', status };
      const now = clock.now();
      const applied = applyOutcome(plans, status, next.index, outcome, now);
      const { alias } = plans[next.index]!;
      if (applied.verdict.kind === 'over') {
        const ended = entryOf(applied.status, alias);
        run.log.info({ step: alias, status: ended?.status, message: ended?.message }, 'step ended');
        decision = advance(plans, applied.status, now);
        continue;
      }
      const { deadline } = applied.verdict;
      if (applied.verdict.kind === 'retry') {
        const { error, errorCount } = applied.verdict;
        const failed = { ...applied.status, message: error };
        await persist(failed);
        return { kind: 'retry', status: failed, alias, error, errorCount, deadline };
      }
      await persist(applied.status);
      const { waitingFor = 'the step to finish', retryAfter } = applied.verdict;
      const at = retryAfter === undefined ? undefined : now + retryAfter;
      return { kind: 'waiting', status: applied.status, alias, waitingFor, at, deadline };
    }
  }

  #startingPoint({ status, fresh, log }: PromotionRun): PromotionStatus {
    if (fresh && (status.stepExecutionMetadata?.length ?? 0) > 0) {
      log.warn(
        { currentStep: status.currentStep },
        'the workspace of the promotion was lost; running its steps again from the first',
      );
      return restart(status);
    }
    if (status.message === undefined) return status;
    const { message: _, ...rest } = status;
    return rest;
  }

  async #condition(
    run: PromotionRun,
    plans: readonly StepPlan[],
    index: number,
    status: PromotionStatus,
  ): Promise<{ run: boolean } | { error: string }> {
    try {
      const scope = this.#scope(run, plans, index, status, run.signal);
      return { run: await this.#options.expressions.condition(plans[index]?.condition ?? '', scope) };
    } catch (error) {
      if (isUnavailable(error)) throw error;
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Runs the step once. Absent if the run was stopped and the step has nothing to say. */
  async #attempt(
    run: PromotionRun,
    plans: readonly StepPlan[],
    next: Next & { kind: 'attempt' },
    status: PromotionStatus,
  ): Promise<Outcome | undefined> {
    const { clock } = this.#options.ports;
    const plan = plans[next.index]!;
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(run.signal.reason);
    run.signal.addEventListener('abort', onAbort, { once: true });
    let timedOut = false;
    const now = clock.now();
    const limit = next.deadline === undefined ? undefined : next.deadline > now ? next.deadline : now + LAST_LOOK;
    const timer =
      limit === undefined
        ? undefined
        : clock.setTimer(limit, () => {
            timedOut = true;
            stop.abort(new Error(`the time of step "${plan.alias}" is over`));
          });
    try {
      const work = this.#work(run, plans, next.index, status, stop.signal);
      const outcome = await untilStopped(work, stop.signal, () => clock.sleep(UNWIND));
      if (outcome !== undefined && outcome.error === undefined) return outcome;
      if (run.signal.aborted) return undefined;
      if (timedOut) return { status: 'Errored', timedOut, ...(outcome?.output === undefined ? {} : { output: outcome.output }) };
      return outcome;
    } finally {
      timer?.cancel();
      run.signal.removeEventListener('abort', onAbort);
    }
  }

  async #work(
    run: PromotionRun,
    plans: readonly StepPlan[],
    index: number,
    status: PromotionStatus,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const plan = plans[index]!;
    const step = this.#options.registry.get(plan.uses) as Step<unknown> | undefined;
    if (step === undefined) throw new Error(`programmer error: step kind "${plan.uses}" is not registered`);
    let context: StepContext<unknown>;
    try {
      const scope = this.#scope(run, plans, index, status, signal);
      const config = await this.#options.expressions.config(run.promotion.spec.steps[index]?.config, step.configSchema, scope);
      this.#validator.check(plan.uses, step.configSchema, config);
      context = contextOf(run, plan, status, config, signal);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      return outcomeOfContextError(error);
    }
    try {
      return outcomeOfResult(plan, await step.run(context, this.#options.ports));
    } catch (error) {
      // Not a failure of the step: the next run resumes at it.
      if (isUnavailable(error)) throw error;
      return outcomeOfError(plan, error);
    }
  }

  #scope(run: PromotionRun, plans: readonly StepPlan[], index: number, status: PromotionStatus, signal: AbortSignal): StepScope {
    const { metadata, spec } = run.promotion;
    return {
      project: metadata.namespace ?? '',
      stage: spec.stage,
      promotion: metadata.name ?? '',
      ...requestedBy(run.promotion),
      uiBaseURL: this.#options.ports.uiBaseURL ?? '',
      targetFreight: {
        name: run.targetFreight.name ?? '',
        alias: run.targetFreightAlias,
        origin: run.targetFreight.origin?.name ?? '',
      },
      vars: spec.vars ?? [],
      freight: run.freight,
      freightRequests: run.freightRequests,
      plans,
      step: spec.steps[index]!,
      index,
      status,
      signal,
    };
  }
}

function contextOf(
  run: PromotionRun,
  plan: StepPlan,
  status: PromotionStatus,
  config: unknown,
  signal: AbortSignal,
): StepContext<unknown> {
  const { metadata, spec } = run.promotion;
  return {
    config,
    alias: plan.alias,
    project: metadata.namespace ?? '',
    stage: spec.stage,
    promotion: { name: metadata.name ?? '', uid: metadata.uid ?? '', ...requestedBy(run.promotion) },
    freight: run.freight,
    targetFreight: run.targetFreight,
    freightRequests: run.freightRequests,
    outputs: clone((status.state ?? {}) as Record<string, Json>),
    workspace: run.workspace,
    startedAt: Date.parse(entryOf(status, plan.alias)?.startedAt ?? ''),
    signal,
    log: run.log.child({ step: plan.alias }),
  };
}

function requestedBy({ metadata }: Promotion): { actor: string; rollback: boolean } {
  const known = metadata.annotations ?? {};
  return { actor: known[annotations.createActor] ?? '', rollback: known[annotations.rollback] === 'true' };
}

/** What `work` comes to; or absent, if it was told to stop and did not within the time that `patience` takes. */
async function untilStopped<T>(work: Promise<T>, signal: AbortSignal, patience: () => Promise<void>): Promise<T | undefined> {
  const stopped = Promise.withResolvers<void>();
  const onAbort = (): void => stopped.resolve();
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const gaveUp = stopped.promise.then(patience).then(() => undefined);
    return await Promise.race([work, gaveUp]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
