import type { Json, PromotionStep } from '@kargo/api';
import { check, checkTemplate, hasTemplate, type ExprError, type HostFunction } from '@kargo/expr';
import type { StepRegistry } from '../engine/plan.ts';
import { stepRegistry } from '../steps/registry.ts';
import { knownFunctions, type KnownFunctions } from './known-functions.ts';
import { hasExpression, isDefinite, valueAt } from './literal.ts';
import { ConfigValidator } from './validate.ts';

/** Something that is wrong with a step before it has run. */
export interface StepProblem {
  /** Within the list of steps, e.g. `[2].config.apps[0].name`. */
  path: string;
  /** `error`: the step can never succeed. `warning`: it may be meant so. */
  severity: 'error' | 'warning';
  /** What is wrong with the value. */
  kind: 'required' | 'unknown' | 'invalid';
  message: string;
  /** What was found; absent if nothing was. */
  value?: Json | undefined;
  /** The name that is not known. */
  name?: string | undefined;
  /** Names that are allowed in its place. */
  known?: readonly string[] | undefined;
}

/** Variables that expressions of steps see. */
const VARIABLES = ['ctx', 'vars', 'outputs', 'task', 'stepMetas', 'target', 'inputs'];

/**
 * Checks the steps of a template or task as far as that is possible without a promotion: configurations whose literal parts can never
 * fit the schema, and calls of functions that do not exist or do not take such arguments. Steps that are not registered and references
 * to tasks are passed over. Expressions that cannot be parsed are reported too.
 */
export function checkSteps(
  steps: readonly PromotionStep[],
  registry: StepRegistry = stepRegistry(),
  validator: ConfigValidator = new ConfigValidator(),
): StepProblem[] {
  const functions = knownFunctions();
  return steps.flatMap((step, index) => [
    ...schemaProblems(step, `[${index}].config`, registry, validator),
    ...expressionProblems(step, `[${index}]`, functions),
  ]);
}

function schemaProblems(step: PromotionStep, path: string, registry: StepRegistry, validator: ConfigValidator): StepProblem[] {
  const registered = registry.get(step.uses ?? '');
  if (registered === undefined) return [];
  const config = (step.config ?? {}) as Json;
  return validator
    .violations(registered.configSchema, config)
    .filter((violation) => isDefinite(violation, config))
    .map((violation): StepProblem => {
      const place = `${path}${fieldPath(config, violation.path)}`;
      const { key, allowed = [] } = violation;
      if (violation.keyword === 'required')
        return { path: `${place}.${key}`, severity: 'error', kind: 'required', message: `${registered.name} needs it` };
      const value = valueAt(config, key === undefined ? violation.path : [...violation.path, key]);
      if (key !== undefined)
        return {
          path: `${place}.${key}`,
          severity: 'error',
          kind: 'unknown',
          message: 'there is no such field',
          value,
          name: key,
          known: allowed,
        };
      // The same text twice need not be the same value twice where others fill it in.
      const severity = violation.keyword === 'uniqueItems' && hasExpression(value) ? 'warning' : 'error';
      return {
        path: place,
        severity,
        kind: 'invalid',
        message: `${violation.reason}${hint(violation.keyword, violation.reason, value)}`,
        value,
      };
    });
}

function hint(keyword: string, reason: string, value: Json | undefined): string {
  const quoted =
    keyword === 'type' && reason.includes('Expected: string') && (typeof value === 'number' || typeof value === 'boolean');
  return quoted ? `; put it in quotes` : '';
}

function expressionProblems(step: PromotionStep, path: string, functions: KnownFunctions): StepProblem[] {
  const out = [...templateProblems(step.if, `${path}.if`, functions.step)];
  for (const [index, { value }] of (step.vars ?? []).entries())
    out.push(...templateProblems(value, `${path}.vars[${index}].value`, functions.variable));
  visit(step.config as Json | undefined, `${path}.config`, (text, place, key) => {
    out.push(
      // Fields of this name hold bare expressions.
      ...(key.endsWith('Expression') && !hasTemplate(text)
        ? bareProblems(text, place, key)
        : templateProblems(text, place, functions.step)),
    );
  });
  return out;
}

function visit(value: Json | undefined, path: string, found: (text: string, path: string, key: string) => void, key = ''): void {
  if (typeof value === 'string') found(value, path, key);
  else if (Array.isArray(value)) value.forEach((item, index) => visit(item, `${path}[${index}]`, found, key));
  else if (typeof value === 'object' && value !== null)
    for (const [name, item] of Object.entries(value)) visit(item, `${path}${keyPath(name)}`, found, name);
}

function templateProblems(
  text: string | undefined,
  path: string,
  functions: Readonly<Record<string, HostFunction>>,
): StepProblem[] {
  if (text === undefined || !hasTemplate(text)) return [];
  const errors = checkTemplate(text, { functions }).map((error) => expressionProblem(error, path, text, Object.keys(functions)));
  if (errors.length > 0) return errors;
  return checkTemplate(text, { functions, variables: VARIABLES }).map((error) => ({
    ...expressionProblem(error, path, text, VARIABLES),
    severity: 'warning',
  }));
}

function bareProblems(text: string, path: string, key: string): StepProblem[] {
  if (text.trim() === '') return [];
  return check(text, { now: () => 0 }).map((error) => ({
    ...expressionProblem(error, path, text, []),
    // What explains a failure is only read when there is one.
    ...(key === 'errorExpression' ? { severity: 'warning' as const } : {}),
  }));
}

function expressionProblem(error: ExprError, path: string, text: string, known: readonly string[]): StepProblem {
  const name = /^unknown (?:function|name) (\w+)/.exec(error.reason)?.[1];
  const base = { path, severity: 'error', message: error.message, value: text } as const;
  return name === undefined ? { ...base, kind: 'invalid' } : { ...base, kind: 'unknown', name, known };
}

/** A path as Kubernetes writes it: `.apps[0].name`. */
function fieldPath(config: Json, path: readonly string[]): string {
  let out = '';
  for (const [index, part] of path.entries())
    out += Array.isArray(valueAt(config, path.slice(0, index))) ? `[${part}]` : keyPath(part);
  return out;
}

function keyPath(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
