import type { Json, Promotion, PromotionStatus } from '@kargo/api';
import { isUnavailable } from '@kargo/api';
import { formatDuration } from '@kargo/gocompat';
import { ConfigValidator } from './config/validate.ts';
import type { Expressions } from './context/scope.ts';
import { advance, applyCondition, applyOutcome, endEarly, type Next } from './engine/engine.ts';
import { MAX_OUTPUTS, outcomeOfContextError, outcomeOfError, outcomeOfResult, type Outcome } from './engine/outcome.ts';
import { planSteps, type StepPlan, type StepRegistry } from './engine/plan.ts';
import { entryOf } from './engine/status.ts';
import { loggedPorts } from './logs/logged-ports.ts';
import type { StepLogKey, StepLogs } from './logs/port.ts';
import { StepLogger } from './logs/step-logger.ts';
import { planRefusal, plannedPorts } from './preview/planned.ts';
import { contextOf, scopeOf, type PromotionRun, type RunEnd } from './promotion-run.ts';
import { untilStopped } from './until-stopped.ts';
import { rebuildWorkspace } from './rebuild-workspace.ts';
import { SecretsSeen } from './preview/secrets.ts';
import type { Step, StepContext, StepPorts } from './step.ts';

/** Milliseconds: the shortest pause between two looks that a step gets, however soon it asks for the next. */
const SHORTEST_POLL = 10_000;

/** A step that starts when its time is over already, e.g. after a long stop of the process, may still look once for this long. */
const LAST_LOOK = 10_000;

/** How long a step that was told to stop may take to do so before it is left to itself. */
const UNWIND = 2000;

