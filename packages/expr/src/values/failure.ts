import { ExprError } from '../error.ts';
import { goTypeName } from './type-name.ts';
import type { Value } from './value.ts';

/** An error of a run; the place is added by the node that is being evaluated. */
export function failure(reason: string, cause?: unknown): ExprError {
  return new ExprError('run', reason, undefined, cause);
}

/** A value is not of the type that an operation needs. */
export function mistyped(value: Value, wanted: string): ExprError {
  const name = goTypeName(value);
  return failure(`interface conversion: interface {} is ${name === '<nil>' ? 'nil' : name}, not ${wanted}`);
}

/** The value, which must be a string. */
export function asString(value: Value): string {
  if (typeof value !== 'string') throw mistyped(value, 'string');
  return value;
}

/** The value, which must be a boolean. */
export function asBool(value: Value): boolean {
  if (typeof value !== 'boolean') throw mistyped(value, 'bool');
  return value;
}
