import { type FieldError, type Json, type PromotionStep, RESERVED_ALIAS_PATTERN, type Variable } from '@kargo/api';
import type { StepProblem } from '@kargo/promotion';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from './field-errors.ts';
import { templateProblem } from './expression-problems.ts';
import { suggestion } from './nearest.ts';
import type { AdmissionDeps } from './deps.ts';

type StepDeps = Pick<AdmissionDeps, 'steps' | 'checkSteps'>;

const RESERVED_ALIAS = new RegExp(RESERVED_ALIAS_PATTERN);

/** Problems of the steps of a Stage or task: aliases, names of steps, references to tasks, expressions, configurations. */
export function stepProblems(deps: StepDeps, steps: readonly PromotionStep[], path: string): FieldError[] {
  const problems = [...aliasProblems(steps, path), ...steps.flatMap((step, index) => ofStep(deps, step, `${path}[${index}]`))];
  const fields = new Set(problems.map(({ field }) => field));
  const hopeless = (deps.checkSteps?.(steps) ?? []).filter(({ severity }) => severity === 'error');
  return [...problems, ...hopeless.map((problem) => fieldErrorOf(problem, path)).filter(({ field }) => !fields.has(field))];
}

/** What is odd about the steps of a Stage or task, but may be meant so. */
export function stepWarnings({ checkSteps }: StepDeps, steps: readonly PromotionStep[], path: string): string[] {
  const odd = (checkSteps?.(steps) ?? []).filter(({ severity }) => severity === 'warning');
  return odd.map((problem) => `${path}${problem.path}: ${detailOf(problem)}`);
}

function fieldErrorOf(problem: StepProblem, path: string): FieldError {
  const field = `${path}${problem.path}`;
  switch (problem.kind) {
    case 'required':
      return required(field, problem.message);
    case 'unknown':
    case 'invalid':
      return invalidValue(field, problem.value, detailOf(problem));
  }
}

function detailOf({ kind, message, name, known = [] }: StepProblem): string {
  if (kind !== 'unknown' || name === undefined) return message;
  const names = known.length > 0 && known.length <= MAX_NAMES ? `; there are: ${[...known].toSorted().join(', ')}` : '';
  return `${message}${suggestion(name, known)}${names}`;
}

/** More names than this are no help to anybody. */
const MAX_NAMES = 25;

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
