import type { Type } from '../checker/type.ts';

/** The message for a wrong number of arguments, or undefined if it is the right one. */
export function wrongCount(args: readonly Type[], expected: number): string | undefined {
  return args.length === expected ? undefined : `invalid number of arguments (expected ${expected}, got ${args.length})`;
}

/** The name of an argument's type where nil has a spelling of its own. */
export function argumentName(type: Type | undefined): string {
  return type === undefined || type.kind === 'nil' ? 'nil' : type.name;
}
