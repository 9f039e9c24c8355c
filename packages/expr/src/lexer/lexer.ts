import { ExprError } from '../error.ts';
import { encodeText } from '../values/text.ts';
import { characterAt, isAlphaNumeric, isSpace } from './characters.ts';
import { readEscape } from './escape.ts';
import type { Token, TokenKind } from './token.ts';

const WORD_OPERATORS: ReadonlySet<string> = new Set([
  'not',
  'in',
  'or',
  'and',
  'matches',
  'contains',
  'startsWith',
  'endsWith',
  'let',
  'if',
  'else',
]);

/** Reads one token after the other. */
export class Lexer {
  readonly source: string;
  #offset = 0;
  #ended = false;

  constructor(source: string) {
    this.source = source;
  }

  /**
   * The next token; after the last one a token `end`, and after that undefined.
   *
   * @throws ExprError with code `parse`
   */
  next(): Token | undefined {
    this.#skipBlanksAndComments();
    const start = this.#offset;
    const character = characterAt(this.source, start);
    if (character === '') return this.#end();
    if (character === '"' || character === "'") return this.#string(start, character, false);
    if (/^[bB]$/.test(character) && /^["']$/.test(this.source[start + 1] ?? '')) {
      this.#offset++;
      return this.#string(start, this.source[start + 1] ?? '', true);
    }
    if (character === '`') return this.#rawString(start);
    if (/^\d$/.test(character) || (character === '.' && /^\d$/.test(this.source[start + 1] ?? ''))) return this.#number(start);
    if (isAlphaNumeric(character)) return this.#word(start);
    return this.#operator(start, character);
  }

  #end(): Token | undefined {
    if (this.#ended) return undefined;
    this.#ended = true;
    return { kind: 'end', value: '', offset: Math.max(0, this.source.length - 1) };
  }

  #skipBlanksAndComments(): void {
    for (;;) {
      const character = characterAt(this.source, this.#offset);
      if (character !== '' && isSpace(character)) {
        this.#offset += character.length;
      } else if (this.source.startsWith('//', this.#offset)) {
        const end = this.source.indexOf('\n', this.#offset);
        this.#offset = end < 0 ? this.source.length : end + 1;
      } else if (this.source.startsWith('/*', this.#offset)) {
        const end = this.source.indexOf('*/', this.#offset + 2);
        if (end < 0) this.#fail('unclosed comment', this.source.length);
        this.#offset = end + 2;
      } else {
        return;
      }
    }
  }

  #word(start: number): Token {
    while (this.#offset < this.source.length) {
      const character = characterAt(this.source, this.#offset);
      if (!isAlphaNumeric(character)) break;
      this.#offset += character.length;
    }
    const value = this.source.slice(start, this.#offset);
    return { kind: WORD_OPERATORS.has(value) ? 'operator' : 'identifier', value, offset: start };
  }

  #operator(start: number, character: string): Token {
    const kind: TokenKind = '([{}])'.includes(character) ? 'bracket' : 'operator';
    if (kind === 'operator' && !'?/#|:,;%+-^&!=*<>.'.includes(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      this.#fail(`unrecognized character: U+${code} '${character}'`, start);
    }
    let length = 1;
    const next = this.source[start + 1] ?? '';
    if (SECOND.get(character)?.includes(next) === true && next !== '') length = 2;
    this.#offset = start + length;
    return { kind, value: this.source.slice(start, this.#offset), offset: start };
  }

  #number(start: number): Token {
    const prefix = /^0[xXoObB]/.exec(this.source.slice(start, start + 2))?.[0][1]?.toLowerCase();
    const digits = prefix === 'x' ? /[\da-fA-F_]/ : prefix === 'o' ? /[0-7_]/ : prefix === 'b' ? /[01_]/ : /[\d_]/;
    this.#offset = prefix === undefined ? start : start + 2;
    this.#skipRun(digits);
    if (this.source[this.#offset] === '.') {
      // Two dots are the range operator: the number ends before them.
      if (this.source[this.#offset + 1] === '.') return this.#token('number', start);
      this.#offset++;
      this.#skipRun(digits);
    }
    if (/^[eE]$/.test(this.source[this.#offset] ?? '')) {
      this.#offset++;
      if (/^[+-]$/.test(this.source[this.#offset] ?? '')) this.#offset++;
      this.#skipRun(digits);
    }
    const next = characterAt(this.source, this.#offset);
    if (isAlphaNumeric(next)) {
      const text = this.source.slice(start, this.#offset + next.length);
      this.#fail(`bad number syntax: ${JSON.stringify(text)}`, this.#offset);
    }
    return this.#token('number', start);
  }

  #skipRun(characters: RegExp): void {
    while (characters.test(this.source[this.#offset] ?? '')) this.#offset++;
  }

  #token(kind: TokenKind, start: number): Token {
    return { kind, value: this.source.slice(start, this.#offset), offset: start };
  }

  #string(start: number, quote: string, bytes: boolean): Token {
    this.#offset++;
    let value = '';
    const raw: number[] = [];
    for (;;) {
      const character = characterAt(this.source, this.#offset);
      if (character === '' || character === '\n') this.#fail('literal not terminated', this.#offset);
      if (character === quote) break;
      if (character === '\\') {
        const escape = readEscape(this.source, this.#offset + 1, quote, bytes);
        if ('reason' in escape) this.#fail(escape.reason, escape.at);
        if (bytes) raw.push(escape.value);
        else value += String.fromCodePoint(escape.value);
        this.#offset += 1 + escape.length;
        continue;
      }
      this.#offset += character.length;
      // Line ends are the same everywhere: a carriage return, alone or before a line feed, is a line feed.
      const text = character === '\r' ? '\n' : character;
      if (bytes) raw.push(...encodeText(text));
      else value += text;
    }
    this.#offset++;
    return bytes
      ? { kind: 'bytes', value: this.source.slice(start, this.#offset), offset: start, bytes: Uint8Array.from(raw) }
      : { kind: 'string', value, offset: start };
  }

  #rawString(start: number): Token {
    let value = '';
    let from = start + 1;
    for (;;) {
      const end = this.source.indexOf('`', from);
      if (end < 0) this.#fail('literal not terminated', this.source.length);
      value += this.source.slice(from, end);
      this.#offset = end + 1;
      if (this.source[this.#offset] !== '`') break;
      value += '`';
      from = end + 2;
    }
    return { kind: 'string', value, offset: start };
  }

  #fail(reason: string, offset: number): never {
    throw new ExprError('parse', reason, { source: this.source, offset });
  }
}

/** For each character that may start an operator of two characters: those that may follow. */
const SECOND: ReadonlyMap<string, string> = new Map([
  ['?', '.?'],
  ['#', '#'],
  ['|', '|'],
  [':', ':'],
  ['.', '.'],
  ...['&', '!', '=', '*', '<', '>'].map((first) => [first, '&=*'] as const),
]);
