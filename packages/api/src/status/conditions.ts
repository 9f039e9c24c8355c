import type { Condition } from '../kinds/field-schemas.ts';
import { byteLength, truncateBytes } from '../identifiers/bytes.ts';

/** Types of conditions in use. */
export const conditionTypes = {
  ready: 'Ready',
  healthy: 'Healthy',
  verified: 'Verified',
  promoting: 'Promoting',
  reconciling: 'Reconciling',
  stalled: 'Stalled',
  freightCreated: 'FreightCreated',
  freightCreationCriteriaSatisfied: 'FreightCreationCriteriaSatisfied',
} as const;

/** Longest message of a condition, in bytes. */
export const MAX_CONDITION_MESSAGE = 32_768;
const TRUNCATED = ' ... (truncated)';

/** A condition to be set: the time of its last transition follows from what was there before, unless it is given. */
export type ConditionInput = Omit<Condition, 'lastTransitionTime' | 'message'> & {
  message?: string | undefined;
  lastTransitionTime?: string | undefined;
};

/** The message, cut with a note to the length that conditions may have. */
export function conditionMessage(message: string): string {
  if (byteLength(message) <= MAX_CONDITION_MESSAGE) return message;
  return `${truncateBytes(message, MAX_CONDITION_MESSAGE - TRUNCATED.length)}${TRUNCATED}`;
}

/** The condition of a type, if it is there. */
export function getCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether the condition of a type is there and True. */
export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return getCondition(conditions, type)?.status === 'True';
}

/**
 * The conditions with one set. `lastTransitionTime` becomes `now` (RFC 3339) exactly when the status changes. Setting what is already
 * there changes nothing, unless it was observed at a newer generation.
 */
export function setCondition(conditions: readonly Condition[] | undefined, input: ConditionInput, now: string): Condition[] {
  const all = [...(conditions ?? [])];
  const index = all.findIndex(({ type }) => type === input.type);
  const known = all[index];
  const message = conditionMessage(input.message ?? '');
  if (known !== undefined && isSame(known, input, message)) return all;
  const kept = known?.status === input.status ? known.lastTransitionTime : undefined;
  const { type, status, reason, observedGeneration } = input;
  const condition: Condition = {
    type,
    status,
    reason,
    message,
    lastTransitionTime: input.lastTransitionTime ?? kept ?? now,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
  if (index < 0) all.push(condition);
  else all[index] = condition;
  return all;
}

function isSame(known: Condition, input: ConditionInput, message: string): boolean {
  return (
    known.status === input.status &&
    known.reason === input.reason &&
    known.message === message &&
    (known.observedGeneration ?? 0) >= (input.observedGeneration ?? 0)
  );
}

/** The conditions without those of the given types. */
export function removeCondition(conditions: readonly Condition[] | undefined, ...types: readonly string[]): Condition[] {
  return (conditions ?? []).filter(({ type }) => !types.includes(type));
}
