import type { Json } from '../json.ts';
import { failure } from './failure.ts';
import { encodeJson } from './encode-json.ts';
import { wellFormed } from './text.ts';
import { kindOf } from './type-name.ts';
import type { Value } from './value.ts';

/** How whole numbers of JSON are read. */
export interface FromJsonOptions {
  /** `float` (default) leaves all numbers floating point; `int` makes whole ones ints. */
  readonly wholeNumbers?: 'float' | 'int' | undefined;
}

/**
 * A value from plain JSON. With floating point numbers, JSON is a value as it stands and is given back unchanged; with ints it
 * is copied.
 */
export function fromJson(json: Json, options: FromJsonOptions = {}): Value {
  return options.wholeNumbers === 'int' ? withInts(json) : json;
}

function withInts(json: Json): Value {
  if (typeof json === 'number') return Number.isInteger(json) && !Object.is(json, -0) ? BigInt(json) : json;
  if (Array.isArray(json)) return json.map(withInts);
  if (typeof json !== 'object' || json === null) return json;
  const out = Object.create(null) as Record<string, Value>;
  for (const [key, value] of Object.entries(json)) out[key] = withInts(value);
  return out;
}

/**
 * A value as plain JSON: ints become numbers (beyond 2^53 the nearest one), durations nanoseconds, times text, host objects
 * objects with their JSON names.
 *
 * @throws ExprError for what JSON cannot say: NaN, infinities, functions, maps with keys that are not strings
 */
export function toJson(value: Value): Json {
  switch (kindOf(value)) {
    case 'nil':
      return null;
    case 'bool':
    case 'string':
      return value as boolean | string;
    case 'int':
      return Number(value);
    default:
      return parseJson(encodeJson(value));
  }
}

/**
 * Reads JSON; all numbers are floats.
 *
 * @throws ExprError if the text is none
 */
export function parseJson(text: string): Json {
  try {
    return JSON.parse(text, checked) as Json;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) throw failure(`invalid JSON: ${error.message}`, error);
    throw error;
  }
}

/** Numbers must be within range; surrogates that stand alone become the replacement character. */
function checked(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('number is out of range');
  return typeof value === 'string' ? wellFormed(value) : value;
}
