/**
 * Strings are sequences of code points; bytes that are not valid UTF-8 stand in them as the code points U+DC80 to U+DCFF, one for
 * each byte, so that decoding and encoding again gives the same bytes.
 */
const ESCAPED = 0xdc00;
const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of a string. */
export function encodeText(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const out: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= ESCAPED + 0x80 && code <= ESCAPED + 0xff) out.push(code - ESCAPED);
    else out.push(...encoder.encode(character));
  }
  return Uint8Array.from(out);
}

/** The string of UTF-8 bytes, valid or not. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  let out = '';
  for (let offset = 0; offset < bytes.length;) {
    const length = sequenceLength(bytes, offset);
    out +=
      length === 0 ? String.fromCharCode(ESCAPED + (bytes[offset] ?? 0)) : strict.decode(bytes.subarray(offset, offset + length));
    offset += Math.max(1, length);
  }
  return out;
}

/** Bytes of the valid sequence at an offset; 0 if there is none. */
function sequenceLength(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset] ?? 0;
  const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || offset + length > bytes.length) return 0;
  try {
    strict.decode(bytes.subarray(offset, offset + length));
    return length;
  } catch (error) {
    if (error instanceof TypeError) return 0;
    throw error;
  }
}

/** The string without escaped bytes and lone surrogates: each becomes U+FFFD. */
export function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** Code points in a string. */
export function textLength(text: string): number {
  if (!/[\ud800-\udfff]/.test(text)) return text.length;
  return Array.from(text).length;
}

/** The order of two strings by code point, which is that of their UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** UTF-16 units in the order of the code points they belong to: surrogates come after everything else. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
