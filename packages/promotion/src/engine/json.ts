import type { Json } from '@kargo/api';

/**
 * Any value as plain JSON: dates as RFC 3339, bytes as base64, maps and objects as objects, sets and iterables as lists, big integers as
 * numbers, not-a-number and infinities as null. What JSON has no word for (functions, undefined) is null in lists and left out of objects.
 */
export function toJson(value: unknown): Json {
  return convert(value, 0, { left: Infinity }) ?? null;
}

/** A value takes more bytes as JSON than it may. */
export class JsonTooLargeError extends Error {
  override readonly name = 'JsonTooLargeError';
}

/** As {@link toJson}; fails with `JsonTooLargeError` if it takes more than about `maxBytes`, before it is all copied. */
export function toBoundedJson(value: unknown, maxBytes: number): Json {
  return convert(value, 0, { left: maxBytes }) ?? null;
}

/** As {@link toJson} for the output of a step. Fails with `JsonTooLargeError` if that takes more than about `maxBytes`, before it is all copied. */
export function toJsonObject(value: Readonly<Record<string, unknown>>, maxBytes: number = Infinity): Record<string, Json> {
  const json = convert(value, 0, { left: maxBytes }) ?? null;
  return json !== null && typeof json === 'object' && !Array.isArray(json) ? json : {};
}

/** Deeper than any sensible output; a cycle ends here instead of in an endless loop. */
const MAX_DEPTH = 200;

/** Bytes that may still be taken. */
interface Room {
  left: number;
}

function convert(value: unknown, depth: number, room: Room): Json | undefined {
  take(room, typeof value === 'string' ? Buffer.byteLength(value) + 2 : 2);
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
      return value === null ? null : convertObject(value, depth, room);
    case 'undefined':
    case 'function':
    case 'symbol':
      return undefined;
  }
}

function convertObject(value: object, depth: number, room: Room): Json {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString().replace('.000Z', 'Z');
  if (value instanceof Uint8Array) {
    take(room, (value.length / 3) * 4);
    return Buffer.from(value).toString('base64');
  }
  if (value instanceof Map) return fromEntries(value, depth, room);
  if (Array.isArray(value) || Symbol.iterator in value)
    return Array.from(value as Iterable<unknown>, (item) => convert(item, depth + 1, room) ?? null);
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return convert((value.toJSON as () => unknown)(), depth + 1, room) ?? null;
  return fromEntries(Object.entries(value), depth, room);
}

function take(room: Room, bytes: number): void {
  room.left -= bytes;
  if (room.left < 0) throw new JsonTooLargeError('it is too large');
}

function fromEntries(entries: Iterable<[unknown, unknown]>, depth: number, room: Room): Json {
  const out: [string, Json][] = [];
  for (const [key, item] of entries) {
    const name = String(key);
    take(room, Buffer.byteLength(name) + 2);
    const json = convert(item, depth + 1, room);
    if (json !== undefined) out.push([name, json]);
  }
  return Object.fromEntries(out);
}
