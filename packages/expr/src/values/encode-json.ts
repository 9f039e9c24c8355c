import { ExprError } from '../error.ts';
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
 * @throws ExprError for NaN, infinities, functions and maps with keys that are not strings; with code `budget` for far too much
 */
export function encodeJson(value: Value, indent = 0): string {
  const writer = new Writer(indent);
  write(value, 0, writer);
  return writer.text();
}

/** UTF-16 units that one value may have as JSON. */
const MAX_LENGTH = 1 << 26;

class Writer {
  readonly indent: number;
  readonly effort = new Effort();
  readonly #pieces: string[] = [];
  #length = 0;

  constructor(indent: number) {
    this.indent = indent;
  }

  put(piece: string): void {
    this.#length += piece.length;
    if (this.#length > MAX_LENGTH) throw new ExprError('budget', 'value is too large to write as JSON');
    this.#pieces.push(piece);
  }

  /** Begins a line, unless all is written on one. */
  line(depth: number): void {
    if (this.indent > 0) this.put(`\n${' '.repeat(this.indent * depth)}`);
  }

  text(): string {
    return this.#pieces.join('');
  }
}

function write(value: Value, depth: number, writer: Writer): void {
  writer.effort.spend();
  switch (kindOf(value)) {
    case 'list':
      if (isNilList(value)) writer.put('null');
      else writeList(value as readonly Value[], depth, writer);
      return;
    case 'map':
      writeEntries(sortedEntries(value as StringMap), depth, writer);
      return;
    case 'struct':
      writeStruct(value as Struct, depth, writer);
      return;
    default:
      writer.put(scalar(value));
  }
}

function scalar(value: Value): string {
  switch (kindOf(value)) {
    case 'nil':
      return 'null';
    case 'float':
      return encodeFloat(value as number);
    case 'string':
      return encodeString(value as string);
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

function writeList(list: readonly Value[], depth: number, writer: Writer): void {
  writer.put('[');
  list.forEach((item, index) => {
    if (index > 0) writer.put(',');
    writer.line(depth + 1);
    write(item, depth + 1, writer);
  });
  if (list.length > 0) writer.line(depth);
  writer.put(']');
}

function writeStruct(struct: Struct, depth: number, writer: Writer): void {
  if (struct.text !== undefined) writer.put(encodeString(struct.text));
  else
    writeEntries(
      struct.type.fields.map(({ json }) => [json, struct.get(json)] as const),
      depth,
      writer,
    );
}

function writeEntries(entries: readonly (readonly [key: string, value: Value])[], depth: number, writer: Writer): void {
  writer.put('{');
  entries.forEach(([key, value], index) => {
    if (index > 0) writer.put(',');
    writer.line(depth + 1);
    writer.put(`${encodeString(key)}${writer.indent > 0 ? ': ' : ':'}`);
    write(value, depth + 1, writer);
  });
  if (entries.length > 0) writer.line(depth);
  writer.put('}');
}

/** The entries of a map in the order of their keys. */
export function sortedEntries(map: StringMap): [key: string, value: Value][] {
  return Object.entries(map).sort(([a], [b]) => compareText(a, b));
}
