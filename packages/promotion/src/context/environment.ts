/** The variables of a step's expressions. */
import { expressionActor, type Json, type StepExecutionMetadata, type Variable } from '@kargo/api';
import type { StringMap, Value } from '@kargo/expr';
import { namespaceOf, shortAlias } from './alias.ts';
import { expressionErrorText } from './expression-error.ts';
import type { StepScope } from './scope.ts';
import { isSuspension } from './suspend.ts';

/** Evaluates a template with these variables. Promotion variables see fewer of them than variables of a step. */
export type Render = (template: string, variables: StringMap, level: 'promotion' | 'step') => Value;

/**
 * `ctx`, `vars`, `outputs`, `task` and `stepMetas`. A variable is evaluated when something first asks for it: one that cannot be
 * evaluated fails those that use it, and nobody else.
 */
export function environmentOf(scope: StepScope, render: Render): StringMap {
  const { plans, index } = scope;
  const alias = plans[index]?.alias ?? '';
  const ctx = contextOf(scope);
  const outputs = outputsOf(scope);
  const task = namespaceOf(alias);
  const inherited: StringMap = {
    ctx: { ...ctx, meta: { ...(ctx['meta'] as StringMap), step: { alias } } },
    outputs,
    ...(task === undefined ? {} : { task: { outputs: taskOutputs(outputs, task) } }),
    stepMetas: stepMetas(scope.status.stepExecutionMetadata ?? []),
  };
  const promotionVars = lazyVariables(
    scope.vars,
    {},
    (template, vars) => render(template, { ctx, vars }, 'promotion'),
    'promotion',
  );
  const vars = lazyVariables(
    scope.step.vars ?? [],
    promotionVars,
    (template, known) => render(template, { ...inherited, vars: known }, 'step'),
    'step',
  );
  // Earlier releases called the variables of a task its inputs.
  return { ...inherited, vars, ...(task === undefined ? {} : { inputs: vars }) };
}

function contextOf({ project, stage, promotion, actor, rollback, uiBaseURL, targetFreight }: StepScope): StringMap {
  return {
    project,
    stage,
    promotion,
    uiBaseUrl: uiBaseURL,
    targetFreight: { name: targetFreight.name, alias: targetFreight.alias, origin: { name: targetFreight.origin } },
    meta: { promotion: { actor: expressionActor(actor), rollback } },
  };
}

/** Outputs by alias; a step that ran without an output has an empty one, however its status was stored. */
function outputsOf({ status }: StepScope): StringMap {
  const ran = (status.stepExecutionMetadata ?? []).filter(
    ({ startedAt, status: was }) => startedAt !== undefined && was !== 'Running',
  );
  const none = ran.map(({ alias = '' }): [string, Value] => [alias, {}]);
  const some = Object.entries((status.state ?? {}) as Record<string, Json>).map(([alias, output]): [string, Value] => [
    alias,
    output ?? {},
  ]);
  return Object.fromEntries([...none, ...some]);
}

function taskOutputs(outputs: StringMap, task: string): StringMap {
  const own = Object.entries(outputs).filter(([alias]) => namespaceOf(alias) === task);
  return Object.fromEntries(own.map(([alias, output]) => [shortAlias(alias), output]));
}

function stepMetas(entries: readonly StepExecutionMetadata[]): StringMap {
  return Object.fromEntries(
    entries.map((entry) => [
      entry.alias ?? '',
      {
        Alias: entry.alias ?? '',
        StartedAt: entry.startedAt ?? null,
        FinishedAt: entry.finishedAt ?? null,
        ErrorCount: BigInt(entry.errorCount ?? 0),
        Status: entry.status ?? '',
        Message: entry.message ?? '',
        ContinueOnError: entry.continueOnError ?? false,
      },
    ]),
  );
}

/** Each variable sees those before it; a later one of the same name takes the place of an earlier one. */
export function lazyVariables(
  variables: readonly Variable[],
  inherited: StringMap,
  evaluate: (template: string, vars: StringMap) => Value,
  level: 'promotion' | 'step' | 'stage',
): StringMap {
  let known = inherited;
  for (const { name, value = '' } of variables) {
    const before = known;
    known = withGetter(
      before,
      name,
      once(() => {
        try {
          return evaluate(value, before);
        } catch (error) {
          if (isSuspension(error)) throw error;
          throw new Error(`error pre-processing ${level} variable "${name}": ${expressionErrorText(error)}`, {
            cause: error,
          });
        }
      }),
    );
  }
  return known;
}

function withGetter(map: StringMap, name: string, get: () => Value): StringMap {
  return Object.defineProperties(
    {},
    {
      ...Object.getOwnPropertyDescriptors(map),
      [name]: { enumerable: true, configurable: true, get },
    },
  ) as StringMap;
}

function once(read: () => Value): () => Value {
  let result: { value: Value } | undefined;
  return () => (result ??= { value: read() }).value;
}
