import { unquote } from './unquote.ts';
import type { Bound, ListNode, Node } from './nodes.ts';

/** A template that cannot be parsed; the message says why. */
export class JSONPathSyntaxError extends Error {
  override readonly name = 'JSONPathSyntaxError';
}

const KEY = /^'([^']*)'$/;
const SLICE = /^(-?[0-9]*)(:-?[0-9]*)?(:-?[0-9]*)?$/;
const FILTER = /^([^!<>=]+)([!<>=]+)(.+?)$/;
const ALPHANUMERIC = /[_\p{L}\p{Nd}]/u;
const PRINTABLE = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
const DIGIT = /\p{Nd}/u;
const TERMINATORS = new Set([' ', '\t', '\r', '\n', '', '.', ',', '[', ']', '$', '@', '{', '}']);

/** Parses a Kubernetes JSONPath template: text with actions in braces. The root's children are texts and lists. Fails with {@link JSONPathSyntaxError}. */
export function parseTemplate(template: string): ListNode {
  return new Parser(template).parseText();
}

/** Parses what stands inside one pair of braces. */
function parseAction(action: string): ListNode {
  const [first] = parseTemplate(`{${action}}`).nodes;
  if (first?.kind !== 'list') throw new JSONPathSyntaxError(`unexpected text ${JSON.stringify(action)}`);
  return first;
}

class Parser {
  readonly #input: string;
  #at = 0;
  #start = 0;
  #nodes: Node[] = [];

  constructor(input: string) {
    this.#input = input;
  }

