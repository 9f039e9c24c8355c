import type { BinaryOperator, Node } from '../ast/node.ts';
import { DEFAULT_BUDGET } from '../budget.ts';
import { ExprError } from '../error.ts';
import { isIdentifier } from '../lexer/characters.ts';
import { Lexer } from '../lexer/lexer.ts';
import { describeToken, isToken, type Token, type TokenKind } from '../lexer/token.ts';
import { numberLiteral } from './number.ts';
import { BINARY, isNegatable, isOrdering, UNARY } from './operators.ts';
import { PREDICATE_BUILTINS } from './predicate-builtins.ts';

/** Levels of nesting that parentheses and the like may have: deeper ones would exhaust the stack. */
const MAX_DEPTH = 500;

/** What the parser must know of the language's functions. */
export interface ParserOptions {
  /** Names that, when called, are the language's own functions. */
  readonly isBuiltin: (name: string) => boolean;
  /** Names that are host functions and so take the place of the language's own. */
  readonly isOverridden?: ((name: string) => boolean) | undefined;
  readonly maxNodes?: number | undefined;
}

/**
 * The syntax tree of an expression.
 *
 * @throws ExprError with code `parse`, or `budget` for a tree that is too large or too deep
 */
export function parse(source: string, options: ParserOptions): Node {
  return new Parser(source, options).parse();
}

class Parser {
  readonly #source: string;
  readonly #lexer: Lexer;
  readonly #options: ParserOptions;
  #current: Token = { kind: 'end', value: '', offset: 0 };
  #ahead: Token | undefined;
  #predicates = 0;
  #nodes = 0;
  #depth = 0;

  constructor(source: string, options: ParserOptions) {
    this.#source = source;
    this.#lexer = new Lexer(source);
    this.#options = options;
  }

