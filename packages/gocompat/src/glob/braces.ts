import { ParseError } from '../parse-error.ts';

const MAX_ALTERNATIVES = 1000;

/**
 * The patterns without braces that a pattern stands for: `a{b,c}` is `ab` and `ac`. Braces nest; in character classes and behind
 * backslashes they are ordinary characters. Fails with {@link ParseError} for braces without a partner and for too many alternatives.
 */
export function expandBraces(pattern: string): string[] {
  let open: string[] = [''];
  let rest = pattern;
  while (rest !== '') {
    const plain = /^(?:\\[\s\S]|\[(?:\\[\s\S]|[^\\\]])*\]|[^{}\\[])+/.exec(rest)?.[0] ?? '';
    open = open.map((prefix) => prefix + plain);
    rest = rest.slice(plain.length);
    if (rest === '') break;
    if (rest.startsWith('}')) fail(pattern, 'a } has no partner');
    if (!rest.startsWith('{')) {
      // A class or an escape that is not complete: left to the translation, which says so.
      open = open.map((prefix) => prefix + rest);
      break;
    }
    const { options, end } = alternatives(pattern, rest);
    open = open.flatMap((prefix) => options.flatMap(expandBraces).map((option) => prefix + option));
    if (open.length > MAX_ALTERNATIVES) fail(pattern, `it has more than ${MAX_ALTERNATIVES} alternatives`);
    rest = rest.slice(end);
  }
  return open;
}

/** The alternatives of the brace that `text` starts with, and where text goes on behind it. */
function alternatives(pattern: string, text: string): { options: string[]; end: number } {
  const options: string[] = [];
  let depth = 0;
  let start = 1;
  let inClass = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i);
    if (char === '\\') i += 1;
    else if (inClass) inClass = char !== ']';
    else if (char === '[') inClass = true;
    else if (char === '{') depth += 1;
    else if (char === ',' && depth === 1) {
      options.push(text.slice(start, i));
      start = i + 1;
    } else if (char === '}') {
      depth -= 1;
      if (depth === 0) return { options: [...options, text.slice(start, i)], end: i + 1 };
    }
  }
  return fail(pattern, 'a { is not closed');
}

function fail(pattern: string, why: string): never {
  throw new ParseError('InvalidGlob', `${JSON.stringify(pattern)} is not a path pattern: ${why}`);
}
