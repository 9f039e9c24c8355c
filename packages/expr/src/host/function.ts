import { checkedSignature, type CheckedSignature } from '../checker/type.ts';
import type { StructType } from './struct.ts';
import type { Value } from '../values/value.ts';

/** A type in a signature. `map` has string keys; a {@link StructType} stands for objects of that type or nil. */
export type TypeName = 'any' | 'string' | 'int' | 'float' | 'bool' | 'list' | 'map' | StructType;

/** One way to call a function. */
export interface Signature {
  readonly params: readonly TypeName[];
  /** The last parameter may be given any number of times, also not at all. */
  readonly variadic?: boolean | undefined;
  /** Default `any`. A result may always be nil. */
  readonly result?: TypeName | undefined;
}

/**
 * A function given by the host. What it throws goes to the caller of `run`: an ExprError without a place and a plain `Error` as an
 * ExprError with the place of the call (the error is its `cause`), everything else unchanged, so that a host can suspend a run.
 */
export class HostFunction {
  readonly name: string;
  readonly signatures: readonly Signature[];
  /** The signatures in terms of types. */
  readonly checked: readonly CheckedSignature[];
  readonly call: (args: readonly Value[]) => Value;
  constructor(name: string, signatures: readonly Signature[], call: (args: readonly Value[]) => Value) {
    this.name = name;
    this.signatures = signatures;
    this.checked = signatures.map(checkedSignature);
    this.call = call;
  }
}
/**
 * Makes a host function. Wrong numbers of arguments and literals of a wrong type are refused when compiling (if the function is
 * known then), wrong values when running, before `fn` is called.
 *
 * @example hostFunction('greet', { params: ['string'], result: 'string' }, ([name]) => `Hello ${name}`)
 */
export function hostFunction(
  name: string,
  signature: Signature | readonly Signature[],
  fn: (args: readonly Value[]) => Value,
): HostFunction {
  return new HostFunction(name, Array.isArray(signature) ? (signature as readonly Signature[]) : [signature as Signature], fn);
}
