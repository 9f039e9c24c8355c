import type { Json } from '@kargo/api';
import {
  compile,
  ExprError,
  fromJson,
  hasTemplate,
  renderConfig,
  renderTemplate,
  type HostFunction,
  type StringMap,
  type Value,
} from '@kargo/expr';
import type { Reader } from '@kargo/kube';
import { requestedWarehouses } from '../freight/warehouses.ts';
import { artifactFunctions } from './artifact-functions.ts';
import { expressionErrorText } from './expression-error.ts';
import { environmentOf } from './environment.ts';
import { PROMPT_BUDGET } from './prompt-budget.ts';
import { resourceFunctions } from './resource-functions.ts';
import type { Expressions, StepScope } from './scope.ts';
import { semverFunctions } from './semver-functions.ts';
import { statusFunctions } from './status-functions.ts';
import { evaluateWithFetching, type Fetch } from './suspend.ts';

export interface ExpressionsOptions {
  client: Pick<Reader, 'get'>;
  /** Namespace of the ConfigMaps and Secrets that all projects share; empty: there is none. */
  sharedNamespace?: string | undefined;
}

type Evaluate = <T>(scope: StepScope, render: (environment: StringMap, functions: Functions) => T) => Promise<T>;

function evaluator({ client, sharedNamespace = '' }: ExpressionsOptions): Evaluate {
  return async (scope, render) => {
    try {
      return await evaluateWithFetching((fetch) => {
        const data = dataFunctions(client, sharedNamespace, scope, fetch);
        const environment = environmentOf(scope, (template, variables) =>
          renderTemplate(template, variables, { functions: data, budget: PROMPT_BUDGET }),
        );
        return render(environment, { ...data, ...statusFunctions(scope) });
      });
    } catch (error) {
      if (error instanceof ExprError) throw new Error(expressionErrorText(error), { cause: error });
      throw error;
    }
  };
}

/**
 * The value of an expression, or of a template, as the step of the scope would see it. Fails with an `Error` that says why, whose cause is
 * the `ExprError`, if it is one.
 */
export function evaluateInStep(source: string, scope: StepScope, options: ExpressionsOptions): Promise<Value> {
  return evaluator(options)(scope, (environment, functions) =>
    hasTemplate(source)
      ? fromJson(renderTemplate(source, environment, { functions, budget: PROMPT_BUDGET }), { wholeNumbers: 'int' })
      : compile(source, { functions, budget: PROMPT_BUDGET }).run(environment),
  );
}

/** The expressions of steps, in the language of `@kargo/expr`, over the promotion and the resources of its project. */
export function stepExpressions(options: ExpressionsOptions): Expressions {
  const evaluate = evaluator(options);
  return {
    async condition(text, scope) {
      const value = await evaluate(scope, (environment, functions) =>
        renderTemplate(text, environment, { functions, budget: PROMPT_BUDGET }),
      );
      if (typeof value !== 'boolean') throw new Error(`expression must evaluate to a boolean, got ${typeName(value)}: ${text}`);
      return value;
    },
    config: (config, schema, scope) =>
      evaluate(scope, (environment, functions) =>
        renderConfig((config ?? {}) as Json, environment, { functions, schema, budget: PROMPT_BUDGET }),
      ),
  };
}

type Functions = Readonly<Record<string, HostFunction>>;

/** What variables, conditions, configurations and arguments of verifications may call alike. */
export function dataFunctions(
  client: Pick<Reader, 'get'>,
  sharedNamespace: string,
  scope: Pick<StepScope, 'project' | 'signal' | 'freight' | 'freightRequests' | 'noteSecret'>,
  fetch: Fetch,
): Functions {
  const { project, signal, freight, freightRequests, noteSecret } = scope;
  const warehouses = (): Awaited<ReturnType<typeof requestedWarehouses>> =>
    fetch('the Warehouses of the Stage', () => requestedWarehouses(client, project, freightRequests, signal));
  return {
    ...artifactFunctions({ freight, warehouses }),
    ...resourceFunctions({ client, project, sharedNamespace, signal, fetch, noteSecret }),
    ...semverFunctions,
  };
}

function typeName(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
