import type { BinaryOperator, Node } from '../ast/node.ts';
import { DEFAULT_BUDGET } from '../budget.ts';
import { isIdentifier } from '../lexer/characters.ts';
import { describeToken, isToken, type Token } from '../lexer/token.ts';
import { numberLiteral } from './number.ts';
import { BINARY, isNegatable, isOrdering, UNARY } from './operators.ts';
import { PREDICATE_BUILTINS } from './predicate-builtins.ts';
import { TokenStream } from './token-stream.ts';

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
  readonly #tokens: TokenStream;
  readonly #options: ParserOptions;
  #predicates = 0;
  #nodes = 0;
  #depth = 0;

  constructor(source: string, options: ParserOptions) {
    this.#tokens = new TokenStream(source);
    this.#options = options;
  }

  parse(): Node {
    this.#tokens.advance();
    const node = this.#sequence();
    if (this.#tokens.current.kind !== 'end') this.#tokens.unexpected();
    return node;
  }

  #sequence(): Node {
    const first = this.#expression(0);
    const nodes = [first];
    while (this.#tokens.is('operator', ';')) {
      this.#tokens.advance();
      if (this.#tokens.current.kind === 'end') break;
      nodes.push(this.#expression(0));
    }
    return nodes.length === 1 ? first : this.#made({ kind: 'sequence', nodes, at: first.at });
  }

  #expression(level: number): Node {
    if (++this.#depth > MAX_DEPTH)
      this.#tokens.fail('budget', `expression is nested more than ${MAX_DEPTH} levels deep`, this.#tokens.current);
    const node = this.#expressionAt(level);
    this.#depth--;
    return node;
  }

  #expressionAt(level: number): Node {
    if (level === 0 && this.#tokens.is('operator', 'let')) return this.#let();
    if (level === 0 && this.#tokens.is('operator', 'if')) return this.#if();
    let left = this.#primary();
    let previous = '';
    while (this.#tokens.current.kind === 'operator') {
      const negated = this.#tokens.is('operator', 'not') ? this.#tokens.current : undefined;
      if (negated !== undefined) {
        this.#tokens.advance();
        if (!isNegatable(this.#tokens.current.value)) this.#tokens.unexpected();
      }
      const token = this.#tokens.current;
      if (token.value === '|' && level === 0) {
        this.#tokens.advance();
        left = this.#call(this.#tokens.expect('identifier'), [left], true);
        previous = '|';
        continue;
      }
      const operator = BINARY.get(token.value);
      if (operator === undefined || operator.level < level) {
        if (negated !== undefined) this.#tokens.stepBack(negated);
        break;
      }
      this.#tokens.advance();
      if (previous === '??' && token.value !== '??') {
        const reason = `Operator (${token.value}) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.`;
        this.#tokens.fail('parse', reason, token);
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
      if (this.#tokens.current.kind !== 'operator' || !isOrdering(this.#tokens.current.value)) return whole;
      left = right;
      token = this.#tokens.current;
      this.#tokens.advance();
    }
  }

  #ternaries(first: Node): Node {
    let node = first;
    while (this.#tokens.is('operator', '?')) {
      this.#tokens.advance();
      let then = node;
      if (this.#tokens.is('operator', ':')) {
        this.#tokens.advance();
      } else {
        then = this.#expression(0);
        this.#tokens.expect('operator', ':');
      }
      const otherwise = this.#expression(0);
      node = this.#made({ kind: 'conditional', condition: node, then, otherwise, at: this.#tokens.current.offset });
    }
    return node;
  }

  #let(): Node {
    this.#tokens.advance();
    const name = this.#tokens.expect('identifier');
    this.#tokens.expect('operator', '=');
    const value = this.#expression(0);
    this.#tokens.expect('operator', ';');
    const body = this.#sequence();
    return this.#made({ kind: 'let', name: name.value, value, body, at: name.offset });
  }

  #if(): Node {
    const at = this.#tokens.current.offset;
    this.#tokens.advance();
    const condition = this.#expression(0);
    const then = this.#block();
    this.#tokens.expect('operator', 'else');
    const otherwise = this.#tokens.is('operator', 'if') ? this.#if() : this.#block();
    return this.#made({ kind: 'conditional', condition, then, otherwise, at });
  }

  #block(): Node {
    this.#tokens.expect('bracket', '{');
    const node = this.#sequence();
    this.#tokens.expect('bracket', '}');
    return node;
  }

  #primary(): Node {
    const token = this.#tokens.current;
    if (token.kind === 'operator') {
      const unary = UNARY.get(token.value);
      if (unary !== undefined) {
        this.#tokens.advance();
        const operand = this.#expression(unary.level);
        return this.#postfix(this.#made({ kind: 'unary', operator: unary.operator, operand, at: token.offset }));
      }
      if (this.#predicates > 0 && (token.value === '#' || token.value === '.')) return this.#pointer(token);
      if (token.value === '::') {
        this.#tokens.advance();
        return this.#postfix(this.#call(this.#tokens.expect('identifier'), [], false));
      }
    }
    if (this.#tokens.is('bracket', '(')) {
      this.#tokens.advance();
      const node = this.#sequence();
      this.#tokens.expect('bracket', ')');
      return this.#postfix(node);
    }
    return this.#operand(token);
  }

  /** `#`, `#name`; or nothing at all in front of a `.`, which stays for the postfix. */
  #pointer(token: Token): Node {
    let name = '';
    if (token.value === '#') {
      this.#tokens.advance();
      if (this.#tokens.current.kind === 'identifier') {
        name = this.#tokens.current.value;
        this.#tokens.advance();
      }
    }
    return this.#postfix(this.#made({ kind: 'pointer', name, at: token.offset }));
  }

  #operand(token: Token): Node {
    const at = token.offset;
    switch (token.kind) {
      case 'identifier':
        this.#tokens.advance();
        if (token.value === 'true' || token.value === 'false') {
          return this.#made({ kind: 'bool', value: token.value === 'true', at });
        }
        if (token.value === 'nil') return this.#made({ kind: 'nil', at });
        if (this.#tokens.is('bracket', '(')) return this.#postfix(this.#call(token, [], true));
        return this.#postfix(this.#made({ kind: 'identifier', name: token.value, at }));
      case 'number': {
        this.#tokens.advance();
        const literal = numberLiteral(token.value, at);
        if (typeof literal === 'string') this.#tokens.fail('parse', literal, this.#tokens.current);
        return this.#made(literal);
      }
      case 'string':
        this.#tokens.advance();
        return this.#postfix(this.#made({ kind: 'string', value: token.value, at }));
      case 'bytes':
        this.#tokens.advance();
        return this.#postfix(this.#made({ kind: 'bytes', value: token.bytes ?? new Uint8Array(), at }));
      default:
        if (this.#tokens.is('bracket', '[')) return this.#postfix(this.#list(token));
        if (this.#tokens.is('bracket', '{')) return this.#postfix(this.#map(token));
        return this.#tokens.unexpected();
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
    this.#tokens.expect('bracket', '(');
    const args = [...piped];
    parameters.slice(piped.length).forEach((parameter, index, rest) => {
      if (this.#tokens.is('bracket', ')')) {
        if (parameter.endsWith('?')) return;
        this.#tokens.fail('parse', `expected at least ${rest.length} arguments`, this.#tokens.current);
      }
      if (index > 0) this.#tokens.expect('operator', ',');
      args.push(parameter.startsWith('predicate') ? this.#predicate() : this.#expression(0));
    });
    if (this.#tokens.is('operator', ',')) this.#tokens.advance();
    this.#tokens.expect('bracket', ')');
    return args;
  }

  #predicate(): Node {
    const at = this.#tokens.current.offset;
    const braces = this.#tokens.is('bracket', '{');
    if (braces) this.#tokens.advance();
    this.#predicates++;
    const body = braces ? this.#sequence() : this.#expression(0);
    if (!braces && this.#tokens.is('operator', ';'))
      this.#tokens.fail('parse', 'wrap predicate with brackets { and }', this.#tokens.current);
    this.#predicates--;
    if (braces) this.#tokens.expect('bracket', '}');
    return this.#made({ kind: 'predicate', body, at });
  }

  #arguments(piped: readonly Node[]): Node[] {
    this.#tokens.expect('bracket', '(');
    const args = [...piped];
    while (!this.#tokens.is('bracket', ')')) {
      if (args.length > piped.length) this.#tokens.expect('operator', ',');
      if (this.#tokens.is('bracket', ')')) break;
      args.push(this.#expression(0));
    }
    this.#tokens.expect('bracket', ')');
    return args;
  }

  #list(token: Token): Node {
    this.#tokens.expect('bracket', '[');
    const items: Node[] = [];
    while (!this.#tokens.is('bracket', ']')) {
      if (items.length > 0) this.#tokens.expect('operator', ',');
      if (this.#tokens.is('bracket', ']')) break;
      items.push(this.#expression(0));
    }
    this.#tokens.expect('bracket', ']');
    return this.#made({ kind: 'list', items, at: token.offset });
  }

  #map(token: Token): Node {
    this.#tokens.expect('bracket', '{');
    const entries: { key: Node; value: Node }[] = [];
    while (!this.#tokens.is('bracket', '}')) {
      if (entries.length > 0) this.#tokens.expect('operator', ',');
      if (this.#tokens.is('bracket', '}')) break;
      const key = this.#mapKey();
      this.#tokens.expect('operator', ':');
      entries.push({ key, value: this.#expression(0) });
      this.#count();
    }
    this.#tokens.expect('bracket', '}');
    return this.#made({ kind: 'map', entries, at: token.offset });
  }

  #mapKey(): Node {
    const token = this.#tokens.current;
    if (token.kind === 'number' || token.kind === 'string' || token.kind === 'identifier') {
      this.#tokens.advance();
      return this.#made({ kind: 'string', value: token.value, at: token.offset });
    }
    if (this.#tokens.is('bracket', '(')) return this.#expression(0);
    const reason = `a map key must be a quoted string, a number, an identifier, or an expression enclosed in parentheses (unexpected token ${describeToken(token)})`;
    return this.#tokens.fail('parse', reason, token);
  }

  #postfix(operand: Node): Node {
    let node = operand;
    for (;;) {
      const token = this.#tokens.current;
      if (isToken(token, 'operator', '.', '?.')) {
        this.#tokens.advance();
        const optional = token.value === '?.';
        if (optional && this.#tokens.is('bracket', '[')) node = this.#index(node, this.#tokens.current, true);
        else node = this.#member(node, optional);
      } else if (isToken(token, 'bracket', '[')) {
        node = this.#index(node, token, false);
      } else {
        return node;
      }
    }
  }

  #member(object: Node, optional: boolean): Node {
    const name = this.#tokens.current;
    const at = name.offset;
    this.#tokens.advance();
    if (name.kind !== 'identifier' && !(name.kind === 'operator' && isIdentifier(name.value))) {
      this.#tokens.fail('parse', 'expected name', this.#tokens.current);
    }
    const property = this.#made({ kind: 'string', value: name.value, at });
    const called = this.#tokens.is('bracket', '(');
    const chained = object.kind === 'chain';
    const base = chained ? object.inner : object;
    const member = this.#made({ kind: 'member', object: base, property, optional, called, at });
    const node = called ? this.#made({ kind: 'call', callee: member, args: this.#arguments([]), at }) : member;
    return chained || optional ? this.#made({ kind: 'chain', inner: node, at }) : node;
  }

  /** `[index]` or a slice `[from:to]`; the current token is the bracket. */
  #index(object: Node, bracket: Token, optional: boolean): Node {
    const at = bracket.offset;
    this.#tokens.advance();
    const from = this.#tokens.is('operator', ':') ? undefined : this.#expression(0);
    if (this.#tokens.is('operator', ':')) {
      this.#tokens.advance();
      const to = this.#tokens.is('bracket', ']') ? undefined : this.#expression(0);
      const slice = this.#made({ kind: 'slice', object, from, to, at });
      this.#tokens.expect('bracket', ']');
      return slice;
    }
    if (from === undefined) return this.#tokens.unexpected();
    const member = this.#made({ kind: 'member', object, property: from, optional, called: false, at });
    const node = optional ? this.#made({ kind: 'chain', inner: member, at }) : member;
    this.#tokens.expect('bracket', ']');
    return node;
  }

  #made<T extends Node>(node: T): T {
    this.#count();
    return node;
  }

  #count(): void {
    const limit = this.#options.maxNodes ?? DEFAULT_BUDGET.nodes;
    if (++this.#nodes > limit) {
      this.#tokens.fail('budget', `expression exceeds the maximum of ${limit} nodes`, this.#tokens.current);
    }
  }
}
