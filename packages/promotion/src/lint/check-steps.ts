import type { Json, PromotionStep, Variable } from '@kargo/api';
import { hasTemplate, type HostFunction } from '@kargo/expr';
import { ConfigValidator } from '../config/validate.ts';
import { planSteps, type StepRegistry } from '../engine/plan.ts';
import { checkExpressions, outputSchema, type ExpressionScope, type Found } from './check-expressions.ts';
import { expressionFindings, schemaFindings } from './check-config.ts';
import { typeOfTemplate } from './expression-types.ts';
import type { StepFinding } from './finding.ts';
import { stepFunctions, variableFunctions } from './known-functions.ts';
import { unknownName } from './suggestion.ts';

type Path = readonly (string | number)[];

/** Steps to be checked, and what stands around them. */
export interface Process {
  /** `stage`: the steps of a Stage or Promotion; `task`: those of a task. */
  kind: 'stage' | 'task';
  steps: readonly PromotionStep[];
  /** Variables of the process itself, which stand beside its steps. */
  vars?: readonly Variable[] | undefined;
  /** Names of further variables that are there, such as those of the Stage. */
  knownVars?: readonly string[] | undefined;
}

/** Finds what is wrong with the steps of processes without running them: for `kargo lint`, and for servers before they store anything. */
export class StepChecker {
  readonly #registry: StepRegistry;
  readonly #validator: ConfigValidator;
  readonly #ofVariables: Readonly<Record<string, HostFunction>> = variableFunctions();
  readonly #ofSteps: Readonly<Record<string, HostFunction>> = stepFunctions();

  /** `validator` shares what was compiled. */
  constructor(registry: StepRegistry, validator: ConfigValidator = new ConfigValidator()) {
    this.#registry = registry;
    this.#validator = validator;
  }

  /** All findings, in the order of the process. Paths begin with `steps` or `vars`. */
  check({ kind, steps, vars = [], knownVars = [] }: Process): StepFinding[] {
    const out = this.variables(vars, { level: 'promotion', known: knownVars });
    const shared = new Set([...knownVars, ...vars.map(({ name }) => name)]);
    const ended = { by: undefined as string | undefined };
    const plans = planSteps(steps, this.#registry);
    steps.forEach((step, index) => {
      const path: Path = ['steps', index];
      const own = step.vars ?? [];
      const scope: ExpressionScope = {
        registry: this.#registry,
        functions: this.#ofSteps,
        level: kind === 'task' ? 'task' : 'step',
        vars: new Set([...shared, ...own.map(({ name }) => name)]),
        before: steps.slice(0, index + 1),
        after: steps.slice(index + 1),
      };
      if (ended.by !== undefined && (step.if ?? '') === '')
        out.push({
          code: 'never-runs',
          severity: 'warning',
          certain: false,
          path,
          message: `this step never runs: step "${ended.by}" before it always fails`,
          suggestion: 'give it a condition such as ${{ always() }}, or the failing step continueOnError: true',
        });
      out.push(...variableFindings(own, shared, { ...scope, functions: this.#ofVariables }, [...path, 'vars']));
      out.push(...condition(step.if, scope, [...path, 'if']));
      if (step.task === undefined) out.push(...this.#kind(step, path));
      const registered = this.#registry.get(step.uses ?? '');
      out.push(...within([...path, 'config'], expressionFindings(step.config as Json | undefined, registered, scope)));
      const { problem, alias } = plans[index]!;
      if (problem !== undefined && step.task === undefined && this.#registry.has(step.uses ?? ''))
        out.push({
          code: 'invalid-timeout',
          severity: 'error',
          certain: true,
          path: [...path, 'retry', 'timeout'],
          message: problem,
          value: step.retry?.timeout,
        });
      if (step.uses === 'fail' && (step.if ?? '') === '' && step.continueOnError !== true) ended.by ??= alias;
    });
    return out;
  }

  /** Findings in variables that see those before them; paths begin with `vars`. */
  variables(
    vars: readonly Variable[],
    { level, known }: { level: 'promotion' | 'verification'; known: readonly string[] },
  ): StepFinding[] {
    const scope = { registry: this.#registry, functions: this.#ofVariables, level, before: [], after: [] };
    return variableFindings(vars, known, scope, ['vars']);
  }

  #kind(step: PromotionStep, path: Path): StepFinding[] {
    const { uses } = step;
    if (uses === undefined) return [];
    if (this.#registry.has(uses)) return within([...path, 'config'], schemaFindings(step, this.#registry, this.#validator));
    return [
      {
        code: 'unknown-step',
        severity: 'error',
        certain: true,
        path: [...path, 'uses'],
        message: `there is no step "${uses}"`,
        value: uses,
        ...unknownName(uses, this.#registry.keys()),
      },
    ];
  }
}

/** Findings in variables, each of which sees `known` and those before it. */
function variableFindings(
  vars: readonly Variable[],
  known: Iterable<string>,
  scope: Omit<ExpressionScope, 'vars'>,
  path: Path,
): StepFinding[] {
  const seen = new Set(known);
  return vars.flatMap(({ name, value = '' }, index) => {
    const found = located([...path, index, 'value'], checkExpressions(value, { ...scope, vars: seen }));
    seen.add(name);
    return found;
  });
}

function condition(text: string | undefined, scope: ExpressionScope, path: Path): StepFinding[] {
  if (text === undefined || text === '') return [];
  const wrong = { code: 'invalid-condition', severity: 'error', certain: true, path, value: text } as const;
  if (!hasTemplate(text))
    return [
      {
        ...wrong,
        message: `the condition ${JSON.stringify(text)} is a text, and must be a boolean`,
        suggestion: `write \${{ ${text.trim()} }}`,
      },
    ];
  const found = located(path, checkExpressions(text, scope));
  if (found.length > 0) return found;
  const type = typeOfTemplate(text, { functions: scope.functions }, (names) => outputSchema(names, scope));
  if (type === undefined || type === 'boolean') return [];
  return [{ ...wrong, message: `the condition is of type ${type}, and must be a boolean` }];
}

function located(path: Path, found: readonly Found[]): StepFinding[] {
  return found.map((finding) => ({ ...finding, path }));
}

function within(path: Path, found: readonly StepFinding[]): StepFinding[] {
  return found.map((finding) => ({ ...finding, path: [...path, ...finding.path] }));
}
