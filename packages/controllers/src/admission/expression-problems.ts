import { checkTemplate } from '@kargo/expr';

/**
 * Why the `${{ }}` expressions of a text cannot be read; absent if they can. Only what is wrong whatever the expressions are given
 * counts: which functions and variables there are is known when they are evaluated.
 */
export function templateProblem(text: string): string | undefined {
  return checkTemplate(text).find(({ code }) => code === 'parse')?.message;
}
