import type { PromotionStep } from '@kargo/api';
import { checkTemplate, templateReferences, type HostFunction, type Reference } from '@kargo/expr';
import { aliasOf } from '../engine/plan.ts';
import type { StepFinding } from './finding.ts';
import { knownOutputs } from './known-outputs.ts';
import { didYouMean } from './nearest.ts';

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
  functions: Readonly<Record<string, HostFunction>>;
  level: 'promotion' | 'step' | 'task' | 'verification';
  /** Names of variables. */
  vars: ReadonlySet<string>;
  /** Steps whose outputs may be used: those before, and the step itself. */
  before: readonly PromotionStep[];
  /** Steps that come later. */
  after: readonly PromotionStep[];
}

type Found = Omit<StepFinding, 'path'>;

/** Problems of the expressions in a text. */
export function checkExpressions(text: string, scope: ExpressionScope): Found[] {
  const errors = checkTemplate(text, { functions: scope.functions, variables: rootsOf(scope) });
  if (errors.length > 0) {
    return errors.map((error) => ({
      code: 'invalid-expression',
      severity: 'error',
      ...(error.position === undefined ? {} : { offset: error.position.offset }),
      message: error.reason,
      ...suggestionFor(error.reason, scope),
    }));
  }
  // Where a missing value has been thought of, it may be missing.
  const severity = /\?\?|\?\./.test(text) ? 'warning' : 'error';
  return templateReferences(text).flatMap((reference) =>
    problemsOf(reference, scope).map((found) => ({ ...found, severity, offset: reference.offset })),
  );
}

function rootsOf({ level }: ExpressionScope): string[] {
  if (level === 'promotion' || level === 'verification') return ['ctx', 'vars'];
  return ['ctx', 'vars', 'outputs', 'stepMetas', ...(level === 'task' ? ['task'] : [])];
}

function suggestionFor(reason: string, scope: ExpressionScope): { suggestion?: string } {
  const [, name] = /^unknown (?:name|function) (\w+)/.exec(reason) ?? [];
  if (name === undefined) return {};
  if (name === 'task') return { suggestion: 'use `task` in the steps of a PromotionTask only; elsewhere use `outputs`' };
  return didYouMean(name, [...rootsOf(scope), ...Object.keys(scope.functions)]);
}

function problemsOf(reference: Reference, scope: ExpressionScope): Omit<Found, 'severity' | 'offset'>[] {
  const [root, ...path] = reference.path;
  switch (root) {
    case 'ctx':
      return contextProblems(path, scope);
    case 'vars': {
      const [name] = path;
      if (name === undefined || scope.vars.has(name)) return [];
      return [{ code: 'unknown-variable', message: `there is no variable "${name}"`, ...didYouMean(name, scope.vars) }];
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

function contextProblems(path: readonly string[], { level }: ExpressionScope): Omit<Found, 'severity' | 'offset'>[] {
  let members: Members | true | undefined =
    level === 'verification' ? { project: true, stage: true } : level === 'promotion' ? PROMOTION_CTX : STEP_CTX;
  let known = 'ctx';
  for (const name of path) {
    if (members === true || members === undefined) return [];
    const next: Members | true | undefined = Object.hasOwn(members, name) ? members[name] : undefined;
    if (next === undefined)
      return [{ code: 'unknown-variable', message: `${known} has no "${name}"`, ...didYouMean(name, Object.keys(members)) }];
    members = next;
    known += `.${name}`;
  }
  return [];
}

function outputProblems(path: readonly string[], { before, after }: ExpressionScope): Omit<Found, 'severity' | 'offset'>[] {
  const [alias, field] = path;
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
    const [task, ...rest] = alias.split('::');
    if (rest.length > 0 && before.some((one, index) => one.task !== undefined && aliasIn(one, index) === task)) return [];
    const aliases = before.map(aliasIn);
    return [{ code: 'unknown-output', message: `there is no step "${alias}" before this one`, ...didYouMean(alias, aliases) }];
  }
  const outputs = step.task === undefined ? knownOutputs(step) : undefined;
  if (field === undefined || outputs === undefined || outputs.includes(field)) return [];
  return [
    {
      code: 'unknown-output',
      message: `step "${alias}" (${step.uses ?? ''}) has no output "${field}"${outputs.length === 0 ? ': it has none at all' : ''}`,
      ...didYouMean(field, outputs),
    },
  ];
}

function aliasIn(step: PromotionStep, index: number): string {
  if (step.task !== undefined && (step.as ?? '') === '') return `task-${index + 1}`;
  return aliasOf(step, index);
}
