import { goFormat } from '../go-text/go-format.ts';
import { compareKeys } from '../go-text/go-json.ts';
import { compareOperands } from './compare.ts';
import type { NumberComparison } from './compare.ts';
import type { Bound, ListNode, Node } from './nodes.ts';

/** A template that cannot be evaluated on some data; the message says why. */
export class JSONPathError extends Error {
  override readonly name = 'JSONPathError';
}

export interface EvaluationOptions {
  /** Whether a field that nothing has selects nothing; otherwise it is an error. */
  readonly allowMissingKeys: boolean;
  readonly comparison: NumberComparison;
}

/** How Go prints the value in a range over null. */
const NOTHING = '<invalid reflect.Value>';

/** Numbers written in the template, so that filters can tell integers from floats. */
class Literal {
  readonly value: number;
  readonly integer: boolean;

  constructor(value: number, integer: boolean) {
    this.value = value;
    this.integer = integer;
  }
}

/** What one text or action of a template selects. */
export interface Group {
  readonly values: unknown[];
  /** Whether it is text or a literal, which says nothing about the data. */
  readonly literal: boolean;
}

/**
 * Evaluates a parsed template: one group for each text and action, in the order in which they print.
 * Inside a range over null, the current value is undefined. Fails with {@link JSONPathError}.
 */
export function evaluate(root: ListNode, data: unknown, options: EvaluationOptions): Group[] {
  const evaluator = new Evaluator(options);
  const groups: Group[] = [];
  evaluator.block(root.nodes, 0, data, groups, 0);
  return groups.map(({ values, literal }) => ({
    values: values.map((value) => (value instanceof Literal ? value.value : value)),
    literal,
  }));
}

class Evaluator {
  readonly #options: EvaluationOptions;

  constructor(options: EvaluationOptions) {
    this.#options = options;
  }

  /** Evaluates nodes from `start` to the `end` of the surrounding range; gives the index after it. Results go to `out`. */
  block(nodes: readonly Node[], start: number, data: unknown, out: Group[], depth: number): number {
    for (let i = start; i < nodes.length; i += 1) {
      const node = nodes[i];
      if (node === undefined) break;
      const word = keyword(node);
      if (word === 'end') {
        if (depth === 0) throw new JSONPathError('not in range, nothing to end');
        // What stands before `end` inside its braces is still evaluated, for its errors.
        this.#walk([data], node);
        return i + 1;
      }
      const results = this.#walk([data], node);
      if (word !== 'range') {
        out.push({ values: results, literal: isLiteral(node) });
        continue;
      }
      let after = nodes.length;
      // A range over nothing is walked once, to find its end.
      if (results.length === 0) after = this.block(nodes, i + 1, undefined, [], depth + 1);
      for (const value of results) after = this.block(nodes, i + 1, value ?? undefined, out, depth + 1);
      i = after - 1;
    }
    return nodes.length;
  }

