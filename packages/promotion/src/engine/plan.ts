import type { PromotionStep } from '@kargo/api';
import type { Step } from '../step.ts';
import { parseDuration } from './duration.ts';

/** What the engine has to know about one step of a promotion. */
export interface StepPlan {
  alias: string;
  uses: string;
  /** Text of the `if`, if there is one. */
  condition?: string | undefined;
  continueOnError: boolean;
  /** Errors in a row after which the step has failed; at least 1. */
  errorThreshold: number;
  /** Milliseconds for all attempts together; absent: none. */
  timeout?: number | undefined;
  /** Whether a step of that name is registered. */
  registered: boolean;
  propagatesTaskOutput: boolean;
}

/** Finds a registered step by the name written in `uses`. */
export type StepRegistry = ReadonlyMap<string, Step<never>>;

/** The plan of a promotion's steps: what the step says, else what the registered step says, else the defaults. */
export function planSteps(steps: readonly PromotionStep[], registry: StepRegistry): StepPlan[] {
  return steps.map((step, index) => {
    const uses = step.uses ?? '';
    const registered = registry.get(uses);
    const threshold = step.retry?.errorThreshold ?? 0;
    const timeout =
      step.retry?.timeout === undefined || step.retry.timeout === ''
        ? registered?.defaultTimeout
        : parseDuration(step.retry.timeout);
    return {
      alias: step.as === undefined || step.as === '' ? `step-${index + 1}` : step.as,
      uses,
      ...(step.if === undefined || step.if === '' ? {} : { condition: step.if }),
      continueOnError: step.continueOnError ?? false,
      errorThreshold: threshold > 0 ? threshold : (registered?.defaultErrorThreshold ?? 1),
      ...(timeout === undefined || timeout <= 0 ? {} : { timeout }),
      registered: registered !== undefined,
      propagatesTaskOutput: registered?.propagatesTaskOutput ?? false,
    };
  });
}
