import { isAssignable, isInteger, isUnknown, type CheckedSignature, type Type } from './type.ts';

/** Why a call is refused; `argument` is the index of the argument at fault, if it is one. */
export interface Refusal {
  readonly reason: string;
  readonly argument?: number | undefined;
}

/** The type of a call's result by the first signature that fits, or why the last of them does not. */
export function checkSignatures(name: string, signatures: readonly CheckedSignature[], args: readonly Type[]): Type | Refusal {
  let refusal: Refusal = { reason: `no matching overload for ${name}` };
  for (const signature of signatures) {
    const result = refuses(name, signature, args);
    if (result === undefined) return signature.result;
    refusal = result;
  }
  return refusal;
}

function refuses(name: string, signature: CheckedSignature, args: readonly Type[]): Refusal | undefined {
  const { params, variadic = false } = signature;
  if (signature.tooManyResults === true) return { reason: `func ${name} returns more than two values` };
  if (!variadic && args.length > params.length) return { reason: `too many arguments to call ${name}` };
  if (args.length < params.length - (variadic ? 1 : 0)) return { reason: `not enough arguments to call ${name}` };
  for (const [index, type] of args.entries()) {
    const param = params[Math.min(index, params.length - 1)];
    if (param === undefined || isUnknown(param)) continue;
    if (isInteger(type) && (isInteger(param) || param.kind === 'float')) continue;
    if (type.kind === 'nil') {
      if (param.kind === 'zone' || param.kind === 'struct') continue;
      return { reason: `cannot use nil as argument (type ${param.name}) to call ${name}`, argument: index };
    }
    if (!isAssignable(type, param) && !isUnknown(type)) {
      return { reason: `cannot use ${type.name} as argument (type ${param.name}) to call ${name}`, argument: index };
    }
  }
  return undefined;
}
