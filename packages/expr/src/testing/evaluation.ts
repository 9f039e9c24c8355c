/** What expressions come to, for tests. */
import { ExprError } from '../error.ts';
import { compile } from '../program.ts';
import type { Value } from '../values/value.ts';

/** The value of an expression. */
export function evaluate(source: string, env: Readonly<Record<string, unknown>> = {}): Value {
  return compile(source).run(env);
}

/** The error of an expression that `work` fails with; fails itself if there is none, and with any other error. */
export function errorOf(work: () => unknown): ExprError {
  try {
    work();
  } catch (error) {
    if (error instanceof ExprError) return error;
    throw error;
  }
  throw new Error('no error');
}
