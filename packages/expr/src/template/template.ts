import { check, compile, type CompileOptions, type Program } from '../program.ts';
import { ExprError } from '../error.ts';
import { HostFunction } from '../host/function.ts';
import type { Json } from '../json.ts';
import { toJson } from '../values/convert.ts';
import { encodeJson } from '../values/encode-json.ts';
import type { Value } from '../values/value.ts';
import { FORBIDDEN_KEYS, QUOTING_FUNCTIONS } from './quoting.ts';
import { hasTemplate, scanTemplate } from './scan.ts';
import { textOf, typed } from './typing.ts';

/** A compiled template. Like a program, it has no state. */
export interface Template {
  readonly source: string;
  /**
   * The value that the template renders to: text without expressions as it stands, else typed by what it looks like.
   *
   * @throws ExprError; whatever a host function throws that is not a plain Error
   */
  render(env: Readonly<Record<string, unknown>>, functions?: Readonly<Record<string, HostFunction>>): Json;
  /** The value for a field that holds strings: what renders as text stays text, whatever it looks like. */
  renderText(env: Readonly<Record<string, unknown>>, functions?: Readonly<Record<string, HostFunction>>): Json;
}

type Piece = string | Program;

/**
 * Compiles a template with `${{ }}` and `${% %}`.
 *
 * @throws ExprError with code `parse`, `compile` or `budget`
 */
export function compileTemplate(text: string, options: CompileOptions = {}): Template {
  if (!hasTemplate(text)) return { source: text, render: () => text, renderText: () => text };
  const withQuoting = quoting(options);
  const pieces = scanTemplate(text).map<Piece>((part) => (part.kind === 'text' ? part.text : compile(part.source, withQuoting)));
  return {
    source: text,
    render: (env, functions) => typed(evaluate(pieces, env, functions).map(rendered).join('')),
    renderText: (env, functions) => asText(evaluate(pieces, env, functions)),
  };
}

/**
 * Renders a template once.
 *
 * @throws ExprError; whatever a host function throws that is not a plain Error
 */
export function renderTemplate(text: string, env: Readonly<Record<string, unknown>>, options: CompileOptions = {}): Json {
  return compileTemplate(text, withFunctionsOf(env, options)).render(env);
}

/** All errors that can be found in a template without rendering it; places are those in the template. */
export function checkTemplate(text: string, options: CompileOptions = {}): ExprError[] {
  try {
    return scanTemplate(text).flatMap((part) => {
      if (part.kind === 'text') return [];
      return check(part.source, quoting(options)).map((error) => moved(error, text, part.offset));
    });
  } catch (error) {
    if (error instanceof ExprError) return [error];
    throw error;
  }
}

/** The options with the functions that an environment holds: their calls can then be checked when compiling. */
export function withFunctionsOf(env: Readonly<Record<string, unknown>>, options: CompileOptions): CompileOptions {
  for (const key of FORBIDDEN_KEYS) {
    if (Object.hasOwn(env, key))
      throw new ExprError('compile', `${JSON.stringify(key)} is a forbidden key: templates have a function of that name`);
  }
  const own = Object.entries(env).filter((entry): entry is [string, HostFunction] => isHostFunction(entry[1]));
  return own.length === 0 ? options : { ...options, functions: { ...Object.fromEntries(own), ...options.functions } };
}

function isHostFunction(value: unknown): value is HostFunction {
  return value instanceof HostFunction;
}

function quoting(options: CompileOptions): CompileOptions {
  return { ...options, functions: { ...options.functions, ...QUOTING_FUNCTIONS } };
}

function moved(error: ExprError, source: string, offset: number): ExprError {
  return new ExprError(error.code, error.reason, { source, offset: offset + (error.position?.offset ?? 0) }, error.cause);
}

function evaluate(
  pieces: readonly Piece[],
  env: Readonly<Record<string, unknown>>,
  functions: Readonly<Record<string, HostFunction>> | undefined,
): Value[] {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : piece.run(env, functions)));
}

/** Strings as they stand, anything else as JSON. */
function rendered(value: Value): string {
  return typeof value === 'string' ? value : encodeJson(value);
}

/** One expression alone may yield an object, a list or null, which no text field holds: they are left to be refused there. */
function asText(values: readonly Value[]): Json {
  const [only] = values;
  if (values.length === 1 && typeof only !== 'string') {
    const json = toJson(only);
    if (typeof json === 'object') return json;
  }
  return textOf(values.map(rendered).join(''));
}
