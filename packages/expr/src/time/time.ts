import { civilFromDays, daysFromCivil, type CivilDate } from './civil.ts';
import { clamp, Duration } from './duration.ts';
import { UTC, type Zone, type ZoneTime } from './zone.ts';

const NANOS = 1_000_000_000n;
/** Seconds from 0001-01-01 to 1970-01-01: rounding counts from the former, as Go's zero time does. */
const ZERO_TO_UNIX = 62_135_596_800n;

/** An instant with nanoseconds, and the zone it is shown in. */
export class Time {
  /** Whole seconds since 1970, rounded down. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanos: number;
  readonly zone: Zone;

  constructor(seconds: number, nanos: number, zone: Zone = UTC) {
    this.seconds = seconds;
    this.nanos = nanos;
    this.zone = zone;
  }

  /** A time from milliseconds since 1970. */
  static fromMilliseconds(milliseconds: number, zone: Zone = UTC): Time {
    const seconds = Math.floor(milliseconds / 1000);
    return new Time(seconds, Math.round((milliseconds - seconds * 1000) * 1e6), zone);
  }

  static fromUnixNanoseconds(nanoseconds: bigint, zone: Zone): Time {
    const nanos = ((nanoseconds % NANOS) + NANOS) % NANOS;
    return new Time(Number((nanoseconds - nanos) / NANOS), Number(nanos), zone);
  }

  unixNanoseconds(): bigint {
    return BigInt(this.seconds) * NANOS + BigInt(this.nanos);
  }

  in(zone: Zone): Time {
    return new Time(this.seconds, this.nanos, zone);
  }

  add(duration: Duration): Time {
    return Time.fromUnixNanoseconds(this.unixNanoseconds() + duration.nanoseconds, this.zone);
  }

  /** The time from `other` to this one, limited to what 64 bits hold. */
  since(other: Time): Duration {
    return new Duration(clamp(this.unixNanoseconds() - other.unixNanoseconds()));
  }

  addDate(years: number, months: number, days: number): Time {
    const { year, month, day } = this.date();
    return timeOf(year + years, month + months, day + days, this.secondOfDay(), this.nanos, this.zone);
  }

  /** -1, 0 or 1. */
  compare(other: Time): number {
    return Math.sign(this.seconds - other.seconds) || Math.sign(this.nanos - other.nanos);
  }

  zoneTime(): ZoneTime {
    return this.zone.at(this.seconds);
  }

  date(): CivilDate {
    return civilFromDays(this.#localDays());
  }

  secondOfDay(): number {
    return this.seconds + this.zoneTime().offset - this.#localDays() * 86_400;
  }

  /** 0 for Sunday. */
  weekday(): number {
    return (((this.#localDays() + 4) % 7) + 7) % 7;
  }

  yearDay(): number {
    return this.#localDays() - daysFromCivil(this.date().year, 1, 1) + 1;
  }

  truncate(unit: Duration): Time {
    if (unit.nanoseconds <= 0n) return this;
    return Time.fromUnixNanoseconds(this.unixNanoseconds() - this.#rest(unit), this.zone);
  }

  round(unit: Duration): Time {
    if (unit.nanoseconds <= 0n) return this;
    const rest = this.#rest(unit);
    const moved = rest + rest < unit.nanoseconds ? -rest : unit.nanoseconds - rest;
    return Time.fromUnixNanoseconds(this.unixNanoseconds() + moved, this.zone);
  }

  #rest(unit: Duration): bigint {
    const sinceZero = this.unixNanoseconds() + ZERO_TO_UNIX * NANOS;
    return ((sinceZero % unit.nanoseconds) + unit.nanoseconds) % unit.nanoseconds;
  }

  #localDays(): number {
    return Math.floor((this.seconds + this.zoneTime().offset) / 86_400);
  }
}

/** The instant at which a zone's clocks show a date and time. Values beyond their range carry over. */
export function timeOf(year: number, month: number, day: number, secondOfDay: number, nanos: number, zone: Zone): Time {
  const local = daysFromCivil(year, month, day) * 86_400 + secondOfDay;
  // The offset in use around that time first, then the one at the instant it leads to, as Go does: in an hour that is skipped the
  // clocks are taken not to have been moved yet.
  const guess = zone.at(local).offset;
  return new Time(local - zone.at(local - guess).offset, nanos, zone);
}
