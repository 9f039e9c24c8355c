/** A character escape of a string or bytes literal, read. */
export interface Escape {
  /** The code point or byte it stands for. */
  readonly value: number;
  /** Characters after the backslash. */
  readonly length: number;
}

const SIMPLE: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
  ['\\', 92],
]);
const HEX_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

/**
 * Reads the escape whose first character after the backslash is at `start`. If it is not one, the result is the offset at which
 * it stops being one, and the reason.
 */
export function readEscape(text: string, start: number, quote: string, bytes: boolean): Escape | { at: number; reason: string } {
  const first = text[start] ?? '';
  const simple = first === quote ? quote.charCodeAt(0) : SIMPLE.get(first);
  if (simple !== undefined) return { value: simple, length: 1 };
  if (/^[0-7]$/.test(first)) return readOctal(text, start);
  const digits = HEX_LENGTHS.get(first);
  if (digits === undefined || (bytes && first !== 'x')) return { at: start, reason: 'invalid char escape' };
  if (first === 'u' && text[start + 1] === '{') return readBraced(text, start);
  let end = start + 1;
  while (end < start + 1 + digits && isHex(text[end])) end++;
  if (end < start + 1 + digits) return { at: end, reason: 'invalid char escape' };
  return checked(Number.parseInt(text.slice(start + 1, end), 16), end - start, end);
}

function readOctal(text: string, start: number): Escape | { at: number; reason: string } {
  let end = start;
  while (end < start + 3 && /^[0-7]$/.test(text[end] ?? '')) end++;
  if (end < start + 3) return { at: end, reason: 'invalid char escape' };
  const value = Number.parseInt(text.slice(start, end), 8);
  return value > 255 ? { at: end, reason: 'unable to unescape string' } : { value, length: 3 };
}

function readBraced(text: string, start: number): Escape | { at: number; reason: string } {
  let end = start + 2;
  while (end < start + 8 && isHex(text[end])) end++;
  if (text[end] !== '}' || end === start + 2) return { at: end - 1, reason: 'invalid char escape' };
  return checked(Number.parseInt(text.slice(start + 2, end), 16), end + 1 - start, end + 1);
}

function checked(value: number, length: number, end: number): Escape | { at: number; reason: string } {
  if (value > 0x10ffff) return { at: end, reason: 'unable to unescape string' };
  // Surrogates stand for no character: Go writes the replacement character.
  return { value: value >= 0xd800 && value <= 0xdfff ? 0xfffd : value, length };
}

function isHex(character: string | undefined): boolean {
  return /^[\da-fA-F]$/.test(character ?? '');
}
