import { goFormat } from '../go-text/go-format.ts';
import { compareKeys } from '../go-text/go-json.ts';
import { callFunction, isMap, isTrue } from './functions.ts';
import type { Command, Expression, ParsedTemplate, Pipe, TemplateNode } from './nodes.ts';
import { GoTemplateError } from './template-error.ts';

/** Templates may call each other this deep. */
const MAX_DEPTH = 1000;

/** A range over a number counts no further than this. */
const MAX_COUNT = 100_000;

/** Executes a template on JSON data. A missing key prints `<no value>`, or fails. Fails with {@link GoTemplateError}. */
export function execute(template: ParsedTemplate, data: unknown, options: { allowMissingKeys: boolean }): string {
  const executor = new Executor(template, options.allowMissingKeys);
  executor.list(template.main, data, [{ name: '$', value: data }], 0);
  return executor.output();
}

interface Variable {
  readonly name: string;
  value: unknown;
}

type Signal = 'break' | 'continue' | undefined;

class Executor {
  readonly #template: ParsedTemplate;
  readonly #allowMissingKeys: boolean;
  readonly #out: string[] = [];

  constructor(template: ParsedTemplate, allowMissingKeys: boolean) {
    this.#template = template;
    this.#allowMissingKeys = allowMissingKeys;
  }

  output(): string {
    return this.#out.join('');
  }

  /** Variables declared in the list end with it. */
  list(nodes: readonly TemplateNode[], dot: unknown, outer: readonly Variable[], depth: number): Signal {
    const variables = Array.from(outer);
    for (const node of nodes) {
      const signal = this.#node(node, dot, variables, depth);
      if (signal !== undefined) return signal;
    }
    return undefined;
  }

  #node(node: TemplateNode, dot: unknown, variables: Variable[], depth: number): Signal {
    switch (node.kind) {
      case 'text':
        this.#out.push(node.text);
        return undefined;
      case 'action': {
        const value = this.#pipe(node.pipe, dot, variables);
        if (node.pipe.variables.length === 0)
          this.#out.push(value === undefined || value === null ? '<no value>' : goFormat(value));
        return undefined;
      }
      case 'if':
      case 'with': {
        const inner = Array.from(variables);
        const value = this.#pipe(node.pipe, dot, inner);
        const isDot = node.kind === 'with';
        if (isTrue(value)) return this.list(node.body, isDot ? value : dot, inner, depth);
        return this.list(node.otherwise, dot, inner, depth);
      }
      case 'range':
        return this.#range(node, dot, variables, depth);
      case 'template':
        this.#call(node.name, node.pipe === undefined ? undefined : this.#pipe(node.pipe, dot, variables), depth);
        return undefined;
      case 'break':
      case 'continue':
        return node.kind;
    }
  }

  #range(
    node: Extract<TemplateNode, { kind: 'if' | 'with' | 'range' }>,
    dot: unknown,
    variables: readonly Variable[],
    depth: number,
  ): Signal {
    const value = this.#pipe({ ...node.pipe, variables: [] }, dot, Array.from(variables));
    const entries = entriesOf(value);
    if (entries.length === 0) return this.list(node.otherwise, dot, variables, depth);
    for (const [key, item] of entries) {
      const inner = Array.from(variables);
      const names = node.pipe.variables;
      if (names[0] !== undefined) this.#set(inner, names[0], names.length === 2 ? key : item, node.pipe.assign);
      if (names[1] !== undefined) this.#set(inner, names[1], item, node.pipe.assign);
      if (this.list(node.body, item, inner, depth) === 'break') break;
    }
    return undefined;
  }

  #call(name: string, value: unknown, depth: number): void {
    const body = this.#template.defined.get(name);
    if (body === undefined) throw new GoTemplateError(`template ${JSON.stringify(name)} not defined`);
    if (depth >= MAX_DEPTH) throw new GoTemplateError('exceeded maximum template depth');
    this.list(body, value, [{ name: '$', value }], depth + 1);
  }

  #pipe({ commands, variables: names, assign }: Pipe, dot: unknown, variables: Variable[]): unknown {
    let value: unknown;
    commands.forEach((command, i) => {
      value = this.#command(command, dot, variables, i === 0 ? [] : [value]);
    });
    for (const name of names) this.#set(variables, name, value, assign);
    return value;
  }

  #set(variables: Variable[], name: string, value: unknown, assign: boolean): void {
    const known = assign ? variables.findLast((variable) => variable.name === name) : undefined;
    if (known === undefined) variables.push({ name, value });
    else known.value = value;
  }

  #command({ operands, source }: Command, dot: unknown, variables: readonly Variable[], piped: readonly unknown[]): unknown {
    const [first, ...rest] = operands;
    if (first === undefined) return undefined;
    if (first.kind === 'function') {
      const operandsLeft = rest.map((operand) => () => this.#value(operand, dot, variables));
      try {
        const args = [...operandsLeft, ...piped.map((value) => () => value)];
        return first.run === undefined ? callFunction(first.name, args) : first.run(...args.map((arg) => arg()));
      } catch (error) {
        if (!(error instanceof GoTemplateError)) throw error;
        throw new GoTemplateError(`at <${source}>: error calling ${first.name}: ${error.message}`, { cause: error });
      }
    }
    if (first.kind === 'literal' && first.value === null) throw new GoTemplateError(`at <${source}>: nil is not a command`);
    if (rest.length + piped.length > 0) {
      const what =
        first.kind === 'field'
          ? `${first.name} has arguments but cannot be invoked as function`
          : "can't give argument to non-function";
      throw new GoTemplateError(`at <${source}>: ${what}`);
    }
    return this.#value(first, dot, variables);
  }

  #value(expression: Expression, dot: unknown, variables: readonly Variable[]): unknown {
    switch (expression.kind) {
      case 'dot':
        return dot;
      case 'literal':
        return expression.value;
      case 'variable':
        return variables.findLast(({ name }) => name === expression.name)?.value;
      case 'function':
        return expression.run === undefined ? callFunction(expression.name, []) : expression.run();
      case 'pipe':
        return this.#pipe(expression.pipe, dot, Array.from(variables));
      case 'field':
        return this.#field(this.#value(expression.of, dot, variables), expression.name, expression.source);
    }
  }

  #field(of: unknown, name: string, source: string): unknown {
    const fail = (why: string): never => {
      throw new GoTemplateError(`at <${source}>: ${why}`);
    };
    if (of === undefined) return this.#allowMissingKeys ? undefined : fail(`nil data; no entry for key ${JSON.stringify(name)}`);
    if (of === null) return fail(`nil pointer evaluating interface {}.${name}`);
    if (!isMap(of)) return fail(`can't evaluate field ${name} in type interface {}`);
    if (Object.hasOwn(of, name)) return of[name];
    return this.#allowMissingKeys ? undefined : fail(`map has no entry for key ${JSON.stringify(name)}`);
  }
}

function entriesOf(value: unknown): [unknown, unknown][] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((item: unknown, i) => [i, item]);
  if (typeof value === 'number' && Number.isInteger(value) && value <= MAX_COUNT)
    return Array.from({ length: Math.max(value, 0) }, (_, i) => [i, i]);
  if (!isMap(value)) throw new GoTemplateError(`range can't iterate over ${goFormat(value)}`);
  return Object.entries(value).toSorted(([a], [b]) => compareKeys(a, b));
}
