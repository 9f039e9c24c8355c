import { RE2JS } from 're2js';
import { ParseError } from '../parse-error.ts';

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
  const compiled = RE2JS.compile(`^(?:${new Translator(pattern).translate()})$`, RE2JS.DOTALL);
  return { source: pattern, matches: (path) => compiled.test(path) };
}

/** Translates a glob to a regular expression, one element at a time. */
class Translator {
  readonly #pattern: string;
  readonly #chars: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#chars = Array.from(pattern);
  }

  translate(): string {
    const out = this.#sequence(0);
    if (this.#at < this.#chars.length) this.#fail('unexpected }');
    return out;
  }

  /** Up to the end, or up to the `,` or `}` that ends an alternative. */
  #sequence(depth: number): string {
    let out = '';
    while (this.#at < this.#chars.length) {
      const char = this.#peek();
      if (depth > 0 && (char === ',' || char === '}')) break;
      out += this.#isDoubleStar() ? this.#doubleStar() : this.#single(char, depth);
    }
    return out;
  }

  #single(char: string, depth: number): string {
    this.#at += 1;
    switch (char) {
      case '*':
        while (this.#peek() === '*') this.#at += 1;
        return '[^/]*';
      case '?':
        return '[^/]';
      case '[':
        return this.#charClass();
      case '{':
        return this.#alternatives(depth);
      case '/':
        return this.#slash(depth);
      case '\\':
        return RE2JS.quote(this.#escaped());
      default:
        return RE2JS.quote(char);
    }
  }

  /** `**` means many elements only where it is an element of its own. */
  #isDoubleStar(): boolean {
    const [before, after] = [this.#chars[this.#at - 1], this.#chars[this.#at + 2]];
    const starts = before === undefined || before === '/' || before === '{' || before === ',';
    const ends = after === undefined || after === '/' || after === '}' || after === ',';
    return starts && ends && this.#peek() === '*' && this.#chars[this.#at + 1] === '*';
  }

  #doubleStar(): string {
    this.#at += 2;
    if (this.#peek() !== '/') return '.*';
    this.#at += 1;
    return '(?:[^/]*/)*';
  }

  /** A slash before a final `**` goes together with it, so that `a/**` matches `a`. */
  #slash(depth: number): string {
    if (!this.#isDoubleStar()) return '/';
    const rest = this.#doubleStar();
    const next = this.#peek();
    const last = next === '' || (depth > 0 && (next === ',' || next === '}'));
    return last ? `(?:/${rest})?` : `/${rest}`;
  }

  #charClass(): string {
    const negated = this.#peek() === '!' || this.#peek() === '^';
    if (negated) this.#at += 1;
    const members: string[] = [];
    while (this.#peek() !== ']') {
      const from = this.#classMember();
      const isRange = this.#peek() === '-';
      if (isRange) this.#at += 1;
      const to = isRange ? this.#classMember() : from;
      if (from > to) this.#fail('a range of characters is empty');
      members.push(`\\x{${from.toString(16)}}-\\x{${to.toString(16)}}`);
    }
    this.#at += 1;
    if (members.length === 0) this.#fail('a character class is empty');
    return negated ? `[^/${members.join('')}]` : `[${members.join('')}]`;
  }

  #classMember(): number {
    const char = this.#peek();
    if (char === '' || char === ']') this.#fail('a character class is not closed');
    if (char === '-') this.#fail("'-' must stand between two characters");
    this.#at += 1;
    const member = char === '\\' ? this.#escaped() : char;
    return member.codePointAt(0) ?? 0;
  }

  #alternatives(depth: number): string {
    const options: string[] = [];
    for (;;) {
      options.push(this.#sequence(depth + 1));
      const end = this.#peek();
      if (end === '') this.#fail('a { is not closed');
      this.#at += 1;
      if (end === '}') return `(?:${options.join('|')})`;
    }
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
    throw new ParseError('InvalidGlob', `${JSON.stringify(this.#pattern)} is not a path pattern: ${why}`);
  }
}
