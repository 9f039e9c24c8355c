import type { Health } from '../kinds/stage.ts';

/** States of health, best first. */
export const HEALTH_STATES = ['Healthy', 'NotApplicable', 'Progressing', 'Unknown', 'Unhealthy'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

function severity(status: string | undefined): number {
  const index = HEALTH_STATES.findIndex((state) => state === status);
  return index < 0 ? HEALTH_STATES.indexOf('Unknown') : index;
}

/** The worse of two states; anything unheard of counts as Unknown. */
export function worseHealth(a: string | undefined, b: string | undefined): HealthState {
  return HEALTH_STATES[Math.max(severity(a), severity(b))] ?? 'Unknown';
}

/** Several results as one: the worst state, all issues, and the outputs of those that had one. Healthy if there are none. */
export function mergeHealth(results: readonly Health[]): Health {
  const issues = results.flatMap((result) => result.issues ?? []);
  const output = results.flatMap((result) => (result.output === undefined ? [] : [result.output]));
  const argoCDApps = results.flatMap((result) => result.argoCDApps ?? []);
  return {
    status: results.reduce<HealthState>((worst, { status }) => worseHealth(worst, status), 'Healthy'),
    ...(issues.length === 0 ? {} : { issues }),
    ...(output.length === 0 ? {} : { output }),
    ...(argoCDApps.length === 0 ? {} : { argoCDApps }),
  };
}