  parse(): Node {
    this.#advance();
    const node = this.#sequence();
    if (this.#current.kind !== 'end') this.#unexpected();
    return node;
  }

  #sequence(): Node {
    const first = this.#expression(0);
    const nodes = [first];
    while (this.#is('operator', ';')) {
      this.#advance();
      if (this.#current.kind === 'end') break;
      nodes.push(this.#expression(0));
    }
    return nodes.length === 1 ? first : this.#made({ kind: 'sequence', nodes, at: first.at });
  }

  #expression(level: number): Node {
    if (++this.#depth > MAX_DEPTH) this.#fail('budget', `expression is nested more than ${MAX_DEPTH} levels deep`, this.#current);
    const node = this.#expressionAt(level);
    this.#depth--;
    return node;
  }

  #expressionAt(level: number): Node {
    if (level === 0 && this.#is('operator', 'let')) return this.#let();
    if (level === 0 && this.#is('operator', 'if')) return this.#if();
    let left = this.#primary();
    let previous = '';
    while (this.#current.kind === 'operator') {
      const negated = this.#is('operator', 'not') ? this.#current : undefined;
      if (negated !== undefined) {
        this.#advance();
        if (!isNegatable(this.#current.value)) this.#unexpected();
      }
      const token = this.#current;
      if (token.value === '|' && level === 0) {
        this.#advance();
        left = this.#call(this.#expect('identifier'), [left], true);
        previous = '|';
        continue;
      }
      const operator = BINARY.get(token.value);
      if (operator === undefined || operator.level < level) {
        if (negated !== undefined) this.#stepBack(negated);
        break;
      }
      this.#advance();
      if (previous === '??' && token.value !== '??') {
        const reason = `Operator (${token.value}) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.`;
        this.#fail('parse', reason, token);
      }
      if (isOrdering(token.value)) {
        left = this.#comparison(left, token, operator.level);
      } else {
        const right = this.#expression(operator.rightAssociative === true ? operator.level : operator.level + 1);
        left = this.#made({ kind: 'binary', operator: operator.operator, left, right, at: token.offset });
        if (negated !== undefined) left = this.#made({ kind: 'unary', operator: 'not', operand: left, at: token.offset });
      }
      previous = token.value;
    }
    return level === 0 ? this.#ternaries(left) : left;
  }

  /** `a < b <= c` means `a < b && b <= c`. */
  #comparison(first: Node, firstToken: Token, level: number): Node {
    let left = first;
    let token = firstToken;
    let whole: Node | undefined;
    for (;;) {
      const right = this.#expression(level + 1);
      const part = this.#made({ kind: 'binary', operator: token.value as BinaryOperator, left, right, at: token.offset });
      whole =
        whole === undefined ? part : this.#made({ kind: 'binary', operator: '&&', left: whole, right: part, at: token.offset });
      if (this.#current.kind !== 'operator' || !isOrdering(this.#current.value)) return whole;
      left = right;
      token = this.#current;
      this.#advance();
    }
  }

  #ternaries(first: Node): Node {
    let node = first;
    while (this.#is('operator', '?')) {
      this.#advance();
      let then = node;
      if (this.#is('operator', ':')) {
        this.#advance();
      } else {
        then = this.#expression(0);
        this.#expect('operator', ':');
      }
      const otherwise = this.#expression(0);
      node = this.#made({ kind: 'conditional', condition: node, then, otherwise, at: this.#current.offset });
    }
    return node;
  }

  #let(): Node {
    this.#advance();
    const name = this.#expect('identifier');
    this.#expect('operator', '=');
    const value = this.#expression(0);
    this.#expect('operator', ';');
    const body = this.#sequence();
    return this.#made({ kind: 'let', name: name.value, value, body, at: name.offset });
  }

  #if(): Node {
    const at = this.#current.offset;
    this.#advance();
    const condition = this.#expression(0);
    const then = this.#block();
    this.#expect('operator', 'else');
    const otherwise = this.#is('operator', 'if') ? this.#if() : this.#block();
    return this.#made({ kind: 'conditional', condition, then, otherwise, at });
  }

  #block(): Node {
    this.#expect('bracket', '{');
    const node = this.#sequence();
    this.#expect('bracket', '}');
    return node;
  }

  #primary(): Node {
    const token = this.#current;
    if (token.kind === 'operator') {
      const unary = UNARY.get(token.value);
      if (unary !== undefined) {
        this.#advance();
        const operand = this.#expression(unary.level);
        return this.#postfix(this.#made({ kind: 'unary', operator: unary.operator, operand, at: token.offset }));
      }
      if (this.#predicates > 0 && (token.value === '#' || token.value === '.')) return this.#pointer(token);
      if (token.value === '::') {
        this.#advance();
        return this.#postfix(this.#call(this.#expect('identifier'), [], false));
      }
    }
    if (this.#is('bracket', '(')) {
      this.#advance();
      const node = this.#sequence();
      this.#expect('bracket', ')');
      return this.#postfix(node);
    }
    return this.#operand(token);
  }

  /** `#`, `#name`; or nothing at all in front of a `.`, which stays for the postfix. */
  #pointer(token: Token): Node {
    let name = '';
    if (token.value === '#') {
      this.#advance();
      if (this.#current.kind === 'identifier') {
        name = this.#current.value;
        this.#advance();
      }
    }
    return this.#postfix(this.#made({ kind: 'pointer', name, at: token.offset }));
  }

