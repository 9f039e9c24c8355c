import type { Struct } from '../host/struct.ts';
import type { Duration } from '../time/duration.ts';
import { formatTime, RFC3339_NANO } from '../time/format.ts';
import type { Time } from '../time/time.ts';
import { Effort } from './effort.ts';
import { failure } from './failure.ts';
import { isNilList } from './lists.ts';
import type { NamedInt, SizedInt } from './sized-int.ts';
import { compareText, wellFormed } from './text.ts';
import { goTypeName, kindOf } from './type-name.ts';
import type { StringMap, Value } from './value.ts';

/**
 * JSON as Go's encoder writes it: keys sorted, `<`, `>` and `&` escaped, durations in nanoseconds, times in RFC 3339, bytes in
 * Base64, host objects with their JSON names. `indent` is the number of spaces, 0 for compact.
 *
 * @throws ExprError for NaN, infinities, functions and maps with keys that are not strings
 */
export function encodeJson(value: Value, indent = 0): string {
  return encode(value, indent, 0, new Effort());
}

function encode(value: Value, indent: number, depth: number, effort: Effort): string {
  effort.spend();
  switch (kindOf(value)) {
    case 'nil':
      return 'null';
    case 'float':
      return encodeFloat(value as number);
    case 'string':
      return encodeString(value as string);
    case 'list':
      return isNilList(value) ? 'null' : encodeList(value as readonly Value[], indent, depth, effort);
    case 'map':
      return encodeEntries(sortedEntries(value as StringMap), indent, depth, effort);
    case 'struct':
      return encodeStruct(value as Struct, indent, depth, effort);
    case 'bytes':
      return `"${Buffer.from(value as Uint8Array).toString('base64')}"`;
    case 'duration':
      return String((value as Duration).nanoseconds);
    case 'time':
      return `"${formatTime(value as Time, RFC3339_NANO)}"`;
    case 'sizedInt':
    case 'namedInt':
      return String((value as SizedInt | NamedInt).value);
    case 'zone':
      return '{}';
    case 'func':
    case 'anyMap':
      throw failure(`json: unsupported type: ${goTypeName(value)}`);
    default:
      return String(value as bigint | boolean);
  }
}

function encodeFloat(value: number): string {
  if (!Number.isFinite(value)) {
    throw failure(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`);
  }
  return Object.is(value, -0) ? '-0' : String(value);
}

/** A string as JSON, with the characters escaped that HTML would take for markup. */
export function encodeString(text: string): string {
  return JSON.stringify(wellFormed(text)).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function encodeList(list: readonly Value[], indent: number, depth: number, effort: Effort): string {
  return enclosed(
    '[',
    ']',
    list.map((item) => encode(item, indent, depth + 1, effort)),
    indent,
    depth,
  );
}

function encodeStruct(struct: Struct, indent: number, depth: number, effort: Effort): string {
  if (struct.text !== undefined) return encodeString(struct.text);
  const entries = struct.type.fields.map(({ json }) => [json, struct.get(json)] as const);
  return encodeEntries(entries, indent, depth, effort);
}

function encodeEntries(
  entries: readonly (readonly [key: string, value: Value])[],
  indent: number,
  depth: number,
  effort: Effort,
): string {
  const colon = indent === 0 ? ':' : ': ';
  const parts = entries.map(([key, value]) => `${encodeString(key)}${colon}${encode(value, indent, depth + 1, effort)}`);
  return enclosed('{', '}', parts, indent, depth);
}

/** The entries of a map in the order of their keys. */
export function sortedEntries(map: StringMap): [key: string, value: Value][] {
  return Object.entries(map).sort(([a], [b]) => compareText(a, b));
}

function enclosed(open: string, close: string, parts: readonly string[], indent: number, depth: number): string {
  if (parts.length === 0) return `${open}${close}`;
  if (indent === 0) return `${open}${parts.join(',')}${close}`;
  const outer = ' '.repeat(indent * depth);
  const inner = ' '.repeat(indent * (depth + 1));
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${outer}${close}`;
}
