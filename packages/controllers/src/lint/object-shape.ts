import type { KubeObject } from '@kargo/api';

/** Whether the parts that {@link objectFindings} looks at have the types they should have. Servers tell if they have not. */
export function hasShape(object: KubeObject): boolean {
  const { kind, spec } = object as KubeObject & { spec?: { [key: string]: unknown } };
  if (typeof spec !== 'object' || spec === null) return false;
  if (kind !== 'Stage') return stepsFine(spec['steps']) && variablesFine(spec['vars']);
  const { requestedFreight, promotionTemplate, vars, verification } = spec;
  const template = (promotionTemplate as { spec?: { steps?: unknown; vars?: unknown } } | undefined)?.spec;
  const requests =
    Array.isArray(requestedFreight) &&
    requestedFreight.every(
      (one: { origin?: { name?: unknown; kind?: unknown }; sources?: { stages?: unknown } } | null) =>
        typeof one?.origin?.name === 'string' &&
        typeof one.origin.kind === 'string' &&
        typeof one.sources === 'object' &&
        one.sources !== null &&
        (one.sources.stages === undefined || isTexts(one.sources.stages)),
    );
  const args = (verification as { args?: unknown } | undefined)?.args;
  return (
    requests &&
    variablesFine(vars) &&
    variablesFine(template?.vars) &&
    variablesFine(args) &&
    (template?.steps === undefined || stepsFine(template.steps))
  );
}

function stepsFine(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((step: { [key: string]: unknown } | null) => {
      if (typeof step !== 'object' || step === null) return false;
      const { uses, as, if: condition, vars, task, retry } = step;
      const text = (one: unknown): boolean => one === undefined || typeof one === 'string';
      const object = (one: unknown): boolean => one === undefined || (typeof one === 'object' && one !== null);
      return text(uses) && text(as) && text(condition) && variablesFine(vars) && object(task) && object(retry);
    })
  );
}

function variablesFine(value: unknown): boolean {
  if (value === undefined) return true;
  return (
    Array.isArray(value) &&
    value.every(
      (one: { name?: unknown; value?: unknown } | null) =>
        typeof one?.name === 'string' && (one.value === undefined || typeof one.value === 'string'),
    )
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
