import { isFunction } from './functions.ts';
import { lex } from './lexer.ts';
import type { Piece, Token } from './lexer.ts';
import type { Command, Expression, ExtraFunctions, ParsedTemplate, Pipe, TemplateNode } from './nodes.ts';
import { GoTemplateError } from './template-error.ts';

/** Parses a template. Fails with {@link GoTemplateError}, also for functions and variables that do not exist. */
export function parseGoTemplate(template: string, extra: ExtraFunctions = {}): ParsedTemplate {
  const parser = new TemplateParser(lex(template), extra);
  return parser.parse();
}

type Body = { nodes: TemplateNode[]; end: 'end' | 'else' | 'eof'; elseTokens: readonly Token[] };

class TemplateParser {
  readonly #pieces: readonly Piece[];
  readonly #extra: ExtraFunctions;
  readonly #defined = new Map<string, readonly TemplateNode[]>();
  #at = 0;
  #variables: string[] = ['$'];
  #ranges = 0;

  constructor(pieces: readonly Piece[], extra: ExtraFunctions) {
    this.#pieces = pieces;
    this.#extra = extra;
  }

  parse(): ParsedTemplate {
    const { nodes, end } = this.#body();
    if (end !== 'eof') throw new GoTemplateError(`unexpected {{${end}}}`);
    return { main: nodes, defined: this.#defined };
  }

  /** Up to `end`, `else` or the end of the template. */
  #body(): Body {
    const nodes: TemplateNode[] = [];
    for (let piece = this.#pieces[this.#at]; piece !== undefined; piece = this.#pieces[this.#at]) {
      this.#at += 1;
      if ('text' in piece) {
        nodes.push({ kind: 'text', text: piece.text });
        continue;
      }
      const tokens = trim(piece.tokens);
      const [first] = tokens;
      const word = first?.kind === 'word' ? first.text : '';
      const rest = trim(tokens.slice(1));
      if (word === 'end' || word === 'else') {
        if (word === 'end' && rest.length > 0) throw new GoTemplateError(`unexpected ${rest[0]?.text} in end`);
        return { nodes, end: word, elseTokens: rest };
      }
      const node = this.#statement(word, rest, tokens);
      if (node !== undefined) nodes.push(node);
    }
    return { nodes, end: 'eof', elseTokens: [] };
  }

  #statement(word: string, rest: readonly Token[], tokens: readonly Token[]): TemplateNode | undefined {
    switch (word) {
      case 'if':
      case 'with':
      case 'range':
        return this.#control(word, rest);
      case 'define':
        this.#define(this.#name(rest, 'define').name, 'define');
        return undefined;
      case 'block':
      case 'template': {
        const { name, pipe } = this.#name(rest, word);
        if (word === 'block') this.#define(name, word);
        return { kind: 'template', name, pipe: pipe.length === 0 ? undefined : this.#pipe(pipe, word) };
      }
      case 'break':
      case 'continue':
        if (this.#ranges === 0) throw new GoTemplateError(`{{${word}}} outside {{range}}`);
        return { kind: word };
      default:
        return { kind: 'action', pipe: this.#pipe(tokens, 'command') };
    }
  }

  #control(kind: 'if' | 'with' | 'range', tokens: readonly Token[]): TemplateNode {
    const scope = this.#variables.length;
    const pipe = this.#pipe(tokens, kind);
    if (kind === 'range') this.#ranges += 1;
    const { nodes, end, elseTokens } = this.#body();
    if (kind === 'range') this.#ranges -= 1;
    const otherwise = end === 'else' ? this.#otherwise(kind, elseTokens) : [];
    if (end === 'eof') throw new GoTemplateError(`unexpected EOF in ${kind}`);
    this.#variables = this.#variables.slice(0, scope);
    return { kind, pipe, body: nodes, otherwise };
  }

  /** `else`, or `else if` and `else with`, which share their `end` with what they continue. */
  #otherwise(kind: string, tokens: readonly Token[]): TemplateNode[] {
    const [first] = tokens;
    if (first?.kind === 'word' && (first.text === 'if' || first.text === 'with') && first.text === kind)
      return [this.#control(first.text, trim(tokens.slice(1)))];
    if (first !== undefined) throw new GoTemplateError(`unexpected ${first.text} in else`);
    const { nodes, end } = this.#body();
    if (end !== 'end') throw new GoTemplateError(end === 'eof' ? `unexpected EOF in ${kind}` : 'unexpected {{else}}');
    return nodes;
  }

  #define(name: string, word: string): void {
    const outer = this.#variables;
    this.#variables = ['$'];
    const { nodes, end } = this.#body();
    this.#variables = outer;
    if (end !== 'end') throw new GoTemplateError(`unexpected ${end === 'eof' ? 'EOF' : '{{else}}'} in ${word} clause`);
    this.#defined.set(name, nodes);
  }

  #name(tokens: readonly Token[], word: string): { name: string; pipe: readonly Token[] } {
    const [first] = tokens;
    if (first?.kind !== 'string') throw new GoTemplateError(`unexpected ${first?.text ?? 'end'} in ${word} clause`);
    return { name: String(first.value), pipe: trim(tokens.slice(1)) };
  }

  #pipe(tokens: readonly Token[], context: string): Pipe {
    const parser = new PipeParser(tokens, context, this.#variables, this.#extra);
    const pipe = parser.parse(true);
    if (!pipe.assign) this.#variables.push(...pipe.variables);
    return pipe;
  }
}

