import type { Promotion } from '@kargo/api';
import { waiting, type Result, type WakeUp } from '@kargo/kube';
import type { RunEnd } from '@kargo/promotion';

/** Milliseconds: the pause where a step asks for no look at a time. */
const SAFETY_NET = 5 * 60_000;

/** What ends the wait for a step that reports Running: whatever it waits for, its deadline to the instant, and a look now and then. */
export function waitForStep(end: RunEnd & { kind: 'waiting' }, promotion: Promotion, now: number): Result {
  const { alias, waitingFor, at, deadline, status } = end;
  const uses = promotion.spec.steps[status.currentStep ?? 0]?.uses ?? '';
  const poll = at === undefined ? now + SAFETY_NET : Math.max(at, now);
  const wakeUps: WakeUp[] = [];
  if (uses.startsWith('argocd-')) wakeUps.push({ kind: 'event', on: 'the Argo CD Applications of the step change' });
  if (deadline !== undefined) wakeUps.push({ kind: 'deadline', at: Math.max(deadline, now), why: `step "${alias}" times out` });
  if (deadline === undefined || poll < deadline)
    wakeUps.push({
      kind: 'poll',
      at: poll,
      why: at === undefined ? 'looking again as a safety net' : `step "${alias}" looks again`,
    });
  const [first, ...more] = wakeUps;
  return waiting('StepRunning', `step "${alias}" is waiting for ${waitingFor}`, first!, ...more);
}
