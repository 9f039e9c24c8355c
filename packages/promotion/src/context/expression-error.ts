import { ExprError } from '@kargo/expr';

/** The text of an error in an expression: with the source line and a caret below the place, where that is known. */
export function expressionErrorText(error: unknown): string {
  if (error instanceof ExprError) return error.pretty();
  return error instanceof Error ? error.message : String(error);
}
