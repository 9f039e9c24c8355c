import type { FreightCollection, FreightReference, FreightRequest, Json, Promotion, PromotionStatus } from '@kargo/api';
import { annotations } from '@kargo/api';
import type { Workspace } from '@kargo/integrations';
import { clone, type Log } from '@kargo/kube';
import type { StepScope } from './context/scope.ts';
import type { StepPlan } from './engine/plan.ts';
import { entryOf } from './engine/status.ts';
import type { SecretsSeen } from './preview/secrets.ts';
import type { StepContext } from './step.ts';

/** What a run of a promotion is given. */
export interface PromotionRun {
  promotion: Promotion;
  /** Where the promotion stands. Its phase is Running. */
  status: PromotionStatus;
  freight: FreightCollection;
  targetFreight: FreightReference;
  targetFreightAlias: string;
  freightRequests: readonly FreightRequest[];
  workspace: Workspace;
  /** Whether the workspace had to be made; then steps whose work was in it run again. */
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

/** What the expressions of a step may use. */
export function scopeOf(
  run: Omit<PromotionRun, 'persist' | 'fresh'>,
  plans: readonly StepPlan[],
  index: number,
  status: PromotionStatus,
  { signal, secrets, uiBaseURL = '' }: { signal: AbortSignal; secrets: SecretsSeen; uiBaseURL: string | undefined },
): StepScope {
  const { metadata, spec } = run.promotion;
  return {
    project: metadata.namespace ?? '',
    stage: spec.stage,
    promotion: metadata.name ?? '',
    ...requestedBy(run.promotion),
    uiBaseURL,
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
    noteSecret: (secret) => secrets.add(secret),
  };
}

/** What a step is given for one attempt. */
export function contextOf(
  run: Omit<PromotionRun, 'persist' | 'fresh'>,
  plan: StepPlan,
  status: PromotionStatus,
  config: unknown,
  { signal, log }: { signal: AbortSignal; log: Log },
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
    log,
  };
}

function requestedBy({ metadata }: Promotion): { actor: string; rollback: boolean } {
  const known = metadata.annotations ?? {};
  return { actor: known[annotations.createActor] ?? '', rollback: known[annotations.rollback] === 'true' };
}
