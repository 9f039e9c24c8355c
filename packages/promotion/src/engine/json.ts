import type { Json } from '@kargo/api';

/**
 * Any value as plain JSON: dates as RFC 3339, bytes as base64, maps and objects as objects, sets and iterables as lists, big integers as
 * numbers, not-a-number and infinities as null. What JSON has no word for (functions, undefined) is null in lists and left out of objects.
 */
export function toJson(value: unknown): Json {
  return convert(value, 0) ?? null;
}

/** As {@link toJson} for the output of a step. */
export function toJsonObject(value: Readonly<Record<string, unknown>>): Record<string, Json> {
  const json = toJson(value);
  return json !== null && typeof json === 'object' && !Array.isArray(json) ? json : {};
}

/** Deeper than any sensible output; a cycle ends here instead of in an endless loop. */
const MAX_DEPTH = 200;

function convert(value: unknown, depth: number): Json | undefined {
  if (depth > MAX_DEPTH) throw new Error(`a value is nested deeper than ${MAX_DEPTH} levels, or contains itself`);
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'bigint':
      return Number(value);
    case 'object':
      return value === null ? null : convertObject(value, depth);
    case 'undefined':
    case 'function':
    case 'symbol':
      return undefined;
  }
}

function convertObject(value: object, depth: number): Json {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString().replace('.000Z', 'Z');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Map) return fromEntries(value, depth);
  if (Array.isArray(value) || Symbol.iterator in value)
    return Array.from(value as Iterable<unknown>, (item) => convert(item, depth + 1) ?? null);
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return convert((value.toJSON as () => unknown)(), depth + 1) ?? null;
  return fromEntries(Object.entries(value), depth);
}

function fromEntries(entries: Iterable<[unknown, unknown]>, depth: number): Json {
  const out: [string, Json][] = [];
  for (const [key, item] of entries) {
    const json = convert(item, depth + 1);
    if (json !== undefined) out.push([String(key), json]);
  }
  return Object.fromEntries(out);
}
