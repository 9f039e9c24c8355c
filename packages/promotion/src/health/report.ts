import type { Health, Json } from '@kargo/api';

/** States of health, from best to worst. */
export const HEALTH_STATES = ['Healthy', 'NotApplicable', 'Progressing', 'Unknown', 'Unhealthy'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

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

/** The worse of two states. */
export function worseHealth(a: HealthState, b: HealthState): HealthState {
  return HEALTH_STATES.indexOf(a) >= HEALTH_STATES.indexOf(b) ? a : b;
}

/** One report out of several: the worst state, everything else in order. Healthy if there are none. */
export function mergeHealth(reports: readonly HealthReport[]): HealthReport {
  return {
    status: reports.reduce<HealthState>((worst, { status }) => worseHealth(worst, status), 'Healthy'),
    issues: reports.flatMap(({ issues }) => issues),
    output: reports.flatMap(({ output }) => output),
    argoCDApps: reports.flatMap(({ argoCDApps }) => argoCDApps),
  };
}
