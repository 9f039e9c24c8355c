import { goFloat } from '@kargo/gocompat';
import type { Struct } from '../host/struct.ts';
import { formatTime, RFC3339_NANO } from '../time/format.ts';
import type { Time } from '../time/time.ts';
import { failure } from '../values/failure.ts';
import { sortedEntries } from '../values/encode-json.ts';
import type { AnyMap } from '../values/any-map.ts';
import type { NamedInt, SizedInt } from '../values/sized-int.ts';
import { wellFormed } from '../values/text.ts';
import { goTypeName, kindOf } from '../values/type-name.ts';
import type { StringMap, Value } from '../values/value.ts';
import { yamlScalar } from './yaml-scalar.ts';

const INDENT = 4;

/**
 * A value as a YAML document: blocks indented by 4 spaces, keys sorted, a line end at the end.
 *
 * @throws ExprError for functions
 */
export function encodeYaml(value: Value): string {
  return `${block(value, 0).replace(/^\n/, '').replace(/^ /, '')}\n`;
}

/** What stands after a `key:` or `-`: ` scalar` on the same line, or a line end and the lines of a block. */
function block(value: Value, indent: number): string {
  switch (kindOf(value)) {
    case 'list':
      return list(value as readonly Value[], indent);
    case 'bytes':
      return list(Array.from(value as Uint8Array, BigInt), indent);
    case 'map':
      return map(sortedEntries(value as StringMap), indent);
    case 'anyMap':
      return map(
        Array.from((value as AnyMap).entries(), ([key, item]) => [scalar(key, 0), item] as const),
        indent,
        true,
      );
    case 'struct':
      return struct(value as Struct, indent);
    default:
      return ` ${scalar(value, indent)}`;
  }
}

function list(items: readonly Value[], indent: number): string {
  if (items.length === 0) return ' []';
  return items.map((item) => `\n${' '.repeat(indent)}-${inItem(item, indent)}`).join('');
}

/** A block in a list item begins on the line of the dash. */
function inItem(item: Value, indent: number): string {
  const text = block(item, indent + 2);
  return text.startsWith('\n') ? ` ${text.slice(1 + indent + 2)}` : text;
}

function struct(value: Struct, indent: number): string {
  if (value.text !== undefined) return ` ${yamlScalar(value.text, indent)}`;
  return map(
    value.type.fields.map(({ json }) => [json, value.get(json)] as const),
    indent,
  );
}

function map(entries: readonly (readonly [key: string, value: Value])[], indent: number, ready = false): string {
  if (entries.length === 0) return ' {}';
  return entries
    .map(([key, value]) => `\n${' '.repeat(indent)}${ready ? key : yamlScalar(key, indent)}:${nested(value, indent)}`)
    .join('');
}

function nested(value: Value, indent: number): string {
  return block(value, indent + INDENT);
}

function scalar(value: Value, indent: number): string {
  switch (kindOf(value)) {
    case 'nil':
      return 'null';
    case 'string':
      return yamlScalar(wellFormed(value as string), indent);
    case 'float':
      return float(value as number);
    case 'time':
      return formatTime(value as Time, RFC3339_NANO);
    case 'sizedInt':
    case 'namedInt':
      return String((value as SizedInt | NamedInt).value);
    case 'func':
      throw failure(`cannot write a ${goTypeName(value)} as YAML`);
    default:
      return String(value as bigint | boolean);
  }
}

function float(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  return Number.isFinite(value) ? goFloat(value) : value > 0 ? '+.inf' : '-.inf';
}
