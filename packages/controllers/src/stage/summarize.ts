import { originKey, removeCondition, type StagePhase, type StageStatus } from '@kargo/api';
import { currentCollection, currentVerification, isVerificationTerminal, observe, observed, type StagePass } from './pass.ts';

/** Distils the other observations: `Ready`, `freightSummary`, `phase`. */
export function summarize(pass: StagePass): void {
  const ready = readiness(pass);
  observe(pass, 'Ready', ready.status, ready.reason, ready.message);
  pass.status.freightSummary = freightSummary(pass);
  pass.status.phase = stagePhase(pass.status);
}

/** Marks the pass as complete: nothing is being reconciled, and what was observed belongs to the generation of the Stage. */
export function completed(pass: StagePass): void {
  pass.status.conditions = removeCondition(pass.status.conditions, 'Reconciling', 'Stalled');
  if (pass.stage.metadata.generation !== undefined) pass.status.observedGeneration = pass.stage.metadata.generation;
}

/** Says in the conditions that the pass failed and is going to be repeated. */
export function failed(pass: StagePass, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  observe(pass, 'Ready', 'False', 'ReconcileError', message);
  observe(pass, 'Reconciling', 'True', 'RetryAfterError', message);
}

interface Readiness {
  status: 'True' | 'False';
  reason: string;
  message: string;
}

function readiness(pass: StagePass): Readiness {
  const { lastPromotion } = pass.status;
  const promoting = observed(pass, 'Promoting');
  if (promoting !== undefined) return { status: 'False', reason: promoting.reason, message: promoting.message };
  const outcome = lastPromotion?.status;
  if (lastPromotion !== undefined && outcome?.phase !== undefined && ['Failed', 'Errored', 'Aborted'].includes(outcome.phase)) {
    const why = outcome.message === undefined || outcome.message === '' ? '' : `: ${outcome.message}`;
    return {
      status: 'False',
      reason: `LastPromotion${outcome.phase}`,
      message: `Promotion ${lastPromotion.name} ended ${outcome.phase}${why}`,
    };
  }
  const healthy = observed(pass, 'Healthy');
  if (healthy?.status !== 'True') {
    return {
      status: 'False',
      reason: healthy?.reason ?? 'Unhealthy',
      message: healthy?.message ?? 'The Stage is not known to be healthy',
    };
  }
  const verified = observed(pass, 'Verified');
  if (verified?.status !== 'True') {
    const message = verified?.message ?? 'The Freight has not been verified yet';
    return { status: 'False', reason: verified?.reason ?? 'PendingVerification', message };
  }
  return { status: 'True', reason: verified.reason, message: verified.message };
}

/** How much of what the Stage requests it has: the name of the one piece of Freight, or how many origins are fulfilled. */
export function freightSummary({ stage, status }: Pick<StagePass, 'stage' | 'status'>): string {
  const keys = stage.spec.requestedFreight.map(({ origin }) => originKey(origin));
  const items = currentCollection(status)?.items ?? {};
  const [only, ...more] = keys.filter((key) => Object.hasOwn(items, key));
  if (keys.length === 1 && only !== undefined) return items[only]?.name ?? '';
  return `${only === undefined ? 0 : more.length + 1}/${keys.length} Fulfilled`;
}

/** The phase of a regular Stage. */
export function stagePhase(status: StageStatus): StagePhase {
  if (status.currentPromotion !== undefined) return 'Promoting';
  const verification = currentVerification(status);
  if (verification !== undefined && !isVerificationTerminal(verification)) return 'Verifying';
  if (['Failed', 'Errored', 'Aborted'].includes(status.lastPromotion?.status?.phase ?? '')) return 'Failed';
  return ['Failed', 'Error', 'Aborted'].includes(verification?.phase ?? '') ? 'Failed' : 'Steady';
}
