import { worseHealth, type Health, type HealthState, type Json } from '@kargo/api';

export type ArgoCDAppHealth = NonNullable<Health['argoCDApps']>[number];

/** What one or several health checks came to. Unchanged surroundings give an identical report. */
export interface HealthReport {
  status: HealthState;
  /** One text per thing that is not healthy, for people. */
  issues: string[];
  /** Output of each check. */
  output: Json[];
  /** State of the Argo CD Applications that were looked at. */
  argoCDApps: ArgoCDAppHealth[];
}

/** One report out of several: the worst state, everything else in order. Healthy if there are none. */
export function mergeReports(reports: readonly HealthReport[]): HealthReport {
  return {
    status: reports.reduce<HealthState>((worst, { status }) => worseHealth(worst, status), 'Healthy'),
    issues: reports.flatMap(({ issues }) => issues),
    output: reports.flatMap(({ output }) => output),
    argoCDApps: reports.flatMap(({ argoCDApps }) => argoCDApps),
  };
}
