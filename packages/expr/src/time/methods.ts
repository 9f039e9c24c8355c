import { failure } from '../values/failure.ts';
import { wrap64 } from '../values/int64.ts';
import { NamedInt, SizedInt } from '../values/sized-int.ts';
import type { Value } from '../values/value.ts';
import { daysFromCivil } from './civil.ts';
import { Duration, roundDuration, truncateDuration, wrappedDuration } from './duration.ts';
import { formatTime } from './format.ts';
import { MONTHS, WEEKDAYS } from './names.ts';
import { Time } from './time.ts';
import { UTC, Zone } from './zone.ts';

/** Calls a method of a time, duration, zone, month or weekday. The arguments fit the method's signature. */
export function callMethod(self: Value, name: string, args: readonly Value[]): Value {
  if (self instanceof Time) return timeMethod(self, name, args);
  if (self instanceof Duration) return durationMethod(self, name, args);
  if (self instanceof NamedInt) return self.text;
  return String(self);
}

const STRING_LAYOUT = '2006-01-02 15:04:05.999999999 -0700 MST';

function timeMethod(time: Time, name: string, args: readonly Value[]): Value {
  const [first] = args;
  switch (name) {
    case 'Add':
      return time.add(first as Duration);
    case 'AddDate': {
      const [years, months, days] = args.map(Number);
      return time.addDate(years ?? 0, months ?? 0, days ?? 0);
    }
    case 'After':
      return time.compare(first as Time) > 0;
    case 'Before':
      return time.compare(first as Time) < 0;
    case 'Compare':
      return BigInt(time.compare(first as Time));
    case 'Equal':
      return time.compare(first as Time) === 0;
    case 'Format':
      return formatTime(time, first as string);
    case 'In':
      if (!(first instanceof Zone)) throw failure('time: missing Location in call to Time.In');
      return time.in(first);
    case 'Round':
      return time.round(first as Duration);
    case 'String':
      return formatTime(time, STRING_LAYOUT);
    case 'Sub':
      return time.since(first as Time);
    case 'Truncate':
      return time.truncate(first as Duration);
    case 'Local':
    case 'UTC':
      return time.in(UTC);
    case 'Location':
      return time.zone;
    case 'Zone':
      return time.zoneTime().abbreviation;
    default:
      return timePart(time, name);
  }
}

function timePart(time: Time, name: string): Value {
  const { year, month, day } = time.date();
  const second = time.secondOfDay();
  switch (name) {
    case 'Year':
      return BigInt(year);
    case 'Month':
      return new NamedInt('time.Month', BigInt(month), MONTHS[month - 1] ?? '');
    case 'Day':
      return BigInt(day);
    case 'Hour':
      return BigInt(Math.floor(second / 3600));
    case 'Minute':
      return BigInt(Math.floor(second / 60) % 60);
    case 'Second':
      return BigInt(second % 60);
    case 'Nanosecond':
      return BigInt(time.nanos);
    case 'Weekday':
      return new NamedInt('time.Weekday', BigInt(time.weekday()), WEEKDAYS[time.weekday()] ?? '');
    case 'YearDay':
      return BigInt(time.yearDay());
    case 'ISOWeek':
      return BigInt(isoYear(time));
    case 'IsZero':
      return time.seconds === -62_135_596_800 && time.nanos === 0;
    case 'IsDST':
      return isSummerTime(time);
    case 'Unix':
      return new SizedInt('int64', BigInt(time.seconds));
    case 'UnixMilli':
      return new SizedInt('int64', floorDivide(time.unixNanoseconds(), 1_000_000n));
    case 'UnixMicro':
      return new SizedInt('int64', floorDivide(time.unixNanoseconds(), 1_000n));
    default:
      return new SizedInt('int64', wrap64(time.unixNanoseconds()));
  }
}

/** The year that the Thursday of the time's week is in. */
function isoYear(time: Time): number {
  const { year, month, day } = time.date();
  const thursday = daysFromCivil(year, month, day) + 4 - (time.weekday() === 0 ? 7 : time.weekday());
  return new Time(thursday * 86_400, 0).date().year;
}

function isSummerTime(time: Time): boolean {
  const { year } = time.date();
  const offsets = [1, 7].map((month) => time.zone.at(daysFromCivil(year, month, 1) * 86_400).offset);
  return time.zoneTime().offset > Math.min(...offsets);
}

function floorDivide(value: bigint, by: bigint): bigint {
  const rest = ((value % by) + by) % by;
  return (value - rest) / by;
}

function durationMethod(duration: Duration, name: string, args: readonly Value[]): Value {
  const nanos = duration.nanoseconds;
  switch (name) {
    case 'Hours':
      return inUnits(nanos, 3_600_000_000_000n);
    case 'Minutes':
      return inUnits(nanos, 60_000_000_000n);
    case 'Seconds':
      return inUnits(nanos, 1_000_000_000n);
    case 'Milliseconds':
      return new SizedInt('int64', nanos / 1_000_000n);
    case 'Microseconds':
      return new SizedInt('int64', nanos / 1_000n);
    case 'Nanoseconds':
      return new SizedInt('int64', nanos);
    case 'Abs':
      return nanos < 0n ? wrappedDuration(nanos === -(1n << 63n) ? (1n << 63n) - 1n : -nanos) : duration;
    case 'Round':
      return roundDuration(duration, args[0] as Duration);
    case 'Truncate':
      return truncateDuration(duration, args[0] as Duration);
    default:
      return duration.toString();
  }
}

/** Whole units and the rest are converted separately, as Go does. */
function inUnits(nanos: bigint, unit: bigint): number {
  return Number(nanos / unit) + Number(nanos % unit) / Number(unit);
}
