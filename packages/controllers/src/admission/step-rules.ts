import { type FieldError, type Json, type PromotionStep, RESERVED_ALIAS_PATTERN, type Variable } from '@kargo/api';
import { duplicate, forbiddenField, invalidValue, notSupported } from './field-errors.ts';
import { templateProblem } from './expression-problems.ts';
import { suggestion } from './nearest.ts';
import type { AdmissionDeps } from './deps.ts';

type StepDeps = Pick<AdmissionDeps, 'steps'>;

const RESERVED_ALIAS = new RegExp(RESERVED_ALIAS_PATTERN);

/** Problems of the steps of a Stage or task: aliases, names of steps, references to tasks, expressions. */
export function stepProblems(deps: StepDeps, steps: readonly PromotionStep[], path: string): FieldError[] {
  return [...aliasProblems(steps, path), ...steps.flatMap((step, index) => ofStep(deps, step, `${path}[${index}]`))];
}

function aliasProblems(steps: readonly PromotionStep[], path: string): FieldError[] {
  const seen = new Map<string, number>();
  return steps.flatMap(({ as = '' }, index) => {
    const alias = as.trim();
    if (alias === '') return [];
    const field = `${path}[${index}].as`;
    if (RESERVED_ALIAS.test(alias))
      return [invalidValue(field, as, `step alias "${alias}" is reserved: it is given to steps without an alias`)];
    const earlier = seen.get(alias);
    if (earlier !== undefined) return [duplicate(field, as, `step alias "${alias}" is that of ${path}[${earlier}] already`)];
    seen.set(alias, index);
    return [];
  });
}

function ofStep({ steps: known }: StepDeps, step: PromotionStep, path: string): FieldError[] {
  const out: FieldError[] = [];
  if (step.task !== undefined) {
    if (step.if !== undefined && step.if !== '')
      out.push(forbiddenField(`${path}.if`, 'a reference to a task cannot have a condition'));
    if (step.config !== undefined)
      out.push(forbiddenField(`${path}.config`, 'a reference to a task cannot have a configuration; use vars'));
  } else if (step.uses !== undefined && !known.has(step.uses)) {
    const names = [...known].toSorted().join(', ');
    out.push(
      notSupported(`${path}.uses`, step.uses, `there is no such step${suggestion(step.uses, known)}; there are: ${names}`),
    );
  }
  out.push(...templateProblems(step.if, `${path}.if`));
  out.push(...templateProblems(step.config, `${path}.config`));
  out.push(...variableProblems(step.vars, `${path}.vars`));
  return out;
}

/** Problems of the expressions in variables. */
export function variableProblems(vars: readonly Variable[] | undefined, path: string): FieldError[] {
  return (vars ?? []).flatMap(({ value }, index) => templateProblems(value, `${path}[${index}].value`));
}

/** Problems of the expressions in every text within `value`. */
export function templateProblems(value: Json | undefined, path: string): FieldError[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') {
    const why = templateProblem(value);
    return why === undefined ? [] : [invalidValue(path, value, why)];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => templateProblems(item, `${path}[${index}]`));
  if (typeof value === 'object') return Object.entries(value).flatMap(([key, item]) => templateProblems(item, `${path}.${key}`));
  return [];
}
