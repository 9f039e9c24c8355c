import {
  ClusterPromotionTask,
  type FieldError,
  PromotionTask,
  type PromotionStep,
  TASK_ALIAS_SEPARATOR,
  type TaskReference,
  type Variable,
} from '@kargo/api';
import type { Reader } from '@kargo/kube';
import { invalidValue, required } from './field-errors.ts';

/** Steps with tasks replaced by their steps, or why that is not possible. */
export type Inflation = { kind: 'inflated'; steps: PromotionStep[] } | { kind: 'refused'; problems: FieldError[] };

/**
 * Replaces references to tasks by the steps of the tasks and gives every step an alias. Each step gets variables of its own: defaults of
 * the task (unless `vars`, those of the promotion, say otherwise), then those of the reference, then its own. Fails with `NotFound`
 * for a task that is not there.
 */
export async function inflateSteps(
  client: Pick<Reader, 'get'>,
  namespace: string,
  steps: readonly PromotionStep[],
  vars: readonly Variable[],
): Promise<Inflation> {
  const inflated: PromotionStep[] = [];
  const problems: FieldError[] = [];
  for (const [index, step] of steps.entries()) {
    const path = `spec.steps[${index}]`;
    const { task: reference } = step;
    if (reference === undefined) {
      inflated.push({ ...step, as: aliasOf(step, `step-${index + 1}`) });
      continue;
    }
    if (step.uses !== undefined) problems.push(invalidValue(path, step.uses, 'a step names either a step or a task'));
    const { spec } = await taskOf(client, namespace, reference);
    const alias = aliasOf(step, `task-${index + 1}`);
    const missing = missingVariables(spec.vars ?? [], vars, step.vars ?? []);
    problems.push(
      ...missing.map((name) => required(`${path}.vars`, `missing value for variable "${name}" of ${taskText(reference)}`)),
    );
    const given = [...defaults(spec.vars ?? [], vars), ...(step.vars ?? [])];
    spec.steps.forEach((inner, position) => {
      const { task: _, ...own } = inner;
      const all = [...given, ...(inner.vars ?? [])].map((variable) => ({ ...variable }));
      inflated.push({
        ...own,
        as: `${alias}${TASK_ALIAS_SEPARATOR}${aliasOf(inner, `step-${position + 1}`)}`,
        ...(all.length === 0 ? {} : { vars: all }),
      });
    });
  }
  return problems.length > 0 ? { kind: 'refused', problems } : { kind: 'inflated', steps: inflated };
}

function aliasOf({ as = '' }: PromotionStep, fallback: string): string {
  return as.trim() === '' ? fallback : as.trim();
}

async function taskOf(
  client: Pick<Reader, 'get'>,
  namespace: string,
  { kind = 'PromotionTask', name }: TaskReference,
): Promise<PromotionTask | ClusterPromotionTask> {
  return kind === 'ClusterPromotionTask'
    ? client.get(ClusterPromotionTask, { name })
    : client.get(PromotionTask, { namespace, name });
}

function taskText({ kind = 'PromotionTask', name }: TaskReference): string {
  return `${kind} ${name}`;
}

function isSet(vars: readonly Variable[], name: string): boolean {
  return vars.some((variable) => variable.name === name && (variable.value ?? '') !== '');
}

function defaults(ofTask: readonly Variable[], ofPromotion: readonly Variable[]): Variable[] {
  return ofTask.filter(({ name, value = '' }) => value !== '' && !isSet(ofPromotion, name));
}

function missingVariables(ofTask: readonly Variable[], ofPromotion: readonly Variable[], ofStep: readonly Variable[]): string[] {
  return ofTask
    .filter(({ name, value = '' }) => value === '' && !isSet(ofPromotion, name) && !isSet(ofStep, name))
    .map(({ name }) => name);
}
