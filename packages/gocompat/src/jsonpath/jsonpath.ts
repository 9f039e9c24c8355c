import { goFloat } from '../go-text/go-format.ts';
import type { NumberReading } from '../go-text/go-format.ts';
import { goJSON } from '../go-text/go-json.ts';
import { ParseError } from '../parse-error.ts';
import { evaluate, JSONPathError } from './evaluator.ts';
import type { Group } from './evaluator.ts';
import { JSONPathSyntaxError, parseTemplate } from './parser.ts';

export interface JSONPathOptions {
  /** Whether fields that nothing has select nothing (default); otherwise evaluation fails. */
  allowMissingKeys?: boolean | undefined;
  /**
   * How whole numbers of the data are read. `integer` (default): printed as such and comparable with any number.
   * `float`: exactly as kubectl treats typed objects: 1000000 prints as `1e+06`, and an integer literal compares with none.
   */
  numbers?: NumberReading | undefined;
}

/** A compiled Kubernetes JSONPath template. Every method fails with `ParseError` where evaluation does. */
export interface JSONPath {
  readonly template: string;
  /** What each text and each action of the template selects, in order. */
  find(data: unknown): unknown[][];
  /** The first value the template selects: a missing one is told apart from null. */
  first(data: unknown): { found: true; value: unknown } | { found: false };
  /** Whether any part of the template that is no literal selects something. Data on which evaluation fails counts as having nothing. */
  selects(data: unknown): boolean;
  /** As `-o jsonpath=` prints it: values separated by blanks, composites as compact JSON. */
  print(data: unknown): string;
  /** As `-o jsonpath-as-json=` prints it: a JSON array for each text and action, indented by 4. */
  printJSON(data: unknown): string;
  /** As {@link printJSON} for several objects at once: one array for each action, with the values of all objects. */
  printJSONOfEach(data: readonly unknown[]): string;
}

/** Compiles a template: text with actions in braces. Fails with `ParseError`. */
export function compileJSONPath(template: string, options: JSONPathOptions = {}): JSONPath {
  const { allowMissingKeys = true, numbers = 'integer' } = options;
  const root = parse(template);
  const groupsOf = (data: unknown): Group[] => {
    try {
      return evaluate(root, data, { allowMissingKeys, comparison: numbers === 'float' ? 'typed' : 'numeric' });
    } catch (error) {
      if (!(error instanceof JSONPathError)) throw error;
      throw new ParseError('InvalidTemplate', `error executing jsonpath ${JSON.stringify(template)}: ${error.message}`, error);
    }
  };
  const find = (data: unknown): unknown[][] => groupsOf(data).map(({ values }) => values);
  return {
    template,
    find,
    first: (data) => {
      for (const values of find(data)) if (values.length > 0) return { found: true, value: values[0] };
      return { found: false };
    },
    selects: (data) => {
      try {
        return groupsOf(data).some(({ values, literal }) => !literal && values.length > 0);
      } catch (error) {
        if (error instanceof ParseError) return false;
        throw error;
      }
    },
    print: (data) =>
      find(data)
        .map((values) => values.map((value) => text(value, numbers)).join(' '))
        .join(''),
    printJSON: (data) => arrays(find(data)),
    printJSONOfEach: (data) => arrays(groupwise(data.map(find))),
  };
}

function arrays(groups: readonly unknown[][]): string {
  return groups.map((values) => `${goJSON(values, 4)}\n`).join('');
}

/** The groups of several objects by position; where a range gives objects different numbers of groups, the later ones stand alone. */
function groupwise(objects: readonly unknown[][][]): unknown[][] {
  const out: unknown[][] = [];
  for (const groups of objects) groups.forEach((values, i) => (out[i] ??= []).push(...values));
  return out;
}

/**
 * Compiles a path that may lack its braces, as in printer columns and analysis metrics: `.spec.shard`, `$.items[0]`, `{.a}`.
 * Fails with `ParseError`.
 */
export function compileJSONPathExpression(path: string, options: JSONPathOptions = {}): JSONPath {
  return compileJSONPath(/^\s*[$.@[]/.test(path) ? `{${path.trim()}}` : path, options);
}

function parse(template: string): ReturnType<typeof parseTemplate> {
  if (template === '') throw new ParseError('InvalidTemplate', 'template format specified but no template given');
  try {
    return parseTemplate(template);
  } catch (error) {
    if (!(error instanceof JSONPathSyntaxError)) throw error;
    throw new ParseError('InvalidTemplate', `error parsing jsonpath ${template}, ${error.message}`, error);
  }
}

function text(value: unknown, numbers: NumberReading): string {
  if (value === undefined) return '<no value>';
  if (value === null) return 'null';
  if (typeof value === 'object') return goJSON(value);
  if (typeof value !== 'number') return String(value as string | boolean);
  return numbers === 'integer' && Number.isInteger(value) ? BigInt(value).toString() : goFloat(value);
}
