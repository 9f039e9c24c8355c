import type { FreightCollection, FreightRequest, Json, Variable } from '@kargo/api';
import { ExprError, renderConfig, renderTemplate, type StringMap } from '@kargo/expr';
import { PROMPT_BUDGET } from './prompt-budget.ts';
import { lazyVariables } from './environment.ts';
import { expressionErrorText } from './expression-error.ts';
import { dataFunctions, type ExpressionsOptions } from './expressions.ts';
import { evaluateWithFetching } from './suspend.ts';

/** What the expressions in arguments of verifications see. */
export interface ArgumentScope {
  project: string;
  stage: string;
  /** Variables of the Stage. */
  vars: readonly Variable[];
  freight: FreightCollection;
  freightRequests: readonly FreightRequest[];
}

/** Evaluates the text of an argument of a verification. Fails with an `Error` that says which expression, where, and why. */
export function argumentExpressions({
  client,
  sharedNamespace = '',
}: ExpressionsOptions): (text: string, scope: ArgumentScope) => Promise<Json> {
  return async (text, scope) => {
    const signal = new AbortController().signal;
    try {
      return await evaluateWithFetching((fetch) => {
        const functions = dataFunctions(client, sharedNamespace, { ...scope, signal }, fetch);
        const ctx: StringMap = { project: scope.project, stage: scope.stage };
        const vars = lazyVariables(
          scope.vars,
          {},
          (template, known) => renderTemplate(template, { ctx, vars: known }, { functions, budget: PROMPT_BUDGET }),
          'stage',
        );
        // Arguments are text: a tag `1.10` stays a tag.
        return renderConfig(text, { ctx, vars }, { functions, schema: { type: 'string' }, budget: PROMPT_BUDGET });
      });
    } catch (error) {
      if (error instanceof ExprError) throw new Error(expressionErrorText(error), { cause: error });
      throw error;
    }
  };
}
