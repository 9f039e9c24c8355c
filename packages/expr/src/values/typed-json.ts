import type { Struct } from '../host/struct.ts';
import type { Json } from '../json.ts';
import type { Duration } from '../time/duration.ts';
import { formatTime, RFC3339_NANO } from '../time/format.ts';
import type { Time } from '../time/time.ts';
import type { Zone } from '../time/zone.ts';
import type { AnyMap } from './any-map.ts';
import { isNilList } from './lists.ts';
import type { NamedInt, SizedInt } from './sized-int.ts';
import { encodeText } from './text.ts';
import { kindOf } from './type-name.ts';
import type { Value } from './value.ts';

/**
 * A value as JSON that keeps what JSON itself cannot tell apart: integers from floats that are whole, bytes, durations, times, maps with
 * keys of any type, lists that are nil, text that is no UTF-8. Objects with a `$` key stand for those.
 */
export function typedJson(value: Value): Json {
  if (isNilList(value)) return { $nil: 'array' };
  switch (kindOf(value)) {
    case 'int':
      return integer(value as bigint);
    case 'float':
      return float(value as number);
    case 'string':
      return text(value as string);
    case 'bytes':
      return { $bytes: Buffer.from(value as Uint8Array).toString('base64') };
    case 'list':
      return Array.from(value as readonly Value[], typedJson);
    case 'map':
      return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, typedJson(item as Value)]));
    case 'anyMap':
      return { $map: Array.from((value as AnyMap).entries(), (pair) => pair.map(typedJson)) };
    case 'duration':
      return { $duration: integer((value as Duration).nanoseconds) };
    case 'time':
      return { $time: formatTime(value as Time, RFC3339_NANO) };
    case 'zone':
      return { $location: (value as Zone).name };
    case 'sizedInt':
    case 'namedInt':
      return { $go: (value as SizedInt | NamedInt).type, value: integer(BigInt((value as SizedInt | NamedInt).value)) };
    case 'struct': {
      const struct = value as Struct;
      if (struct.text !== undefined) return text(struct.text);
      return Object.fromEntries(struct.type.fields.map(({ json }) => [json, typedJson(struct.get(json))]));
    }
    case 'func':
      return { $func: true };
    default:
      return (value ?? null) as Json;
  }
}

/** What type a value is of: `int`, `float`, `string`, `bool`, `nil`, `array`, `map`, `bytes`, `duration`, `time`, `location`, or a name. */
export function typedName(value: Value): string {
  const kind = kindOf(value);
  switch (kind) {
    case 'list':
      return 'array';
    case 'anyMap':
      return 'map';
    case 'zone':
      return 'location';
    case 'sizedInt':
    case 'namedInt':
      return (value as SizedInt | NamedInt).type;
    case 'struct':
      return (value as Struct).type.name;
    default:
      return kind;
  }
}

function integer(value: bigint): Json {
  return Number.isSafeInteger(Number(value)) ? Number(value) : { $int: String(value) };
}

function float(value: number): Json {
  if (Number.isFinite(value) && !Number.isInteger(value)) return value;
  return { $float: Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : String(value) };
}

function text(value: string): Json {
  return value.isWellFormed() ? value : { $str64: Buffer.from(encodeText(value)).toString('base64') };
}
