import type { AnalysisPhase } from '@kargo/api';

/** Best to worst: the worst completed metric decides the run. */
const SEVERITY: readonly AnalysisPhase[] = ['Successful', 'Running', 'Pending', 'Inconclusive', 'Error', 'Failed'];

/** Whether a run, metric or measurement of this phase is done. */
export function isCompleted(phase: string | undefined): boolean {
  return phase === 'Successful' || phase === 'Failed' || phase === 'Error' || phase === 'Inconclusive';
}

/** Whether `phase` is worse than `than`. */
export function isWorse(phase: AnalysisPhase, than: AnalysisPhase): boolean {
  return SEVERITY.indexOf(phase) > SEVERITY.indexOf(than);
}
