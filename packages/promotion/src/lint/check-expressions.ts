import type { PromotionStep } from '@kargo/api';
import { checkTemplate, templateReferences, type ExprError, type HostFunction, type Reference } from '@kargo/expr';
import { aliasOf, type StepRegistry } from '../engine/plan.ts';
import type { ConfigSchema } from '../step.ts';
import type { StepFinding } from './finding.ts';
import { unknownName } from './suggestion.ts';
import { memberOf, outputsOf } from './outputs.ts';

/** The members of `ctx`. */
interface Members {
  readonly [name: string]: Members | true;
}

const PROMOTION_CTX: Members = {
  project: true,
  stage: true,
  promotion: true,
  uiBaseUrl: true,
  targetFreight: { name: true, alias: true, origin: { name: true } },
  meta: { promotion: { actor: true, rollback: true } },
};

const STEP_CTX: Members = { ...PROMOTION_CTX, meta: { ...(PROMOTION_CTX['meta'] as Members), step: { alias: true } } };

/** What the expressions of one text may use. */
export interface ExpressionScope {
  registry: StepRegistry;
  functions: Readonly<Record<string, HostFunction>>;
  level: 'promotion' | 'step' | 'task' | 'verification';
  /** Names of variables. */
  vars: ReadonlySet<string>;
  /** Steps whose outputs may be used: those before, and the step itself. */
  before: readonly PromotionStep[];
  /** Steps that come later. */
  after: readonly PromotionStep[];
}

export type Found = Omit<StepFinding, 'path'>;

/** Problems of the expressions in a text. */
export function checkExpressions(text: string, scope: ExpressionScope): Found[] {
  const known = [...rootsOf(scope), ...Object.keys(scope.functions)];
  const errors = checkTemplate(text, { functions: scope.functions });
  if (errors.length > 0) return errors.map((error) => expressionFinding(error, { text, known, certain: true }));
  // A name that is not known is nil, which may be meant.
  const names = checkTemplate(text, { functions: scope.functions, variables: rootsOf(scope) });
  if (names.length > 0) return names.map((error) => expressionFinding(error, { text, known, certain: false }));
  // Where a missing value has been thought of, it may be missing.
  const severity = /\?\?|\?\./.test(text) || scope.level === 'task' ? 'warning' : 'error';
  return templateReferences(text).flatMap((reference) =>
    problemsOf(reference, scope).map((found): Found => ({
      ...found,
      severity: scope.level === 'task' && reference.path[0] !== 'vars' ? 'error' : severity,
      certain: false,
      value: text,
      offset: reference.offset,
    })),
  );
}

/** An error of an expression as a finding. */
export function expressionFinding(
  error: ExprError,
  { text, known, certain }: { text: string; known: readonly string[]; certain: boolean },
): Found {
  const [, name] = /^unknown (?:name|function) (\w+)/.exec(error.reason) ?? [];
  return {
    code: 'invalid-expression',
    severity: 'error',
    certain,
    value: text,
    message: error.reason,
    ...(error.position === undefined ? {} : { offset: error.position.offset }),
    ...(name === undefined ? {} : unknownName(name, known)),
    ...(name === 'task' ? { suggestion: 'use `task` in the steps of a PromotionTask only; elsewhere use `outputs`' } : {}),
  };
}

function rootsOf({ level }: ExpressionScope): string[] {
  if (level === 'promotion') return ['ctx', 'vars', 'target'];
  if (level === 'verification') return ['ctx', 'vars'];
  return ['ctx', 'vars', 'outputs', 'stepMetas', 'target', ...(level === 'task' ? ['task', 'inputs'] : [])];
}

type Problem = Omit<Found, 'severity' | 'certain' | 'offset' | 'value'>;

