import { settled, waiting, type Result, type WakeUp } from '@kargo/kube';
import { currentVerification, isPromotionTerminal, isVerificationTerminal, observed, type StagePass } from './pass.ts';
import { PICK_UP_TIME } from './verify.ts';

/** How long after a pass health is looked at again although nothing woke the Stage: a safety net against lost events of the outside. */
export const HEALTH_POLL = 5 * 60_000;
/** How long Freight that was just deployed may take to become healthy before the next pending Promotion starts. */
export const SETTLING_TIME = 5000;

/** What the Stage waits for after a pass. */
export function stageResult(pass: StagePass): Result {
  const { status, now, notes } = pass;
  const extra: WakeUp[] = [];
  if (notes.soakEnds !== undefined) {
    extra.push({
      kind: 'deadline',
      at: notes.soakEnds,
      why: 'Freight has soaked long enough upstream to be promoted automatically',
    });
  }
  if (notes.healthBelievedAt !== undefined) {
    extra.push({ kind: 'deadline', at: notes.healthBelievedAt, why: 'health that came and went has held long enough by then' });
  }
  if (status.currentPromotion !== undefined) {
    const { name } = status.currentPromotion;
    return waiting('ActivePromotion', `Promotion ${name} is running`, { kind: 'event', on: `Promotion ${name} ends` }, ...extra);
  }
  const verification = currentVerification(status);
  if (verification !== undefined && !isVerificationTerminal(verification)) {
    const run = verification.analysisRun?.name ?? '';
    const on = `AnalysisRun ${run} makes progress, or somebody aborts the verification`;
    const late = Date.parse(verification.startTime ?? '') + PICK_UP_TIME;
    if (verification.analysisRun?.phase === '' && late > now) {
      extra.push({ kind: 'deadline', at: late, why: 'something ought to have begun with the AnalysisRun by then' });
    }
    const message = verification.message ?? `The current Freight is being verified by AnalysisRun ${run}`;
    return waiting('Verifying', message, { kind: 'event', on }, ...extra);
  }
  const pending = pass.promotions.filter((promotion) => !isPromotionTerminal(promotion)).length;
  if (pending > 0) {
    const message = `${pending} Promotion${pending === 1 ? ' is' : 's are'} pending: ${notes.gate ?? 'the current one comes first'}`;
    const look: WakeUp = {
      kind: 'poll',
      at: now + SETTLING_TIME,
      why: 'the Freight that was just deployed has had time to become healthy',
    };
    return waiting('PromotionsPending', message, look, { kind: 'event', on: 'the health of the Stage changes' }, ...extra);
  }
  const health = status.health?.status;
  const checks = status.lastPromotion?.status?.phase === 'Succeeded' ? (status.lastPromotion.status.healthChecks ?? []) : [];
  const poll: WakeUp = { kind: 'poll', at: now + HEALTH_POLL, why: 'health is looked at again in case a change went unnoticed' };
  if (health !== undefined && health !== 'Healthy' && checks.length > 0) {
    const message = observed(pass, 'Healthy')?.message ?? `The Stage is ${health}`;
    return waiting(health, message, { kind: 'event', on: 'an Argo CD Application of the Stage changes' }, poll, ...extra);
  }
  if (checks.length > 0) {
    const message = 'All is well; the Stage is told of changes in the health of its Applications';
    return waiting('Steady', message, { kind: 'event', on: 'an Argo CD Application of the Stage changes' }, poll, ...extra);
  }
  const [first, ...more] = extra;
  return first === undefined
    ? settled
    : waiting('Soaking', 'Freight that is verified upstream has to stay there for some time yet', first, ...more);
}