  #walk(input: readonly unknown[], node: Node): unknown[] {
    switch (node.kind) {
      case 'list': {
        let current = Array.from(input);
        for (const child of node.nodes) current = this.#walk(current, child);
        return current;
      }
      case 'text':
        return [node.text];
      case 'number':
        return input.map(() => new Literal(node.value, node.integer));
      case 'bool':
        return input.map(() => node.value);
      case 'identifier':
        if (node.name === 'range') return Array.from(input);
        if (node.name === 'end') return [];
        throw new JSONPathError(`unrecognized identifier ${node.name}`);
      case 'field':
        return this.#field(input, node.name);
      case 'array':
        return input.flatMap((value) => element(value, node));
      case 'filter':
        return input.flatMap((value) => this.#filter(value, node));
      case 'wildcard':
        return input.flatMap(children);
      case 'recursive':
        return input.flatMap(descendants);
      case 'union':
        return node.lists.flatMap((list) => this.#walk(input, list));
    }
  }

  #field(input: readonly unknown[], name: string): unknown[] {
    const results = input.filter((value) => isMap(value) && Object.hasOwn(value, name)).map((value) => (value as never)[name]);
    if (results.length === 0 && input.length > 0 && !this.#options.allowMissingKeys)
      throw new JSONPathError(`${name} is not found`);
    return results;
  }

  #filter(value: unknown, { left, operator, right }: Extract<Node, { kind: 'filter' }>): unknown[] {
    const numbers = this.#options.comparison === 'typed' ? 'float' : 'integer';
    if (!Array.isArray(value))
      throw new JSONPathError(
        `${value === undefined ? NOTHING : goFormat(value, numbers)} is not array or slice and cannot be filtered`,
      );
    return value.filter((item: unknown) => {
      if (operator === 'exists') return this.#exists(item, left);
      const lefts = this.#walk([item], left);
      if (lefts.length === 0) return false;
      const rights = this.#walk([item], right);
      if (lefts.length > 1 || rights.length > 1) throw new JSONPathError('can only compare one element at a time');
      if (rights.length === 0) return false;
      const outcome = compareOperands(operand(lefts[0]), operator, operand(rights[0]), this.#options.comparison);
      if (typeof outcome !== 'boolean') throw new JSONPathError(outcome.problem);
      return outcome;
    });
  }

  /** Matches Kubernetes: what fails on an item counts as absent from it. */
  #exists(item: unknown, path: ListNode): boolean {
    try {
      return this.#walk([item], path).length > 0;
    } catch (error) {
      if (error instanceof JSONPathError) return false;
      throw error;
    }
  }
}

function isLiteral(node: Node): boolean {
  if (node.kind === 'list') return node.nodes.some(isLiteral);
  return node.kind === 'text' || node.kind === 'number' || node.kind === 'bool';
}

function keyword(node: Node): 'range' | 'end' | undefined {
  if (node.kind !== 'list') return undefined;
  for (const child of node.nodes)
    if (child.kind === 'identifier' && (child.name === 'range' || child.name === 'end')) return child.name;
  return undefined;
}

function operand(value: unknown): { value: unknown; integer: boolean } {
  return value instanceof Literal ? { value: value.value, integer: value.integer } : { value, integer: false };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Literal);
}

function element(value: unknown, { from, to, step }: { from: Bound; to: Bound; step: Bound }): unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JSONPathError(`${typeName(value)} is not array or slice`);
  const length = value.length;
  const first = from.known && from.value < 0 ? from.value + length : from.value;
  let last = to.known ? to.value : length;
  if (last < 0 || (last === 0 && to.derived)) last += length;
  if (first === last) return [];
  if (first >= length || first < 0) throw outOfBounds(first, length);
  if (last > length || last < 0) throw outOfBounds(last - 1, length);
  if (first > last) throw new JSONPathError(`starting index ${first} is greater than ending index ${last}`);
  if (step.known && step.value <= 0) throw new JSONPathError('step must be > 0');
  return value.slice(first, last).filter((_, i) => i % (step.known ? step.value : 1) === 0);
}

function outOfBounds(index: number, length: number): JSONPathError {
  return new JSONPathError(`array index out of bounds: index ${index}, length ${length}`);
}

function typeName(value: unknown): string {
  if (value instanceof Literal) return value.integer ? 'int' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'float64';
  return typeof value === 'string' ? 'string' : 'map[string]interface {}';
}

/** Values of a map by sorted key, elements of a list, bytes of a text. */
function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  if (typeof value === 'string') return Array.from(Buffer.from(value));
  if (!isMap(value)) return [];
  return Object.keys(value)
    .toSorted(compareKeys)
    .map((key) => value[key]);
}

/** The value and everything below it that has children, each before what it holds. */
function descendants(value: unknown): unknown[] {
  const below = children(value);
  if (below.length === 0) return [];
  return typeof value === 'string' ? [value] : [value, ...below.flatMap(descendants)];
}
