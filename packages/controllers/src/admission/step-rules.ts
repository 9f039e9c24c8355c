import { type FieldError, type Json, type PromotionStep, RESERVED_ALIAS_PATTERN, type Variable } from '@kargo/api';
import { fieldPath, type Process, type StepFinding } from '@kargo/promotion';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from './field-errors.ts';
import { templateProblem } from './expression-problems.ts';
import { suggestion } from './suggestion.ts';
import type { AdmissionDeps } from './deps.ts';

type StepDeps = Pick<AdmissionDeps, 'steps' | 'checker'>;

const RESERVED_ALIAS = new RegExp(RESERVED_ALIAS_PATTERN);

/**
 * Problems of the steps of a Stage or task, and of its variables: aliases, names of steps, references to tasks, expressions, configurations. `path`
 * leads to what holds `steps` and `vars`.
 */
export function stepProblems(deps: StepDeps, process: Process, path: string): FieldError[] {
  const at = `${path}.steps`;
  const problems = [
    ...aliasProblems(process.steps, at),
    ...process.steps.flatMap((step, index) => ofStep(deps, step, `${at}[${index}]`)),
    ...variableProblems(process.vars, `${path}.vars`),
  ];
  return withFindings(problems, deps.checker?.check(process) ?? [], path);
}

/** What is odd about the steps of a Stage or task, but may be meant so. */
export function stepWarnings({ checker }: StepDeps, process: Process, path: string): string[] {
  const odd = (checker?.check(process) ?? []).filter(({ certain }) => !certain);
  return odd.map((finding) => `${fieldOf(finding, path)}: ${detailOf(finding)}`);
}

/** Problems of variables that see those before them, and `known`. `path` leads to the list. */
export function variableListProblems(
  { checker }: StepDeps,
  vars: readonly Variable[] | undefined,
  { path, ...scope }: { path: string; level: 'promotion' | 'verification'; known: readonly string[] },
): FieldError[] {
  const findings = (checker?.variables(vars ?? [], scope) ?? []).map((finding) => ({ ...finding, path: finding.path.slice(1) }));
  return withFindings(variableProblems(vars, path), findings, path);
}

/** Together with what is certain of the findings, unless something was said about the same place already. */
function withFindings(problems: FieldError[], findings: readonly StepFinding[], path: string): FieldError[] {
  const fields = new Set(problems.map(({ field }) => field));
  const hopeless = findings.filter(({ certain }) => certain).map((finding) => fieldErrorOf(finding, path));
  return [...problems, ...hopeless.filter(({ field }) => !fields.has(field))];
}

function fieldErrorOf(finding: StepFinding, path: string): FieldError {
  const field = fieldOf(finding, path);
  return finding.missing === true ? required(field, finding.message) : invalidValue(field, finding.value, detailOf(finding));
}

function fieldOf(finding: StepFinding, path: string): string {
  const inner = fieldPath(finding.path);
  return inner.startsWith('[') ? `${path}${inner}` : `${path}.${inner}`;
}

function detailOf({ message, suggestion: told, unknown }: StepFinding): string {
  if (unknown === undefined) return told === undefined ? message : `${message}; ${told}`;
  const { name, known } = unknown;
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
function variableProblems(vars: readonly Variable[] | undefined, path: string): FieldError[] {
  return (vars ?? []).flatMap(({ value }, index) => templateProblems(value, `${path}[${index}].value`));
}

/** Problems of the expressions in every text within `value`. */
function templateProblems(value: Json | undefined, path: string): FieldError[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') {
    const why = templateProblem(value);
    return why === undefined ? [] : [invalidValue(path, value, why)];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => templateProblems(item, `${path}[${index}]`));
  if (typeof value === 'object') return Object.entries(value).flatMap(([key, item]) => templateProblems(item, `${path}.${key}`));
  return [];
}
