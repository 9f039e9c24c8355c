const LETTER = /^[\p{L}_$]$/u;
const LETTER_OR_DIGIT = /^[\p{L}\p{Nd}_$]$/u;
const SPACE = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/u;

/** Whether a character may be in an identifier. */
export function isAlphaNumeric(character: string): boolean {
  return LETTER_OR_DIGIT.test(character);
}

/** Whether a character is white space by Unicode, as Go's `unicode.IsSpace` has it. */
export function isSpace(character: string): boolean {
  return SPACE.test(character);
}

/** Whether a text is an identifier. */
export function isIdentifier(text: string): boolean {
  return text !== '' && LETTER.test(characterAt(text, 0)) && Array.from(text).every(isAlphaNumeric);
}

/** The character (one code point) at an offset; empty at the end. */
export function characterAt(text: string, offset: number): string {
  const code = text.codePointAt(offset);
  return code === undefined ? '' : String.fromCodePoint(code);
}
