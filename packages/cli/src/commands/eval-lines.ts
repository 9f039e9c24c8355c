import type { Json, Value } from '@kargo/expr';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { CLIError, messageOf } from '../cli-error.ts';
import type { CLIIO } from '../io.ts';

/** Characters of a line. */
const MAX_LINE = 16 * 1024 * 1024;

type Environment = Readonly<Record<string, Value>>;

/** The variables in a JSON text: an object, whose whole numbers are integers as far as 64 bits reach. Fails naming `source`. */
export function parseEnvironment(text: string, source: string): Environment {
  let value: unknown;
  try {
    value = parseTyped(text);
  } catch (error) {
    throw new CLIError('Usage', `${source} is not JSON: ${messageOf(error)}`, error);
  }
  if (!isObject(value)) throw new CLIError('Usage', `${source} must hold a JSON object with the variables`);
  return value as Environment;
}

/**
 * Evaluates one expression a line of standard input: `{"id", "expr", "env"}`. Writes one line each, in the same order, with the `id` as it
 * was: `ok` and then `type` and `value`, or `stage` and `error`. A line that is no such object is an error of that line alone.
 */
export async function evaluateLines(io: CLIIO): Promise<void> {
  const { compile, ExprError, typedJson, typedName } = await import('@kargo/expr');
  const one = (line: string): Json => {
    let id: Record<string, Json> = {};
    try {
      if (line.length > MAX_LINE) throw new CLIError('Usage', `the line has more than ${MAX_LINE} characters`);
      const plain = JSON.parse(line) as unknown;
      if (isObject(plain) && plain['id'] !== undefined) id = { id: plain['id'] as Json };
      if (!isObject(plain) || typeof plain['expr'] !== 'string')
        throw new CLIError('Usage', 'the line must be an object with the text "expr"');
      const { env = {} } = parseTyped(line) as { env?: unknown };
      if (env !== null && !isObject(env)) throw new CLIError('Usage', '"env" must be an object');
      const value = compile(plain['expr'], { now: () => io.now() }).run((env ?? {}) as Environment);
      return { ...id, ok: true, type: typedName(value), value: typedJson(value) };
    } catch (error) {
      const stage = error instanceof ExprError ? (error.code === 'budget' ? 'run' : error.code) : 'input';
      return { ...id, ok: false, stage, error: messageOf(error).split('\n', 1)[0] ?? '' };
    }
  };
  for await (const line of createInterface({ input: Readable.from(io.stdin), crlfDelay: Infinity }))
    if (line.trim() !== '') io.stdout.write(`${JSON.stringify(one(line))}\n`);
}

/** JSON with whole numbers as integers, told by how they are written: `2` is one, `2.0` is not. */
function parseTyped(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: { source?: string }): unknown => {
    if (typeof value !== 'number' || !/^-?\d+$/.test(context?.source ?? String(value))) return value;
    const whole = BigInt(context?.source ?? value);
    return BigInt.asIntN(64, whole) === whole ? whole : value;
  };
  return JSON.parse(text, revive);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