export interface RunnerOptions {
  registry: StepRegistry;
  ports: StepPorts;
  expressions: Expressions;
  /** Shares what was compiled for another runner. Default: a new one. */
  validator?: ConfigValidator | undefined;
  /** Keeps what steps do and say. Without it, that is lost. */
  stepLogs?: StepLogs | undefined;
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
    const secrets = new SecretsSeen();
    let durable = run.status;
    const persist = async (status: PromotionStatus): Promise<void> => {
      if (status === durable) return;
      await run.persist(status);
      durable = status;
    };
    const refusal = planRefusal(run);
    if (refusal !== undefined) {
      const status = endEarly(plans, run.status, 'Errored', refusal, clock.now());
      await persist(status);
      return { kind: 'finished', status };
    }
    const rebuilt = await rebuildWorkspace({
      plans,
      status: withoutMessage(run.status),
      workspace: run.workspace,
      fresh: run.fresh,
      clock,
      log: run.log,
      persist,
      attempt: async (index, status, deadline) => {
        const log = this.#logger(run, plans[index]!, secrets);
        log.say('the workspace was lost; running again to make it');
        const next: Next & { kind: 'attempt' } = { kind: 'attempt', index, deadline };
        return withoutSecrets(await this.#attempt(run, plans, next, status, log, 'rebuild'), secrets);
      },
    });
    if (rebuilt.kind === 'interrupted') return rebuilt;
    if (rebuilt.kind === 'unfinished') {
      const { status, alias, verdict } = rebuilt;
      if (verdict.kind === 'retry') return { ...verdict, kind: 'retry', status, alias };
      const { waitingFor = 'the step to finish', deadline } = verdict;
      return { kind: 'waiting', status, alias, waitingFor, at: clock.now() + SHORTEST_POLL, deadline };
    }
    let decision = advance(plans, rebuilt.status, clock.now());
    for (;;) {
      const { status, next } = decision;
      if (next.kind === 'finished') {
        await persist(status);
        return { kind: 'finished', status };
      }
      await persist(status);
      if (run.signal.aborted) return { kind: 'interrupted', status };
      if (next.kind === 'condition') {
        const outcome = await this.#condition(run, plans, next.index, status, secrets);
        if (run.signal.aborted) return { kind: 'interrupted', status };
        decision = applyCondition(plans, status, next.index, outcome, clock.now());
        continue;
      }
      const log = this.#logger(run, plans[next.index]!, secrets);
      const outcome = withoutSecrets(await this.#attempt(run, plans, next, status, log), secrets);
      if (outcome === undefined) {
        log.say('interrupted');
        return { kind: 'interrupted', status };
      }
      const now = clock.now();
      const applied = applyOutcome(plans, status, next.index, outcome, now);
      const { alias } = plans[next.index]!;
      if (applied.verdict.kind === 'over') {
        const ended = entryOf(applied.status, alias);
        if (outcome.output !== undefined) log.show('output', outcome.output);
        log.say(`${ended?.status ?? 'ended'}${ended?.message === undefined ? '' : `: ${ended.message}`}`);
        await this.#options.stepLogs?.end(logKey(run.promotion, alias));
        run.log.info({ step: alias, status: ended?.status, message: ended?.message }, 'step ended');
        decision = advance(plans, applied.status, now);
        continue;
      }
      const { deadline } = applied.verdict;
      if (applied.verdict.kind === 'retry') {
        const { error, errorCount } = applied.verdict;
        const failed = { ...applied.status, message: error };
        log.say(`failed (${errorCount} in a row): ${error}; it will be tried again`);
        await persist(failed);
        return { kind: 'retry', status: failed, alias, error, errorCount, deadline };
      }
      await persist(applied.status);
      const { waitingFor = 'the step to finish', retryAfter } = applied.verdict;
      const pause = retryAfter === undefined ? undefined : Math.max(retryAfter, SHORTEST_POLL);
      const at = pause === undefined ? undefined : now + pause;
      log.say(`waiting for ${waitingFor}${pause === undefined ? '' : `; looking again in ${formatDuration(pause)}`}`);
      return { kind: 'waiting', status: applied.status, alias, waitingFor, at, deadline };
    }
  }

  /** Whether the promotion has left something outside that {@link abandon} takes back. */
  leavesBehind({ spec }: Promotion, status: PromotionStatus): boolean {
    const plans = planSteps(spec.steps, this.#options.registry);
    return plans.some((plan) => this.#abandonOf(plan, status) !== undefined);
  }

  /**
   * Has the steps of an aborted promotion take back what waits for somebody outside, such as pull requests, the last one first. Best
   * effort: what cannot be taken back is logged.
   */
  async abandon(run: Omit<PromotionRun, 'persist' | 'fresh'>, reason: string): Promise<void> {
    const { registry, expressions, ports } = this.#options;
    const plans = planSteps(run.promotion.spec.steps, registry);
    const { status, signal, log } = run;
    for (const [index, plan] of [...plans.entries()].toReversed()) {
      const step = this.#abandonOf(plan, status);
      if (step === undefined) continue;
      try {
        const scope = scopeOf(run, plans, index, status, { signal, secrets: new SecretsSeen(), uiBaseURL: ports.uiBaseURL });
        const config = await expressions.config(run.promotion.spec.steps[index]?.config, step.configSchema, scope);
        await step.abandon?.(contextOf(run, plan, status, config, { signal, log }), ports, reason);
      } catch (error) {
        log.warn({ step: plan.alias, error }, 'could not take back what the step of an aborted Promotion left behind');
      }
    }
  }

  /** The step, if it has left something behind. */
  #abandonOf({ uses, alias }: StepPlan, { state = {} }: PromotionStatus): Step<unknown> | undefined {
    const step = this.#options.registry.get(uses) as Step<unknown> | undefined;
    return step?.abandon !== undefined && state[alias] !== undefined ? step : undefined;
  }

  async #condition(
    run: PromotionRun,
    plans: readonly StepPlan[],
    index: number,
    status: PromotionStatus,
    secrets: SecretsSeen,
  ): Promise<{ run: boolean } | { error: string }> {
    const { expressions, ports } = this.#options;
    try {
      const scope = scopeOf(run, plans, index, status, { signal: run.signal, secrets, uiBaseURL: ports.uiBaseURL });
      return { run: await expressions.condition(plans[index]?.condition ?? '', scope) };
    } catch (error) {
      if (isUnavailable(error)) throw error;
      return { error: secrets.hide(error instanceof Error ? error.message : String(error)) };
    }
  }

  #logger({ promotion, log }: PromotionRun, { alias }: StepPlan, secrets: SecretsSeen): StepLogger {
    const inner = log.child({ step: alias });
    return new StepLogger({ logs: this.#options.stepLogs, key: logKey(promotion, alias), inner, secrets });
  }

  /** Runs the step once. Absent if the run was stopped and the step has nothing to say. */
  async #attempt(
    run: PromotionRun,
    plans: readonly StepPlan[],
    next: Next & { kind: 'attempt' },
    status: PromotionStatus,
    log: StepLogger,
    way: 'run' | 'rebuild' = 'run',
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
      const work = this.#work(run, plans, next.index, status, { signal: stop.signal, log, way });
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
    { signal, log, way }: { signal: AbortSignal; log: StepLogger; way: 'run' | 'rebuild' },
  ): Promise<Outcome> {
    const { expressions, ports, registry, stepLogs } = this.#options;
    const plan = plans[index]!;
    const step = registry.get(plan.uses) as Step<unknown> | undefined;
    if (step === undefined) throw new Error(`programmer error: step kind "${plan.uses}" is not registered`);
    let context: StepContext<unknown>;
    log.say(`${plan.uses} begins${errorsBefore(status, plan)}`);
    try {
      const scope = scopeOf(run, plans, index, status, { signal, secrets: log.secrets, uiBaseURL: ports.uiBaseURL });
      const config = await expressions.config(run.promotion.spec.steps[index]?.config, step.configSchema, scope);
      this.#validator.check(plan.uses, step.configSchema, config);
      context = contextOf(run, plan, status, config, { signal, log });
      log.show('config', config as Json);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      return outcomeOfContextError(error);
    }
    try {
      const planned = plannedPorts(ports, run, plan.alias);
      const shown = stepLogs === undefined ? planned : loggedPorts(planned, log);
      const result = await (way === 'rebuild' && step.rebuild !== undefined
        ? step.rebuild(context, shown)
        : step.run(context, shown));
      return outcomeOfResult(plan, result, MAX_OUTPUTS - sizeOfOthers(status, plan));
    } catch (error) {
      // Not a failure of the step: the next run resumes at it.
      if (isUnavailable(error)) throw error;
      return outcomeOfError(plan, error);
    }
  }
}

/** What was said of the run before is over. */
function withoutMessage(status: PromotionStatus): PromotionStatus {
  if (status.message === undefined) return status;
  const { message: _, ...rest } = status;
  return rest;
}

function logKey({ metadata }: Promotion, step: string): StepLogKey {
  return { project: metadata.namespace ?? '', promotion: metadata.uid ?? '', step };
}

function errorsBefore(status: PromotionStatus, { alias }: StepPlan): string {
  const errors = entryOf(status, alias)?.errorCount ?? 0;
  return errors === 0 ? '' : ` again, after ${errors} ${errors === 1 ? 'error' : 'errors'}`;
}

/** What an attempt came to, told without the secrets it saw. Outputs are what the step was asked to put out: they stay. */
function withoutSecrets(outcome: Outcome | undefined, secrets: SecretsSeen): Outcome | undefined {
  if (outcome === undefined) return undefined;
  const { message, waitingFor, error } = outcome;
  return {
    ...outcome,
    ...(message === undefined ? {} : { message: secrets.hide(message) }),
    ...(waitingFor === undefined ? {} : { waitingFor: secrets.hide(waitingFor) }),
    ...(error === undefined ? {} : { error: { ...error, message: secrets.hide(error.message) } }),
  };
}

/** Bytes that the outputs of the other steps take. */
function sizeOfOthers({ state = {} }: PromotionStatus, { alias }: StepPlan): number {
  const { [alias]: _, ...others } = state as Record<string, Json>;
  return Buffer.byteLength(JSON.stringify(others));
}