function problemsOf(reference: Reference, scope: ExpressionScope): Problem[] {
  const [root, ...path] = reference.path;
  switch (root) {
    case 'ctx':
      return contextProblems(path, scope);
    case 'vars':
    case 'inputs': {
      const [name] = path;
      if (name === undefined || scope.vars.has(name)) return [];
      const where = scope.level === 'task' ? 'the task declares no variable' : 'there is no variable';
      return [
        {
          code: 'unknown-variable',
          message: `${where} "${name}"`,
          ...unknownName(name, scope.vars),
        },
      ];
    }
    case 'outputs':
      // Which steps stand around a task is known only where it is used.
      return scope.level === 'task' ? [] : outputProblems(path, scope);
    case 'task':
      return path[0] === 'outputs' ? outputProblems(path.slice(1), scope) : [];
    default:
      return [];
  }
}

function contextProblems(path: readonly string[], { level }: ExpressionScope): Problem[] {
  let members: Members | true | undefined =
    level === 'verification' ? { project: true, stage: true } : level === 'promotion' ? PROMOTION_CTX : STEP_CTX;
  let known = 'ctx';
  for (const name of path) {
    if (members === true || members === undefined) return [];
    const next: Members | true | undefined = Object.hasOwn(members, name) ? members[name] : undefined;
    if (next === undefined) {
      const names = Object.keys(members);
      return [
        {
          code: 'unknown-variable',
          message: `${known} has no "${name}"`,
          ...unknownName(name, names),
        },
      ];
    }
    members = next;
    known += `.${name}`;
  }
  return [];
}

function outputProblems(path: readonly string[], { before, after, registry }: ExpressionScope): Problem[] {
  const [alias, field, ...rest] = path;
  if (alias === undefined) return [];
  const step = before.find((one, index) => aliasIn(one, index) === alias);
  if (step === undefined) {
    const later = after.some((one, index) => aliasIn(one, before.length + index) === alias);
    if (later)
      return [
        {
          code: 'unknown-output',
          message: `step "${alias}" comes later: its output is not there yet`,
          suggestion: `move step "${alias}" up`,
        },
      ];
    // Steps of tasks are named after the reference to the task.
    const [task, ...names] = alias.split('::');
    if (names.length > 0 && before.some((one, index) => one.task !== undefined && aliasIn(one, index) === task)) return [];
    const known = before.map(aliasIn);
    const message = `there is no step "${alias}" before this one`;
    return [{ code: 'unknown-output', message, ...unknownName(alias, known) }];
  }
  const outputs = outputsOf(step, registry);
  if (field === undefined || outputs === undefined) return [];
  const who = `step "${alias}" (${step.uses ?? ''})`;
  if (!Object.hasOwn(outputs, field)) {
    const known = Object.keys(outputs);
    const message = `${who} has no output "${field}"${known.length === 0 ? ': it has none at all' : ''}`;
    return [{ code: 'unknown-output', message, ...unknownName(field, known) }];
  }
  const member = memberOf(outputs[field] ?? {}, rest);
  if (typeof member !== 'object' || !('unknown' in member)) return [];
  const { unknown: name, known } = member;
  const message = `output "${field}" of ${who} has no "${name}"`;
  return [{ code: 'unknown-output', message, ...unknownName(name, known) }];
}

/** What is known of the output that a reference leads to. */
export function outputSchema([root, alias, field, ...rest]: readonly string[], scope: ExpressionScope): ConfigSchema | undefined {
  if (root !== 'outputs' || field === undefined) return undefined;
  const step = scope.before.find((one, index) => aliasIn(one, index) === alias);
  const schema = step === undefined ? undefined : outputsOf(step, scope.registry)?.[field];
  const member = schema === undefined ? undefined : memberOf(schema, rest);
  return typeof member === 'object' && !('unknown' in member) ? member : undefined;
}

function aliasIn(step: PromotionStep, index: number): string {
  if (step.task !== undefined && (step.as ?? '') === '') return `task-${index + 1}`;
  return aliasOf(step, index);
}
