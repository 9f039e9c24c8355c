import type { FloatNode, IntNode } from '../ast/node.ts';

const MAX = (1n << 63n) - 1n;
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['0x', 'hex'],
  ['0b', 'binary'],
  ['0o', 'octal'],
]);

/** The literal a number token stands for, or why it is none. */
export function numberLiteral(text: string, at: number): IntNode | FloatNode | string {
  const digits = text.replaceAll('_', '');
  const lower = digits.toLowerCase();
  const base = PREFIXES.get(lower.slice(0, 2));
  if (base !== 'hex' && /[.e]/.test(lower)) {
    const value = /^(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?$/.test(lower) ? Number(lower) : Number.NaN;
    if (Number.isNaN(value)) return `invalid float literal: ${JSON.stringify(digits)} is no number`;
    return Number.isFinite(value) ? { kind: 'float', value, at } : `invalid float literal: ${digits} is out of range`;
  }
  const name = base ?? 'integer';
  if (base !== undefined && !/^0(x[\da-f]+|b[01]+|o[0-7]+)$/.test(lower)) {
    return `invalid ${name} literal: ${JSON.stringify(digits)} is no number`;
  }
  const value = BigInt(base === undefined ? digits : lower);
  return value > MAX ? `invalid ${name} literal: ${digits} does not fit 64 bits` : { kind: 'int', value, at };
}