/** Parses the tokens of one pipeline. */
class PipeParser {
  readonly #tokens: readonly Token[];
  readonly #context: string;
  readonly #variables: readonly string[];
  readonly #extra: ExtraFunctions;
  #at = 0;

  constructor(tokens: readonly Token[], context: string, variables: readonly string[], extra: ExtraFunctions) {
    this.#tokens = tokens;
    this.#context = context;
    this.#variables = variables;
    this.#extra = extra;
  }

  parse(outermost: boolean): Pipe {
    const { variables, assign } = outermost ? this.#declaration() : { variables: [], assign: false };
    if (assign) variables.forEach((name) => this.#check(name));
    const commands: Command[] = [];
    for (;;) {
      commands.push(this.#command());
      const next = this.#peek();
      if (next?.text !== '|' || next.kind !== 'symbol') break;
      this.#at += 1;
    }
    const end = this.#peek();
    if (outermost && end !== undefined) throw new GoTemplateError(`unexpected ${end.text} in ${this.#context}`);
    commands.slice(1).forEach(({ operands }, i) => {
      const kind = operands[0]?.kind;
      if (kind === 'literal' || kind === 'dot') throw new GoTemplateError(`non executable command in pipeline stage ${i + 2}`);
    });
    return { variables, assign, commands };
  }

  #declaration(): { variables: string[]; assign: boolean } {
    const words = this.#tokens.filter(({ kind }) => kind !== 'space');
    const [first, second, third, fourth] = words;
    const isTwo = this.#context === 'range' && second?.text === ',' && third?.kind === 'variable';
    const operator = isTwo ? fourth : second;
    if (first?.kind !== 'variable' || operator?.kind !== 'symbol' || (operator.text !== ':=' && operator.text !== '='))
      return { variables: [], assign: false };
    this.#at = this.#tokens.indexOf(operator) + 1;
    return { variables: isTwo ? [first.text, third.text] : [first.text], assign: operator.text === '=' };
  }

  #command(): Command {
    const operands: Expression[] = [];
    this.#skipSpace();
    const start = this.#at;
    for (;;) {
      const operand = this.#operand();
      if (operand === undefined) break;
      operands.push(operand);
      const next = this.#tokens[this.#at];
      if (next?.kind !== 'space') break;
      this.#skipSpace();
    }
    if (operands.length === 0) throw new GoTemplateError(`missing value for ${this.#context}`);
    const source = this.#tokens
      .slice(start, this.#at)
      .map(({ text }) => text)
      .join('')
      .trim();
    return { operands, source };
  }

  #operand(): Expression | undefined {
    const start = this.#at;
    let expression = this.#term();
    while (expression !== undefined) {
      const next = this.#tokens[this.#at];
      if (next?.kind !== 'field') break;
      if (expression.kind === 'literal' || expression.kind === 'dot')
        throw new GoTemplateError(`unexpected ${next.text} after operand in ${this.#context}`);
      this.#at += 1;
      const source = this.#tokens.slice(start, this.#at).map(({ text }) => text);
      expression = { kind: 'field', of: expression, name: next.text.slice(1), source: source.join('') };
    }
    return expression;
  }

  #term(): Expression | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined) return undefined;
    this.#at += 1;
    const { text } = token;
    switch (token.kind) {
      case 'string':
      case 'number':
        return { kind: 'literal', value: token.value, source: text };
      case 'variable':
        this.#check(text);
        return { kind: 'variable', name: text };
      case 'field':
        return { kind: 'field', of: { kind: 'dot' }, name: text.slice(1), source: text };
      case 'word':
        return word(text, this.#extra);
      default:
        if (text === '.') return { kind: 'dot' };
        if (text === '(') return this.#parenthesised();
        this.#at -= 1;
        return undefined;
    }
  }

  #parenthesised(): Expression {
    const pipe = this.parse(false);
    if (this.#peek()?.text !== ')') throw new GoTemplateError('unclosed left paren');
    this.#at += 1;
    return { kind: 'pipe', pipe };
  }

  #check(name: string): void {
    if (!this.#variables.includes(name)) throw new GoTemplateError(`undefined variable ${JSON.stringify(name)}`);
  }

  #peek(): Token | undefined {
    this.#skipSpace();
    return this.#tokens[this.#at];
  }

  #skipSpace(): void {
    while (this.#tokens[this.#at]?.kind === 'space') this.#at += 1;
  }
}

function word(text: string, extra: ExtraFunctions): Expression {
  if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true', source: text };
  if (text === 'nil') return { kind: 'literal', value: null, source: text };
  const run = Object.hasOwn(extra, text) ? extra[text] : undefined;
  if (run !== undefined) return { kind: 'function', name: text, run };
  if (!isFunction(text)) throw new GoTemplateError(`function ${JSON.stringify(text)} not defined`);
  return { kind: 'function', name: text };
}

function trim(tokens: readonly Token[]): readonly Token[] {
  const start = tokens[0]?.kind === 'space' ? 1 : 0;
  const end = tokens.at(-1)?.kind === 'space' ? tokens.length - 1 : tokens.length;
  return tokens.slice(start, Math.max(start, end));
}
