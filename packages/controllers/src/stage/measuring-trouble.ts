import type { AnalysisRun } from '@kargo/api';

/** What keeps a run that goes on from measuring: errors are tried again, and people need not wait for the last try to read of them. */
export function measuringTrouble({ status }: AnalysisRun): string | undefined {
  for (const { name, measurements, phase } of status?.metricResults ?? []) {
    const latest = measurements?.at(-1);
    if (phase !== 'Running' || latest?.phase !== 'Error') continue;
    return `Metric "${name}" could not be measured, and is tried again: ${latest.message ?? 'no reason given'}`;
  }
  return undefined;
}
