import { ParseError } from '../parse-error.ts';
import { checkRequirement } from './requirement.ts';
import type { Requirement } from './requirement.ts';

const TOKEN = /[ \t\r\n]*(==|!=|[=!(),<>]|[^ \t\r\n=!(),<>]+|$)/y;
const SYMBOL = /^(==|!=|[=!(),<>])$/;

/** Parses the requirements of a label selector; the empty text has none. Fails with {@link ParseError}. */
export function parseRequirements(text: string): Requirement[] {
  const parser = new Parser(text);
  return parser.parse();
}

class Parser {
  readonly #text: string;
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    for (const [, token] of text.matchAll(new RegExp(TOKEN, 'gy'))) this.#tokens.push(token ?? '');
  }

  parse(): Requirement[] {
    const out: Requirement[] = [];
    if (this.#peek() === '') return out;
    for (;;) {
      out.push(checkRequirement(this.#requirement()));
      const next = this.#next();
      if (next === '') return out;
      if (next !== ',') this.#fail(next, "',' or the end");
    }
  }

  #requirement(): Requirement {
    const negated = this.#peek() === '!';
    if (negated) this.#next();
    const key = this.#word('a label key');
    const values: string[] = [];
    if (negated) return { key, operator: 'DoesNotExist', values };
    const operator = this.#peek();
    if (operator === '' || operator === ',') return { key, operator: 'Exists', values };
    this.#next();
    switch (operator) {
      case '=':
      case '==':
        return { key, operator: 'In', values: [this.#value()] };
      case '!=':
        return { key, operator: 'NotIn', values: [this.#value()] };
      case '>':
        return { key, operator: 'Gt', values: [this.#value()] };
      case '<':
        return { key, operator: 'Lt', values: [this.#value()] };
      case 'in':
        return { key, operator: 'In', values: this.#set() };
      case 'notin':
        return { key, operator: 'NotIn', values: this.#set() };
      default:
        return this.#fail(operator, "an operator: '=', '==', '!=', 'in', 'notin', '>', '<'");
    }
  }

  /** A value may be missing: `a=` asks for the empty value. */
  #value(): string {
    const token = this.#peek();
    if (token === '' || token === ',') return '';
    return this.#word('a label value');
  }

  /** Values may be empty, so that `()` holds the empty value. */
  #set(): string[] {
    const open = this.#next();
    if (open !== '(') this.#fail(open, "'('");
    const values = new Set<string>();
    for (;;) {
      const token = this.#peek();
      values.add(token === ',' || token === ')' ? '' : this.#word('a label value'));
      const next = this.#next();
      if (next === ')') return [...values].toSorted();
      if (next !== ',') this.#fail(next, "',' or ')'");
    }
  }

  #word(wanted: string): string {
    const token = this.#next();
    if (token === '' || SYMBOL.test(token)) this.#fail(token, wanted);
    return token;
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  #next(): string {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  #fail(found: string, wanted: string): never {
    const what = found === '' ? 'the end' : `'${found}'`;
    throw new ParseError(
      'InvalidLabelSelector',
      `unable to parse label selector ${JSON.stringify(this.#text)}: found ${what}, expected ${wanted}`,
    );
  }
}
