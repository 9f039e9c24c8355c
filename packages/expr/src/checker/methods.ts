import { BOOL, DURATION, FLOAT, INT, INT64, MONTH, STRING, TIME, WEEKDAY, ZONE, checkedSignature } from './type.ts';
import type { CheckedSignature, Type } from './type.ts';

type Row = readonly [result: Type, ...params: Type[]];

const TEXT: Row = [STRING];
const TIME_METHODS: Readonly<Record<string, Row>> = {
  Add: [TIME, DURATION],
  AddDate: [TIME, INT, INT, INT],
  After: [BOOL, TIME],
  Before: [BOOL, TIME],
  Compare: [INT, TIME],
  Day: [INT],
  Equal: [BOOL, TIME],
  Format: [STRING, STRING],
  Hour: [INT],
  ISOWeek: [INT],
  In: [TIME, ZONE],
  IsDST: [BOOL],
  IsZero: [BOOL],
  Local: [TIME],
  Location: [ZONE],
  Minute: [INT],
  Month: [MONTH],
  Nanosecond: [INT],
  Round: [TIME, DURATION],
  Second: [INT],
  String: TEXT,
  Sub: [DURATION, TIME],
  Truncate: [TIME, DURATION],
  UTC: [TIME],
  Unix: [INT64],
  UnixMicro: [INT64],
  UnixMilli: [INT64],
  UnixNano: [INT64],
  Weekday: [WEEKDAY],
  Year: [INT],
  YearDay: [INT],
  Zone: [STRING],
};
const DURATION_METHODS: Readonly<Record<string, Row>> = {
  Abs: [DURATION],
  Hours: [FLOAT],
  Microseconds: [INT64],
  Milliseconds: [INT64],
  Minutes: [FLOAT],
  Nanoseconds: [INT64],
  Round: [DURATION, DURATION],
  Seconds: [FLOAT],
  String: TEXT,
  Truncate: [DURATION, DURATION],
};
const TABLES: Partial<Record<Type['kind'], Readonly<Record<string, Row>>>> = {
  time: TIME_METHODS,
  duration: DURATION_METHODS,
  zone: { String: TEXT },
  month: { String: TEXT },
  weekday: { String: TEXT },
};
/** Methods of times that have three results: naming them is fine, calling them is not. */
const THREE_RESULTS: ReadonlySet<string> = new Set(['Clock', 'Date']);

/** The method of that name which values of a type have, if any. */
export function methodOf(type: Type, name: string): CheckedSignature | undefined {
  if (type.struct !== undefined) {
    const method = type.struct.method(name);
    return method === undefined ? undefined : checkedSignature(method.signature);
  }
  if (type.kind === 'time' && THREE_RESULTS.has(name)) return { params: [], result: INT, tooManyResults: true };
  const table = TABLES[type.kind];
  if (table === undefined || !Object.hasOwn(table, name)) return undefined;
  const [result, ...params] = table[name] ?? TEXT;
  return { params, result };
}
