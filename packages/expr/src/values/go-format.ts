import { goFloat } from '@kargo/gocompat';
import type { Struct } from '../host/struct.ts';
import { formatTime } from '../time/format.ts';
import type { Time } from '../time/time.ts';
import type { AnyMap } from './any-map.ts';
import { Effort } from './effort.ts';
import type { NamedInt, SizedInt } from './sized-int.ts';
import { compareText } from './text.ts';
import { kindOf } from './type-name.ts';
import type { StringMap, Value } from './value.ts';

/** A value as Go prints it with `%v`: `<nil>`, `1e+06`, `[1 2]`, `map[a:1]`. Maps are sorted by key. */
export function goFormat(value: Value): string {
  return format(value, new Effort());
}

function format(value: Value, effort: Effort): string {
  effort.spend();
  switch (kindOf(value)) {
    case 'nil':
      return '<nil>';
    case 'float':
      return goFloat(value as number);
    case 'bytes':
      return `[${Array.from(value as Uint8Array).join(' ')}]`;
    case 'list':
      return `[${(value as readonly Value[]).map((item) => format(item, effort)).join(' ')}]`;
    case 'map':
      return formatEntries(Object.entries(value as StringMap), effort);
    case 'anyMap':
      return formatEntries(Array.from((value as AnyMap).entries()), effort);
    case 'time':
      return formatTime(value as Time, '2006-01-02 15:04:05.999999999 -0700 MST');
    case 'sizedInt':
      return String((value as SizedInt).value);
    case 'namedInt':
      return (value as NamedInt).text;
    case 'struct':
      return formatStruct(value as Struct, effort);
    case 'func':
      return 'func';
    default:
      return String(value as string | bigint | boolean);
  }
}

function formatStruct(struct: Struct, effort: Effort): string {
  return struct.text ?? `{${struct.type.fields.map(({ json }) => format(struct.get(json), effort)).join(' ')}}`;
}

function formatEntries(entries: readonly (readonly [key: Value, value: Value])[], effort: Effort): string {
  const sorted = entries.toSorted(([a], [b]) => compareKeys(a, b));
  return `map[${sorted.map(([key, value]) => `${format(key, effort)}:${format(value, effort)}`).join(' ')}]`;
}

const RANKS = ['nil', 'int', 'float', 'bool', 'string'];

function compareKeys(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === typeof b && a !== null && b !== null && a !== undefined && b !== undefined) return a < b ? -1 : a > b ? 1 : 0;
  return RANKS.indexOf(kindOf(a)) - RANKS.indexOf(kindOf(b));
}
