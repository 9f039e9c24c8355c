import { ParseError } from '@kargo/gocompat';
import { DURATION, STRING, TIME, ZONE } from '../checker/type.ts';
import { parseDuration } from '../time/duration.ts';
import { parseTime } from '../time/parse.ts';
import { Time } from '../time/time.ts';
import { loadZone, UTC, Zone } from '../time/zone.ts';
import { asString, failure } from '../values/failure.ts';
import type { Value } from '../values/value.ts';
import type { Builtin } from './builtin.ts';

/** The layouts that `date` tries, in this order, if it is given none. */
const LAYOUTS = [
  '2006-01-02',
  '15:04:05',
  '2006-01-02 15:04:05',
  '2006-01-02T15:04:05Z07:00',
  '02 Jan 06 15:04 MST',
  'Monday, 02-Jan-06 15:04:05 MST',
  'Mon, 02 Jan 2006 15:04:05 MST',
];

function zoneNamed(name: string): Zone {
  const zone = loadZone(name);
  if (zone === undefined) throw failure(`unknown time zone ${name}`);
  return zone;
}

function date(args: readonly Value[]): Time {
  const [first] = args;
  const rest = first instanceof Zone ? args.slice(1) : args;
  const text = asString(rest[0]);
  const layout = rest.length > 1 ? asString(rest[1]) : undefined;
  const zone = rest.length > 2 ? zoneNamed(asString(rest[2])) : first instanceof Zone ? first : UTC;
  for (const candidate of layout === undefined ? LAYOUTS : [layout]) {
    const time = parseTime(candidate, text, zone);
    if (time !== undefined) return time;
  }
  throw failure(
    layout === undefined ? `invalid date ${text}` : `cannot parse ${JSON.stringify(text)} as ${JSON.stringify(layout)}`,
  );
}

/** Functions that make times, durations and zones. */
export const TIME_BUILTINS: readonly Builtin[] = [
  {
    name: 'now',
    check: (args) => {
      const fits = args.length === 0 || (args.length === 1 && args[0]?.kind === 'zone');
      return fits ? TIME : `invalid number of arguments (expected 0, got ${args.length})`;
    },
    call: ([zone], run) => {
      if (run.now === undefined) throw failure('now() is not available: the host gave no clock');
      return Time.fromMilliseconds(run.now(), zone instanceof Zone ? zone : UTC);
    },
  },
  {
    name: 'duration',
    signatures: [{ params: [STRING], result: DURATION }],
    call: ([text]) => {
      try {
        return parseDuration(asString(text));
      } catch (error) {
        if (error instanceof ParseError) throw failure(error.message, error);
        throw error;
      }
    },
  },
  {
    name: 'date',
    check: (args) => {
      if (args.length === 0) return 'invalid number of arguments (expected at least 1, got 0)';
      const count = args[0]?.kind === 'zone' ? args.length - 1 : args.length;
      return count > 3 ? `invalid number of arguments (expected at most 3, got ${count})` : TIME;
    },
    call: date,
  },
  { name: 'timezone', signatures: [{ params: [STRING], result: ZONE }], call: ([name]) => zoneNamed(asString(name)) },
];
