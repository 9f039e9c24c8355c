import type { CheckedSignature, Type } from '../checker/type.ts';
import { failure } from '../values/failure.ts';
import { goTypeName } from '../values/type-name.ts';
import type { Value } from '../values/value.ts';
import type { HostFunction } from './function.ts';

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'];

/**
 * Calls a host function after checking its arguments.
 *
 * @throws ExprError without a place for wrong arguments; whatever the function throws
 */
export function callHost(fn: HostFunction, args: readonly Value[]): Value {
  const { checked, name } = fn;
  const [only] = checked;
  if (only !== undefined) {
    if (checked.length === 1) {
      checkArguments(name, only, args);
    } else if (!checked.some((signature) => problem(name, signature, args) === undefined)) {
      checkArguments(name, checked.find((signature) => accepts(signature, args.length)) ?? only, args);
    }
  }
  return fn.call(args);
}

function accepts(signature: CheckedSignature, count: number): boolean {
  const { params, variadic = false } = signature;
  return variadic ? count >= params.length - 1 : count === params.length;
}

/** @throws ExprError without a place if the arguments do not fit a signature */
export function checkArguments(name: string, signature: CheckedSignature, args: readonly Value[]): void {
  const reason = problem(name, signature, args);
  if (reason !== undefined) throw failure(reason);
}

function problem(name: string, signature: CheckedSignature, args: readonly Value[]): string | undefined {
  const { params, variadic = false } = signature;
  if (signature.tooManyResults === true) return `func ${name} returns more than two values`;
  if (!accepts(signature, args.length)) {
    const count = variadic ? `at least ${params.length - 1}` : String(params.length);
    return `expected ${count} argument${count === '1' ? '' : 's'} to call ${name}, got ${args.length}`;
  }
  for (let index = 0; index < args.length; index++) {
    const param = params[Math.min(index, params.length - 1)];
    if (param !== undefined && !isOf(args[index], param)) {
      return `${ORDINALS[index] ?? `${index + 1}th`} argument must be ${param.name}, got ${goTypeName(args[index])}`;
    }
  }
  return undefined;
}

function isOf(value: Value, type: Type): boolean {
  switch (type.kind) {
    case 'unknown':
    case 'any':
      return true;
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'bigint';
    case 'float':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'list':
      return Array.isArray(value);
    default:
      return goTypeName(value) === type.name;
  }
}