  #operand(token: Token): Node {
    const at = token.offset;
    switch (token.kind) {
      case 'identifier':
        this.#advance();
        if (token.value === 'true' || token.value === 'false') {
          return this.#made({ kind: 'bool', value: token.value === 'true', at });
        }
        if (token.value === 'nil') return this.#made({ kind: 'nil', at });
        if (this.#is('bracket', '(')) return this.#postfix(this.#call(token, [], true));
        return this.#postfix(this.#made({ kind: 'identifier', name: token.value, at }));
      case 'number': {
        this.#advance();
        const literal = numberLiteral(token.value, at);
        if (typeof literal === 'string') this.#fail('parse', literal, this.#current);
        return this.#made(literal);
      }
      case 'string':
        this.#advance();
        return this.#postfix(this.#made({ kind: 'string', value: token.value, at }));
      case 'bytes':
        this.#advance();
        return this.#postfix(this.#made({ kind: 'bytes', value: token.bytes ?? new Uint8Array(), at }));
      default:
        if (this.#is('bracket', '[')) return this.#postfix(this.#list(token));
        if (this.#is('bracket', '{')) return this.#postfix(this.#map(token));
        return this.#unexpected();
    }
  }

  #call(token: Token, piped: readonly Node[], overridable: boolean): Node {
    const name = token.value;
    const overridden = overridable && this.#options.isOverridden?.(name) === true;
    const parameters = overridden ? undefined : PREDICATE_BUILTINS.get(name);
    if (parameters !== undefined) {
      const args = this.#predicateArguments(parameters, piped);
      return this.#made({ kind: 'builtin', name, args, at: token.offset });
    }
    if (!overridden && this.#options.isBuiltin(name)) {
      return this.#made({ kind: 'builtin', name, args: this.#arguments(piped), at: token.offset });
    }
    const callee = this.#made({ kind: 'identifier', name, at: token.offset });
    return this.#made({ kind: 'call', callee, args: this.#arguments(piped), at: token.offset });
  }

  #predicateArguments(parameters: readonly string[], piped: readonly Node[]): Node[] {
    this.#expect('bracket', '(');
    const args = [...piped];
    parameters.slice(piped.length).forEach((parameter, index, rest) => {
      if (this.#is('bracket', ')')) {
        if (parameter.endsWith('?')) return;
        this.#fail('parse', `expected at least ${rest.length} arguments`, this.#current);
      }
      if (index > 0) this.#expect('operator', ',');
      args.push(parameter.startsWith('predicate') ? this.#predicate() : this.#expression(0));
    });
    if (this.#is('operator', ',')) this.#advance();
    this.#expect('bracket', ')');
    return args;
  }

  #predicate(): Node {
    const at = this.#current.offset;
    const braces = this.#is('bracket', '{');
    if (braces) this.#advance();
    this.#predicates++;
    const body = braces ? this.#sequence() : this.#expression(0);
    if (!braces && this.#is('operator', ';')) this.#fail('parse', 'wrap predicate with brackets { and }', this.#current);
    this.#predicates--;
    if (braces) this.#expect('bracket', '}');
    return this.#made({ kind: 'predicate', body, at });
  }

  #arguments(piped: readonly Node[]): Node[] {
    this.#expect('bracket', '(');
    const args = [...piped];
    while (!this.#is('bracket', ')')) {
      if (args.length > piped.length) this.#expect('operator', ',');
      if (this.#is('bracket', ')')) break;
      args.push(this.#expression(0));
    }
    this.#expect('bracket', ')');
    return args;
  }

  #list(token: Token): Node {
    this.#expect('bracket', '[');
    const items: Node[] = [];
    while (!this.#is('bracket', ']')) {
      if (items.length > 0) this.#expect('operator', ',');
      if (this.#is('bracket', ']')) break;
      items.push(this.#expression(0));
    }
    this.#expect('bracket', ']');
    return this.#made({ kind: 'list', items, at: token.offset });
  }

  #map(token: Token): Node {
    this.#expect('bracket', '{');
    const entries: { key: Node; value: Node }[] = [];
    while (!this.#is('bracket', '}')) {
      if (entries.length > 0) this.#expect('operator', ',');
      if (this.#is('bracket', '}')) break;
      const key = this.#mapKey();
      this.#expect('operator', ':');
      entries.push({ key, value: this.#expression(0) });
      this.#count();
    }
    this.#expect('bracket', '}');
    return this.#made({ kind: 'map', entries, at: token.offset });
  }

  #mapKey(): Node {
    const token = this.#current;
    if (token.kind === 'number' || token.kind === 'string' || token.kind === 'identifier') {
      this.#advance();
      return this.#made({ kind: 'string', value: token.value, at: token.offset });
    }
    if (this.#is('bracket', '(')) return this.#expression(0);
    const reason = `a map key must be a quoted string, a number, an identifier, or an expression enclosed in parentheses (unexpected token ${describeToken(token)})`;
    return this.#fail('parse', reason, token);
  }

  #postfix(operand: Node): Node {
    let node = operand;
    for (;;) {
      const token = this.#current;
      if (isToken(token, 'operator', '.', '?.')) {
        this.#advance();
        const optional = token.value === '?.';
        if (optional && this.#is('bracket', '[')) node = this.#index(node, this.#current, true);
        else node = this.#member(node, optional);
      } else if (isToken(token, 'bracket', '[')) {
        node = this.#index(node, token, false);
      } else {
        return node;
      }
    }
  }

  #member(object: Node, optional: boolean): Node {
    const name = this.#current;
    const at = name.offset;
    this.#advance();
    if (name.kind !== 'identifier' && !(name.kind === 'operator' && isIdentifier(name.value))) {
      this.#fail('parse', 'expected name', this.#current);
    }
    const property = this.#made({ kind: 'string', value: name.value, at });
    const called = this.#is('bracket', '(');
    const chained = object.kind === 'chain';
    const base = chained ? object.inner : object;
    const member = this.#made({ kind: 'member', object: base, property, optional, called, at });
    const node = called ? this.#made({ kind: 'call', callee: member, args: this.#arguments([]), at }) : member;
    return chained || optional ? this.#made({ kind: 'chain', inner: node, at }) : node;
  }

  /** `[index]` or a slice `[from:to]`; the current token is the bracket. */
  #index(object: Node, bracket: Token, optional: boolean): Node {
    const at = bracket.offset;
    this.#advance();
    const from = this.#is('operator', ':') ? undefined : this.#expression(0);
    if (this.#is('operator', ':')) {
      this.#advance();
      const to = this.#is('bracket', ']') ? undefined : this.#expression(0);
      const slice = this.#made({ kind: 'slice', object, from, to, at });
      this.#expect('bracket', ']');
      return slice;
    }
    if (from === undefined) return this.#unexpected();
    const member = this.#made({ kind: 'member', object, property: from, optional, called: false, at });
    const node = optional ? this.#made({ kind: 'chain', inner: member, at }) : member;
    this.#expect('bracket', ']');
    return node;
  }

  #made<T extends Node>(node: T): T {
    this.#count();
    return node;
  }

  #count(): void {
    const limit = this.#options.maxNodes ?? DEFAULT_BUDGET.nodes;
    if (++this.#nodes > limit) {
      this.#fail('budget', `expression exceeds the maximum of ${limit} nodes`, this.#current);
    }
  }

  #is(kind: TokenKind, ...values: readonly string[]): boolean {
    return isToken(this.#current, kind, ...values);
  }

  #expect(kind: TokenKind, ...values: readonly string[]): Token {
    const token = this.#current;
    if (!isToken(token, kind, ...values)) this.#unexpected();
    this.#advance();
    return token;
  }

  #advance(): void {
    const token = this.#ahead ?? this.#lexer.next();
    this.#ahead = undefined;
    if (token === undefined) this.#fail('parse', 'unexpected end of expression', this.#current);
    this.#current = token;
  }

  #stepBack(token: Token): void {
    this.#ahead = this.#current;
    this.#current = token;
  }

  #unexpected(): never {
    return this.#fail('parse', `unexpected token ${describeToken(this.#current)}`, this.#current);
  }

  #fail(code: 'parse' | 'budget', reason: string, token: Token): never {
    throw new ExprError(code, reason, { source: this.#source, offset: token.offset });
  }
}
