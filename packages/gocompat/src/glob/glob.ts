import { RE2JS } from 're2js';
import { ParseError } from '../parse-error.ts';
import { expandBraces } from './braces.ts';

/** A compiled path pattern. Immutable. */
export interface Glob {
  readonly source: string;
  /** Whether the pattern matches the whole path. Paths are separated by `/`. */
  matches(path: string): boolean;
}

/**
 * Compiles a pattern in the language of doublestar v4: `*` and `?` within a path element, `**` for any number of elements,
 * `[a-z]` and `[^a-z]` or `[!a-z]`, `{one,two}`, and `\` before a character that should stand for itself.
 * A trailing `/**` also matches the folder itself. Fails with `ParseError`. Matching takes time linear in the path.
 */
export function compileGlob(pattern: string): Glob {
  const expressions = expandBraces(pattern).map((alternative) => new Translator(pattern, alternative).translate());
  const compiled = RE2JS.compile(`^(?:${expressions.join('|')})$`, RE2JS.DOTALL);
  return { source: pattern, matches: (path) => compiled.test(path) };
}

/** A piece of a pattern as a regular expression; `nonEmpty` for pieces that may match nothing: the same without that. */
interface Part {
  readonly any: string;
  readonly nonEmpty?: string;
}

const STAR = '[^/]*';

/**
 * The end of a pattern whose parts may all match nothing. As in doublestar, a path that ends where such parts begin matches only
 * if there is one of them (or `**`): `b*` and `b/**` match `b`, `b*` followed by `/**` does not.
 */
function optionalEnd(parts: readonly Part[]): string {
  const [first, ...others] = parts;
  if (first === undefined) return '';
  if (others.length === 0 || (others.length === 1 && parts.every(({ any }) => any === STAR))) return first.any;
  return `(?:${parts.map(({ nonEmpty = '' }, i) => nonEmpty + optionalEnd(parts.slice(i + 1))).join('|')})`;
}

/** Translates a glob without alternatives to a regular expression. */
class Translator {
  readonly #whole: string;
  readonly #chars: readonly string[];
  #at = 0;

  /** `whole` is the pattern to name in errors. */
  constructor(whole: string, pattern: string) {
    this.#whole = whole;
    this.#chars = Array.from(pattern);
  }

  translate(): string {
    const parts: Part[] = [];
    while (this.#at < this.#chars.length) parts.push(this.#isDoubleStar() ? this.#doubleStar() : this.#single());
    const end = parts.findLastIndex(({ nonEmpty }) => nonEmpty === undefined) + 1;
    const fixed = parts.slice(0, end).map(({ any }) => any);
    return fixed.join('') + optionalEnd(parts.slice(end));
  }

  #single(): Part {
    const char = this.#peek();
    this.#at += 1;
    switch (char) {
      case '*':
        return { any: STAR, nonEmpty: '[^/]+' };
      case '?':
        return { any: '[^/]' };
      case '[':
        return { any: this.#charClass() };
      case '/':
        return this.#slash();
      case '\\':
        return { any: RE2JS.quote(this.#escaped()) };
      default:
        return { any: RE2JS.quote(char) };
    }
  }

  /** `**` means many elements only where it is an element of its own. */
  #isDoubleStar(): boolean {
    const [before, after] = [this.#chars[this.#at - 1], this.#chars[this.#at + 2]];
    if (this.#peek() !== '*' || this.#chars[this.#at + 1] !== '*') return false;
    return (before === undefined || before === '/') && (after === undefined || after === '/');
  }

  #doubleStar(): Part {
    this.#at += 2;
    if (this.#peek() !== '/') return { any: '.*', nonEmpty: '.+' };
    this.#at += 1;
    return { any: '(?:[^/]*/)*', nonEmpty: '(?:[^/]*/)+' };
  }

  /** A slash before a final `**` goes together with it, so that `a/**` matches `a`. */
  #slash(): Part {
    if (!this.#isDoubleStar()) return { any: '/' };
    const start = this.#at;
    const { any } = this.#doubleStar();
    if (this.#peek() === '') return { any: `(?:/${any})?`, nonEmpty: `/${any}` };
    this.#at = start;
    return { any: '/' };
  }

  #charClass(): string {
    const negated = this.#peek() === '!' || this.#peek() === '^';
    if (negated) this.#at += 1;
    const members: string[] = [];
    let isEmpty = true;
    while (isEmpty || this.#peek() !== ']') {
      isEmpty = false;
      const from = this.#classMember();
      const isRange = this.#peek() === '-' && this.#chars[this.#at + 1] !== ']';
      if (isRange) this.#at += 1;
      const to = isRange ? this.#classMember() : from;
      // A range that ends before it starts holds nothing.
      if (from <= to) members.push(`\\x{${from.toString(16)}}-\\x{${to.toString(16)}}`);
    }
    this.#at += 1;
    if (members.length === 0) return negated ? '.' : '[^\\x{0}-\\x{10ffff}]';
    return `[${negated ? '^' : ''}${members.join('')}]`;
  }

  #classMember(): number {
    const char = this.#peek();
    if (char === '' || char === ']') this.#fail('a character class is empty or not closed');
    this.#at += 1;
    const member = char === '\\' ? this.#escaped() : char;
    return member.codePointAt(0) ?? 0;
  }

  #escaped(): string {
    const char = this.#peek();
    if (char === '') this.#fail('it ends with a backslash');
    this.#at += 1;
    return char;
  }

  #peek(): string {
    return this.#chars[this.#at] ?? '';
  }

  #fail(why: string): never {
    throw new ParseError('InvalidGlob', `${JSON.stringify(this.#whole)} is not a path pattern: ${why}`);
  }
}
