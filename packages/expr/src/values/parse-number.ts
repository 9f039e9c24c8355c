import { isDigitsWithUnderscores } from './underscores.ts';

const DECIMAL = /^[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const HEX = /^([+-]?)0[xX]([\da-fA-F]*)(?:\.([\da-fA-F]*))?[pP]([+-]?\d+)$/;
const INFINITY = /^([+-]?)inf(inity)?$/i;

/** A float as Go's `ParseFloat` reads it; undefined for what it refuses, and for what is out of range. */
export function parseGoFloat(text: string): number | undefined {
  const infinite = INFINITY.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  if (text.includes('_') && !isDigitsWithUnderscores(text)) return undefined;
  const digits = text.replaceAll('_', '');
  return parseDecimal(digits) ?? parseHex(digits);
}

/** A float in decimal notation without underscores; undefined for anything else, and for what is out of range. */
export function parseDecimal(text: string): number | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function parseHex(text: string): number | undefined {
  const match = HEX.exec(text);
  const [, sign, whole = '', fraction = '', exponent] = match ?? [];
  if (match === null || whole + fraction === '') return undefined;
  // The quotient of two exact integers is rounded once only if both are exact; up to 53 bits they are.
  const mantissa = Number(BigInt(`0x${whole}${fraction}`));
  const value = mantissa * 2 ** (Number(exponent) - 4 * fraction.length);
  if (!Number.isFinite(value)) return undefined;
  return sign === '-' ? -value : value;
}

/** A whole decimal number with a sign as Go's `Atoi` reads it, within 64 bits. */
export function parseGoInt(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}