  parseText(): ListNode {
    const root: Node[] = [];
    for (;;) {
      const brace = this.#input.indexOf('{', this.#at);
      const end = brace === -1 ? this.#input.length : brace;
      if (end > this.#at) root.push({ kind: 'text', text: this.#input.slice(this.#at, end) });
      if (brace === -1) return { kind: 'list', nodes: root };
      this.#at = brace + 1;
      this.#start = this.#at;
      this.#nodes = [];
      root.push({ kind: 'list', nodes: this.#nodes });
      this.#action();
    }
  }

  /** Up to and including the closing brace. */
  #action(): void {
    for (;;) {
      if (this.#skip('}')) return;
      if (this.#input.startsWith('[?(', this.#at)) this.#filter();
      else if (this.#input.startsWith('..', this.#at)) this.#recursive();
      else this.#element();
    }
  }

  #element(): void {
    const char = this.#next();
    if (char === '' || char === '\n' || char === '\r') throw new JSONPathSyntaxError('unclosed action');
    if (char === ' ' || char === '@' || char === '$') this.#take();
    else if (char === '[') this.#array();
    else if (char === '"' || char === "'") this.#quoted(char);
    else if (char === '.') this.#field();
    else if (char === '+' || char === '-' || DIGIT.test(char)) this.#number(char);
    else if (ALPHANUMERIC.test(char)) this.#identifier();
    else throw new JSONPathSyntaxError(`unrecognized character in action: ${unicodeName(char)}`);
  }

  #identifier(): void {
    while (!TERMINATORS.has(this.#peek())) this.#next();
    const name = this.#take();
    this.#nodes.push(
      name === 'true' || name === 'false' ? { kind: 'bool', value: name === 'true' } : { kind: 'identifier', name },
    );
  }

  #recursive(): void {
    if (this.#nodes.at(-1)?.kind === 'recursive') throw new JSONPathSyntaxError('invalid multiple recursive descent');
    this.#at += 2;
    this.#take();
    this.#nodes.push({ kind: 'recursive' });
    if (ALPHANUMERIC.test(this.#peek())) this.#field();
  }

  #number(first: string): void {
    let char = this.#peek();
    while (char === '.' || DIGIT.test(char)) {
      this.#next();
      char = this.#peek();
    }
    const text = this.#take();
    if (!/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(text)) throw new JSONPathSyntaxError(`cannot parse number ${text || first}`);
    this.#nodes.push({ kind: 'number', value: Number(text), integer: !text.includes('.') });
  }

  #array(): void {
    for (let char = this.#next(); char !== ']'; char = this.#next())
      if (char === '' || char === '\n') throw new JSONPathSyntaxError('unterminated array');
    const text = this.#take().slice(1, -1);
    const parts = (text === '*' ? ':' : text).split(',');
    if (parts.length > 1) {
      this.#nodes.push({ kind: 'union', lists: parts.map((part) => parseAction(`[${part.replaceAll(/^ +| +$/g, '')}]`)) });
      return;
    }
    const key = KEY.exec(text);
    if (key !== null) this.#nodes.push(...parseAction(`.${key[1] ?? ''}`).nodes);
    else this.#nodes.push(slice(text === '*' ? ':' : text));
  }

  #filter(): void {
    this.#at += 3;
    this.#take();
    let opened = '';
    let closed = false;
    for (;;) {
      const char = this.#next();
      if (char === '' || char === '\n') throw new JSONPathSyntaxError('unterminated filter');
      if (char === '"' || char === "'") {
        if (opened === '') opened = char;
        else if (char === opened && this.#input.charAt(this.#at - 2) !== '\\') closed = true;
      } else if (char === ')' && (opened === '' || closed)) break;
    }
    if (this.#next() !== ']') throw new JSONPathSyntaxError('unclosed array expect ]');
    const text = this.#take().slice(0, -2);
    const [, left, operator = '', right = ''] = FILTER.exec(text) ?? [];
    this.#nodes.push(
      left === undefined
        ? { kind: 'filter', left: parseAction(text), operator: 'exists', right: { kind: 'list', nodes: [] } }
        : { kind: 'filter', left: parseAction(left), operator, right: parseAction(right) },
    );
  }

  #quoted(quote: string): void {
    for (;;) {
      const char = this.#next();
      if (char === '' || char === '\n') throw new JSONPathSyntaxError('unterminated quoted string');
      if (char === quote && this.#input.charAt(this.#at - 2) !== '\\') break;
    }
    const literal = this.#take();
    const text = unquote(literal);
    if (text === undefined) throw new JSONPathSyntaxError(`unquote string ${literal} error invalid syntax`);
    this.#nodes.push({ kind: 'text', text });
  }

  #field(): void {
    this.#take();
    for (let char = this.#peek(); !TERMINATORS.has(char); char = this.#peek()) {
      this.#next();
      // An escaped character belongs to the name, whatever it is.
      if (char === '\\') this.#next();
    }
    const name = this.#take();
    this.#nodes.push(name === '*' ? { kind: 'wildcard' } : { kind: 'field', name: name.replaceAll('\\', '') });
  }

  /** One character (a whole code point), or the empty text at the end. */
  #peek(): string {
    const point = this.#input.codePointAt(this.#at);
    return point === undefined ? '' : String.fromCodePoint(point);
  }

  #next(): string {
    const char = this.#peek();
    this.#at += char.length;
    return char;
  }

  #skip(text: string): boolean {
    if (!this.#input.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #take(): string {
    const text = this.#input.slice(this.#start, this.#at);
    this.#start = this.#at;
    return text;
  }
}

function slice(text: string): Node {
  const match = SLICE.exec(text);
  if (match === null) throw new JSONPathSyntaxError(`invalid array index ${text}`);
  const from = bound(match[1] ?? '', false);
  const to: Bound =
    match[2] === undefined || match[2] === '' ? { value: from.value + 1, known: true, derived: true } : bound(match[2], true);
  return { kind: 'array', from, to, step: bound(match[3] ?? '', true) };
}

function bound(text: string, colon: boolean): Bound {
  const digits = colon ? text.slice(1) : text;
  if (digits === '') return { value: 0, known: false, derived: false };
  const value = Number(digits);
  if (digits === '-' || !Number.isSafeInteger(value)) throw new JSONPathSyntaxError(`array index ${digits} is not a number`);
  return { value, known: true, derived: false };
}

function unicodeName(char: string): string {
  const code = `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return PRINTABLE.test(char) ? `${code} '${char}'` : code;
}
