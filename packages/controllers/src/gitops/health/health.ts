/** Health of live objects and of the Application as a whole. Kinds without a rule have no health and never count. */
import type { Workload } from '@kargo/api';
import { isHook } from '../sync/hooks.ts';
import { describeObject } from '../manifest.ts';
import { readyConvention } from './condition-rules.ts';
import { rules } from './rules.ts';

/** Best to worst. */
export const HEALTH_STATUSES = ['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown'] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** Annotation on an object of a kind without a rule: its `Ready` condition says how it is. */
export const READY_CONVENTION_ANNOTATION = 'kargo.akuity.io/ready-condition-health';

export interface ObjectHealth {
  status: HealthStatus;
  message?: string | undefined;
}

/** The health of one object, or nothing if its kind has none. */
export function healthOf(object: Workload): ObjectHealth | undefined {
  if (object.metadata.deletionTimestamp !== undefined) return { status: 'Progressing', message: 'Pending deletion' };
  const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : '';
  const rule = rules[`${group}/${object.kind}`];
  if (rule !== undefined) return rule(object);
  return object.metadata.annotations?.[READY_CONVENTION_ANNOTATION] === 'true' ? readyConvention(object) : undefined;
}

const MAX_CAUSES = 3;

/** The worst health of the live objects; `Missing` if objects are expected and none is there. */
export function aggregateHealth(
  live: readonly Workload[],
  expected: number,
  healthHere: (object: Workload) => ObjectHealth | undefined = healthOf,
): ObjectHealth {
  let worst: HealthStatus = expected > 0 && live.every(isHook) ? 'Missing' : 'Healthy';
  const causes: string[] = [];
  for (const object of live) {
    if (isHook(object) || object.metadata.annotations?.['argocd.argoproj.io/ignore-healthcheck'] === 'true') continue;
    const health = healthHere(object);
    if (health === undefined || HEALTH_STATUSES.indexOf(health.status) < HEALTH_STATUSES.indexOf(worst)) continue;
    if (health.status !== worst) causes.length = 0;
    worst = health.status;
    if (worst !== 'Healthy') causes.push(describeObject(object));
  }
  if (causes.length === 0) return { status: worst };
  const more = causes.length > MAX_CAUSES ? ` and ${causes.length - MAX_CAUSES} more` : '';
  return { status: worst, message: `Caused by ${causes.slice(0, MAX_CAUSES).join(', ')}${more}` };
}
