import { ParseError } from '../parse-error.ts';

/** An amount as Kubernetes writes it, exact to 10^-9. Immutable. */
export interface Quantity {
  /** The amount times 10^9. */
  readonly nanos: bigint;
  /** The amount; loses precision beyond 2^53. */
  toNumber(): number;
  /** The text as it was given. */
  toString(): string;
}

const NANO = 10n ** 9n;
const MAX_BINARY = (2n ** 63n - 1n) * NANO;
const QUANTITY = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]{1,3}))?$/;
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY = 'KMGTPE';

/** Parses a quantity: `2`, `1.5Gi`, `100m`, `1e3`. Amounts below 10^-9 are rounded away from zero. Fails with `ParseError`. */
export function parseQuantity(text: string): Quantity {
  const match = QUANTITY.exec(text);
  if (match === null || text === '')
    throw new ParseError(
      'InvalidQuantity',
      `${JSON.stringify(text)} is not a quantity, write a number with a suffix like m, k, M, G, Ki, Mi, Gi`,
    );
  const [, sign = '', whole = '', fraction = '', suffix = '', exponent = '0'] = match;
  const binary = suffix.endsWith('i');
  const power = (binary ? 0 : (DECIMAL[suffix] ?? Number(exponent))) - fraction.length + 9;
  const factor = binary ? 1024n ** BigInt(BINARY.indexOf(suffix.charAt(0)) + 1) : 1n;
  const digits = BigInt(`0${whole}${fraction}`) * factor;
  const size = power >= 0 ? digits * 10n ** BigInt(power) : divideUp(digits, 10n ** BigInt(-power));
  // Kubernetes holds what has a binary suffix in 63 bits and cuts off what is beyond them.
  const capped = binary && size > MAX_BINARY ? MAX_BINARY : size;
  const nanos = sign === '-' ? -capped : capped;
  return { nanos, toNumber: () => Number(nanos / NANO) + Number(nanos % NANO) / 1e9, toString: () => text };
}

function divideUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}

/** Order of amounts, however they are written. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}
