import type { FreightCollection, FreightRequest, PromotionStatus, PromotionStep, Variable } from '@kargo/api';
import type { StepPlan } from '../engine/plan.ts';
import type { ConfigSchema } from '../step.ts';

/** What the expressions of one step may see. */
export interface StepScope {
  project: string;
  stage: string;
  promotion: string;
  /** As annotations write it. */
  actor: string;
  rollback: boolean;
  uiBaseURL: string;
  targetFreight: { name: string; alias: string; origin: string };
  /** Variables of the promotion. */
  vars: readonly Variable[];
  freight: FreightCollection;
  freightRequests: readonly FreightRequest[];
  plans: readonly StepPlan[];
  /** The step whose expressions are evaluated. */
  step: PromotionStep;
  index: number;
  status: PromotionStatus;
  signal: AbortSignal;
  /** Told every secret that an expression has read, so that none of them is shown. */
  noteSecret?: ((secret: string) => void) | undefined;
}

/** Evaluates the expressions of a step. Both fail with an `Error` that says which expression, where, and why. */
export interface Expressions {
  /** Whether the step is to run. Anything but a boolean is a failure. */
  condition(text: string, scope: StepScope): Promise<boolean>;
  /** The configuration with every expression replaced by its value, typed by `schema` where that wants text. Absent: `{}`. */
  config(config: unknown, schema: ConfigSchema, scope: StepScope): Promise<unknown>;
}
