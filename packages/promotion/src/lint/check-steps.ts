import type { Json, PromotionStep, Variable } from '@kargo/api';
import { hasTemplate, type HostFunction } from '@kargo/expr';
import { ConfigValidator } from '../config/validate.ts';
import { planSteps, type StepRegistry } from '../engine/plan.ts';
import { checkExpressions, type ExpressionScope } from './check-expressions.ts';
import type { StepFinding } from './finding.ts';
import { stepFunctions, variableFunctions } from './known-functions.ts';
import { didYouMean } from './nearest.ts';

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

/** Finds what is wrong with the steps of processes without running them. */
export class StepChecker {
  readonly #registry: StepRegistry;
  readonly #validator = new ConfigValidator();
  readonly #ofVariables: Readonly<Record<string, HostFunction>> = variableFunctions();
  readonly #ofSteps: Readonly<Record<string, HostFunction>> = stepFunctions();

  constructor(registry: StepRegistry) {
    this.#registry = registry;
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
          path,
          message: `this step never runs: step "${ended.by}" before it always fails`,
          suggestion: 'give it a condition such as ${{ always() }}, or the failing step continueOnError: true',
        });
      out.push(...this.#variablesOfStep(own, shared, scope, [...path, 'vars']));
      out.push(...condition(step.if, scope, [...path, 'if']));
      if (step.task === undefined) out.push(...this.#kind(step, path));
      out.push(...textsOf(step.config, [...path, 'config']).flatMap(([at, text]) => located(at, checkExpressions(text, scope))));
      const { problem, alias } = plans[index]!;
      if (problem !== undefined && step.task === undefined && this.#registry.has(step.uses ?? ''))
        out.push({ code: 'invalid-timeout', severity: 'error', path: [...path, 'retry', 'timeout'], message: problem });
      if (step.uses === 'fail' && (step.if ?? '') === '' && step.continueOnError !== true) ended.by ??= alias;
    });
    return out;
  }

  /** Findings in variables that see those before them; paths begin with `vars`. */
  variables(
    vars: readonly Variable[],
    { level, known }: { level: 'promotion' | 'verification'; known: readonly string[] },
  ): StepFinding[] {
    return vars.flatMap(({ value = '' }, index) => {
      const names = new Set([...known, ...vars.slice(0, index).map(({ name }) => name)]);
      const scope: ExpressionScope = { functions: this.#ofVariables, level, vars: names, before: [], after: [] };
      return located(['vars', index, 'value'], checkExpressions(value, scope));
    });
  }

  #variablesOfStep(own: readonly Variable[], shared: ReadonlySet<string>, scope: ExpressionScope, path: Path): StepFinding[] {
    return own.flatMap(({ value = '' }, index) => {
      const vars = new Set([...shared, ...own.slice(0, index).map(({ name }) => name)]);
      return located([...path, index, 'value'], checkExpressions(value, { ...scope, functions: this.#ofVariables, vars }));
    });
  }

  #kind({ uses, config }: PromotionStep, path: Path): StepFinding[] {
    if (uses === undefined) return [];
    const step = this.#registry.get(uses);
    if (step === undefined)
      return [
        {
          code: 'unknown-step',
          severity: 'error',
          path: [...path, 'uses'],
          message: `there is no step "${uses}"`,
          ...didYouMean(uses, this.#registry.keys()),
        },
      ];
    const value = config ?? {};
    return this.#validator.problems(step.configSchema, value).flatMap((problem): StepFinding[] => {
      const [, place = '', reason = problem] = /^(\S+): (.*)$/s.exec(problem) ?? [];
      const at: Path = place === '(root)' ? [] : place.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
      if (isOpen(value, at, reason)) return [];
      const [, unknown, allowed = ''] = /^Additional property (.+?) is not allowed(?:; allowed are (.*))?$/.exec(reason) ?? [];
      const target = unknown === undefined ? at : [...at, unknown];
      const where = [...path, 'config', ...target];
      const severity = 'error';
      if (unknown === undefined) return [{ code: 'invalid-config', severity, path: where, message: `${uses}: ${reason}` }];
      return [
        {
          code: 'invalid-config',
          severity,
          path: where,
          message: `${uses} knows no "${unknown}" here`,
          ...(allowed === '' ? {} : { suggestion: `allowed are ${allowed}` }),
          ...didYouMean(unknown, allowed.split(', ')),
        },
      ];
    });
  }
}

/** Whether only evaluation tells if a problem is one: it is about a value, or a choice between values, that expressions make. */
function isOpen(config: Json, path: Path, reason: string): boolean {
  let value: Json | undefined = config;
  for (const key of path) {
    if (typeof value === 'string') return true;
    value = typeof value === 'object' && value !== null ? (value as Record<string | number, Json>)[key] : undefined;
  }
  if (/^Additional property |is required$/.test(reason)) return false;
  return hasExpression(value);
}

function hasExpression(value: Json | undefined): boolean {
  if (typeof value === 'string') return hasTemplate(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasExpression);
}

function condition(text: string | undefined, scope: ExpressionScope, path: Path): StepFinding[] {
  if (text === undefined || text === '') return [];
  if (!hasTemplate(text))
    return [
      {
        code: 'invalid-condition',
        severity: 'error',
        path,
        message: `the condition ${JSON.stringify(text)} is a text, and must be a boolean`,
        suggestion: `write \${{ ${text.trim()} }}`,
      },
    ];
  return located(path, checkExpressions(text, scope));
}

function located(path: Path, found: readonly Omit<StepFinding, 'path'>[]): StepFinding[] {
  return found.map((finding) => ({ ...finding, path }));
}

function textsOf(value: Json | undefined, path: Path): [Path, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsOf(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => textsOf(item, [...path, key]));
}
