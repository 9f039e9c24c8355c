import type { PromotionStep } from '@kargo/api';
import { ParseError, parseDuration } from '@kargo/gocompat';
import type { Step, WorkspaceUse } from '../step.ts';

/** What the engine has to know about one step of a promotion. */
export interface StepPlan {
  alias: string;
  uses: string;
  /** Text of the `if`, if there is one. */
  condition?: string | undefined;
  continueOnError: boolean;
  /** Errors in a row after which the step has failed; at least 1. */
  errorThreshold: number;
  /** The same for errors of servers that cannot be reached or are too busy; absent: as for others. At least `errorThreshold`. */
  outageThreshold?: number | undefined;
  /** Milliseconds for all attempts together; absent: none. */
  timeout?: number | undefined;
  /** Why the step can never run, if so. */
  problem?: string | undefined;
  propagatesTaskOutput: boolean;
  workspace: WorkspaceUse;
}

/** Finds a registered step by the name written in `uses`. */
export type StepRegistry = ReadonlyMap<string, Step<never>>;

/** A step that says nothing about retries is attempted this often while a server is away: with the pauses in between about half a minute. */
const OUTAGE_THRESHOLD = 6;

/** The plan of a promotion's steps: what the step says, else what the registered step says, else the defaults. */
export function planSteps(steps: readonly PromotionStep[], registry: StepRegistry): StepPlan[] {
  return steps.map((step, index) => {
    const uses = step.uses ?? '';
    const registered = registry.get(uses);
    const threshold = step.retry?.errorThreshold ?? 0;
    const timeout = timeoutOf(step, registered);
    const problem =
      registered === undefined
        ? `step kind "${uses}" is not registered; check the spelling of \`uses\` in the promotion template`
        : typeof timeout === 'string'
          ? timeout
          : undefined;
    const errorThreshold = threshold > 0 ? threshold : (registered?.defaultErrorThreshold ?? 1);
    return {
      alias: aliasOf(step, index),
      uses,
      ...(step.if === undefined || step.if === '' ? {} : { condition: step.if }),
      continueOnError: step.continueOnError ?? false,
      errorThreshold,
      ...(threshold > 0 ? {} : { outageThreshold: Math.max(errorThreshold, OUTAGE_THRESHOLD) }),
      ...(typeof timeout === 'number' && timeout > 0 ? { timeout } : {}),
      ...(problem === undefined ? {} : { problem }),
      propagatesTaskOutput: registered?.propagatesTaskOutput ?? false,
      workspace: registered?.workspace ?? 'writes',
    };
  });
}

/** The alias of the step at `index`: its own, else its place, counted from 1. */
export function aliasOf({ as = '' }: PromotionStep, index: number): string {
  return as === '' ? `step-${index + 1}` : as;
}

/** Milliseconds, or why there are none to be had. */
function timeoutOf({ retry }: PromotionStep, registered: Step<never> | undefined): number | string | undefined {
  const text = retry?.timeout ?? '';
  if (text === '') return registered?.defaultTimeout;
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof ParseError) return `retry.timeout of the step is invalid: ${error.message}`;
    throw error;
  }
}
