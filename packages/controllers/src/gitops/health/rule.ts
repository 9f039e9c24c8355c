/** What rules are made of. */
import type { Workload } from '@kargo/api';
import type { ObjectHealth } from './health.ts';

/** The health of an object of one kind, or nothing if it has none. */
export type Rule = (object: Workload) => ObjectHealth | undefined;

/** A condition of a status. */
export interface Condition {
  type: string;
  status?: string;
  reason?: string;
  message?: string;
}

export const healthy: ObjectHealth = { status: 'Healthy' };
export const progressing = (message: string): ObjectHealth => ({ status: 'Progressing', message });
export const degraded = (message: string | undefined): ObjectHealth => ({ status: 'Degraded', message });

/** Reads numbers of a status; what is missing is 0. */
export function numbers(of: Record<string, unknown> | undefined): (field: string) => number {
  return (field) => (typeof of?.[field] === 'number' ? of[field] : 0);
}

/** The conditions of an object. */
export function conditions(object: Workload): Condition[] {
  return (object.status?.['conditions'] ?? []) as Condition[];
}

/** Whether the newest specification has not been observed yet. */
export function behind(object: Workload): boolean {
  return (object.metadata.generation ?? 0) > numbers(object.status)('observedGeneration');
}
