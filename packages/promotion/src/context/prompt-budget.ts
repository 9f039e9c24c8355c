import type { Budget } from '@kargo/expr';

/**
 * What an expression may use where everybody waits for it: a tenth of what the language allows otherwise, some 100 to 200 ms at most. No list
 * that fits into a Promotion needs as much.
 */
export const PROMPT_BUDGET: Budget = { iterations: 2_000_000 };
