/** What must hold of the conditions of any object after any reconcile. Tests of controllers check every object they leave behind. */
import { byteLength } from '../identifiers/bytes.ts';
import type { Condition } from '../kinds/field-schemas.ts';
import type { KubeObject } from '../meta.ts';
import { getCondition, isConditionTrue, MAX_CONDITION_MESSAGE } from './conditions.ts';

/** A broken invariant: its number and what broke it. */
export interface InvariantViolation {
  /** `C01` and so on; what each demands stands in {@link CONDITION_INVARIANTS}. */
  id: keyof typeof CONDITION_INVARIANTS;
  detail: string;
}

/** The invariants by number. */
export const CONDITION_INVARIANTS = {
  C01: 'there is at most one condition of a type',
  C02: 'status is True, False or Unknown',
  C03: 'reason is one CamelCase word',
  C04: 'message is no longer than conditions may carry',
  C05: 'lastTransitionTime is RFC 3339 in UTC with whole seconds',
  C06: 'Ready is not True while Reconciling, Stalled or Promoting is True',
  C07: 'nothing is observed at a generation that does not exist yet',
  C08: 'observedGeneration never goes back',
  C09: 'lastTransitionTime moves only when status does, and never back',
  C10: 'a condition that is not True, and is not a negative one, has a message',
} as const;

interface WithStatus extends KubeObject {
  status?: { conditions?: readonly Condition[] | undefined; observedGeneration?: number | undefined } | undefined;
}

const REASON = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const MESSAGE_EXPECTED = new Set(['Ready', 'Healthy']);

/** Every violation by `object`, and by the step from `before` to it if that is given. Empty when all is well. */
export function conditionViolations(object: KubeObject, before?: KubeObject): InvariantViolation[] {
  const { status, metadata } = object as WithStatus;
  const conditions = status?.conditions ?? [];
  return [
    ...conditions.flatMap((condition, index) => [...ofOne(condition), ...ofType(condition, conditions.slice(0, index))]),
    ...ofReady(conditions),
    ...ofGenerations(conditions, status?.observedGeneration, metadata.generation),
    ...(before === undefined ? [] : ofStep(before as WithStatus, object as WithStatus)),
  ];
}

function ofType({ type }: Condition, earlier: readonly Condition[]): InvariantViolation[] {
  return getCondition(earlier, type) === undefined ? [] : [{ id: 'C01', detail: `${type} is there twice` }];
}

function ofOne({ type, status, reason, message, lastTransitionTime }: Condition): InvariantViolation[] {
  const out: InvariantViolation[] = [];
  if (!['True', 'False', 'Unknown'].includes(status)) out.push({ id: 'C02', detail: `${type}: ${status}` });
  if (!REASON.test(reason)) out.push({ id: 'C03', detail: `${type}: ${JSON.stringify(reason)}` });
  if (byteLength(message) > MAX_CONDITION_MESSAGE) out.push({ id: 'C04', detail: `${type}: ${byteLength(message)} bytes` });
  if (!TIME.test(lastTransitionTime)) out.push({ id: 'C05', detail: `${type}: ${lastTransitionTime}` });
  if (MESSAGE_EXPECTED.has(type) && status !== 'True' && message === '') out.push({ id: 'C10', detail: type });
  return out;
}

function ofReady(conditions: readonly Condition[]): InvariantViolation[] {
  if (!isConditionTrue(conditions, 'Ready')) return [];
  return ['Reconciling', 'Stalled', 'Promoting']
    .filter((type) => isConditionTrue(conditions, type))
    .map((type) => ({ id: 'C06' as const, detail: `Ready and ${type} are both True` }));
}

function ofGenerations(
  conditions: readonly Condition[],
  observed: number | undefined,
  generation: number | undefined,
): InvariantViolation[] {
  if (generation === undefined) return [];
  const all = [['status', observed] as const, ...conditions.map((c) => [c.type, c.observedGeneration] as const)];
  return all
    .filter(([, value]) => value !== undefined && value > generation)
    .map(([what, value]) => ({ id: 'C07' as const, detail: `${what} observed ${value}, generation is ${generation}` }));
}

function ofStep(before: WithStatus, after: WithStatus): InvariantViolation[] {
  const out: InvariantViolation[] = [];
  const [old, now] = [before.status?.observedGeneration ?? 0, after.status?.observedGeneration ?? 0];
  if (now < old) out.push({ id: 'C08', detail: `from ${old} to ${now}` });
  for (const condition of after.status?.conditions ?? []) {
    const known = getCondition(before.status?.conditions, condition.type);
    if (known === undefined) continue;
    const moved = Date.parse(condition.lastTransitionTime) - Date.parse(known.lastTransitionTime);
    if (moved < 0) out.push({ id: 'C09', detail: `${condition.type}: time went back` });
    if (moved > 0 && known.status === condition.status)
      out.push({ id: 'C09', detail: `${condition.type}: time moved, status did not` });
  }
  return out;
}
