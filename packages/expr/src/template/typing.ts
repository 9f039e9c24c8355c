import { ExprError } from '../error.ts';
import type { Json } from '../json.ts';
import { parseJson } from '../values/convert.ts';
import { parseDecimal } from '../values/parse-number.ts';

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/**
 * The value that a rendered template stands for: text between quotes is a string; a decimal number, a word for true or false, and
 * JSON are what they look like; anything else is a string. One line end at the end is not looked at, and kept in strings.
 *
 * Hexadecimal floats, digits with underscores, `inf` and `nan` stay strings, unlike in the original: the last two are not JSON.
 */
export function typed(rendered: string): Json {
  const { body, lineEnd, quoted } = unquoted(rendered);
  if (quoted) return body + lineEnd;
  const number = parseDecimal(body);
  if (number !== undefined) return number;
  if (TRUE.has(body)) return true;
  if (FALSE.has(body)) return false;
  const json = jsonOf(body);
  return json === undefined ? body + lineEnd : json;
}

/** A rendered template as text: quotes around the whole of it are taken off, and nothing else is done. */
export function textOf(rendered: string): string {
  const { body, lineEnd } = unquoted(rendered);
  return body + lineEnd;
}

function unquoted(rendered: string): { body: string; lineEnd: string; quoted: boolean } {
  const lineEnd = rendered.endsWith('\n') ? '\n' : '';
  const body = lineEnd === '' ? rendered : rendered.slice(0, -1);
  const quoted = body.length > 1 && body.startsWith('"') && body.endsWith('"');
  return { body: quoted ? body.slice(1, -1) : body, lineEnd, quoted };
}

/** What a text says as JSON; undefined if it is none, or has a number beyond what a float holds. */
function jsonOf(text: string): Json | undefined {
  // Only these can start JSON: most texts need not be tried.
  if (!/^[ \t\r\n]*[[{"\-\dtfn]/.test(text)) return undefined;
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof ExprError) return undefined;
    throw error;
  }
}
