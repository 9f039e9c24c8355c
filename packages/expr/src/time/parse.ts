import { daysInMonth } from './civil.ts';
import { layoutElements, type LayoutElement } from './layout.ts';
import { MONTHS, WEEKDAYS } from './names.ts';
import { Time, timeOf } from './time.ts';
import { fixedZone, UTC, type Zone } from './zone.ts';

/** The parts of a time that were read. */
interface Parts {
  year: number;
  month: number;
  day: number;
  yearDay: number;
  hour: number;
  minute: number;
  second: number;
  nanos: number;
  pm: boolean | undefined;
  offset: number | undefined;
  abbreviation: string | undefined;
  utc: boolean;
}

/**
 * Reads a time written in a Go layout; in `zone`, or UTC, where the text names none. Undefined if the text does not follow the
 * layout or names a date that does not exist.
 */
export function parseTime(layout: string, text: string, zone: Zone = UTC): Time | undefined {
  const parts: Parts = {
    year: 0,
    month: -1,
    day: -1,
    yearDay: -1,
    hour: 0,
    minute: 0,
    second: 0,
    nanos: 0,
    pm: undefined,
    offset: undefined,
    abbreviation: undefined,
    utc: false,
  };
  let rest = text;
  const elements = layoutElements(layout);
  for (const [index, element] of elements.entries()) {
    const left = readElement(parts, element, rest, elements[index + 1]);
    if (left === undefined) return undefined;
    rest = left;
  }
  return rest === '' ? assemble(parts, zone) : undefined;
}

function readElement(parts: Parts, element: LayoutElement, text: string, next: LayoutElement | undefined): string | undefined {
  switch (element.kind) {
    case 'literal':
      return skipLiteral(element.text, text);
    case 'fraction':
      return readFraction(parts, element.digits, element.trim, text);
    case 'longMonth':
    case 'month':
      return readName(MONTHS, element.kind === 'month', text, (index) => (parts.month = index + 1));
    case 'longWeekday':
    case 'weekday':
      return readName(WEEKDAYS, element.kind === 'weekday', text, () => undefined);
    case 'numMonth':
    case 'zeroMonth':
      return readNumber(text, element.kind === 'zeroMonth', 1, 12, (value) => (parts.month = value));
    case 'day':
    case 'spaceDay':
    case 'zeroDay':
      return readNumber(
        element.kind === 'spaceDay' ? text.replace(/^ /, '') : text,
        element.kind === 'zeroDay',
        0,
        99,
        (value) => {
          parts.day = value;
        },
      );
    case 'spaceYearDay':
    case 'zeroYearDay': {
      const match = /^(\d{3}| \d{2}| {2}\d)/.exec(text);
      if (match === null || (element.kind === 'zeroYearDay' && !/^\d{3}/.test(text))) return undefined;
      parts.yearDay = Number(match[0]);
      return text.slice(3);
    }
    case 'hour24':
      return readNumber(text, false, 0, 23, (value) => (parts.hour = value));
    case 'hour12':
    case 'zeroHour12':
      return readNumber(text, element.kind === 'zeroHour12', 0, 12, (value) => (parts.hour = value));
    case 'minute':
    case 'zeroMinute':
      return readNumber(text, element.kind === 'zeroMinute', 0, 59, (value) => (parts.minute = value));
    case 'second':
    case 'zeroSecond': {
      const left = readNumber(text, element.kind === 'zeroSecond', 0, 59, (value) => (parts.second = value));
      // A fraction may follow the seconds even where the layout has none.
      if (left === undefined || next?.kind === 'fraction') return left;
      const fraction = /^[.,]\d+/.exec(left)?.[0];
      return fraction === undefined ? left : readFraction(parts, fraction.length - 1, false, left);
    }
    case 'longYear':
      if (!/^\d{4}/.test(text)) return undefined;
      parts.year = Number(text.slice(0, 4));
      return text.slice(4);
    case 'year':
      if (!/^\d{2}/.test(text)) return undefined;
      parts.year = Number(text.slice(0, 2)) + (Number(text.slice(0, 2)) >= 69 ? 1900 : 2000);
      return text.slice(2);
    case 'upperPm':
    case 'lowerPm':
      return readHalf(parts, element.kind === 'upperPm', text);
    case 'zone':
      return readAbbreviation(parts, text);
    case 'offset':
      return readOffset(parts, element.text, text);
  }
}

/** A run of blanks in a layout stands for any number of blanks. */
function skipLiteral(literal: string, text: string): string | undefined {
  let rest = text;
  for (let index = 0; index < literal.length; index++) {
    const character = literal[index] ?? '';
    if (character === ' ') {
      if (rest !== '' && !rest.startsWith(' ')) return undefined;
      while (literal[index + 1] === ' ') index++;
      rest = rest.replace(/^ +/, '');
    } else {
      if (!rest.startsWith(character)) return undefined;
      rest = rest.slice(1);
    }
  }
  return rest;
}

function readNumber(
  text: string,
  twoDigits: boolean,
  min: number,
  max: number,
  set: (value: number) => void,
): string | undefined {
  const digits = (twoDigits ? /^\d\d/ : /^\d\d?/).exec(text)?.[0];
  if (digits === undefined || Number(digits) < min || Number(digits) > max) return undefined;
  set(Number(digits));
  return text.slice(digits.length);
}

function readName(names: readonly string[], short: boolean, text: string, set: (index: number) => void): string | undefined {
  const length = short ? 3 : undefined;
  const index = names.findIndex((name) => text.toLowerCase().startsWith(name.slice(0, length).toLowerCase()));
  const name = names[index];
  if (name === undefined) return undefined;
  set(index);
  return text.slice(name.slice(0, length).length);
}

function readFraction(parts: Parts, digits: number, optional: boolean, text: string): string | undefined {
  const match = /^[.,](\d+)/.exec(text);
  const found = match?.[1];
  if (found === undefined) return optional ? text : undefined;
  const taken = optional ? found.length : digits;
  if (found.length < taken || (!optional && found.length !== digits)) return undefined;
  parts.nanos = Number(found.slice(0, 9).padEnd(9, '0'));
  return text.slice(1 + taken);
}

function readHalf(parts: Parts, upper: boolean, text: string): string | undefined {
  const half = text.slice(0, 2);
  if (half !== (upper ? 'PM' : 'pm') && half !== (upper ? 'AM' : 'am')) return undefined;
  parts.pm = half.toLowerCase() === 'pm';
  return text.slice(2);
}

function readAbbreviation(parts: Parts, text: string): string | undefined {
  if (text.startsWith('UTC')) {
    parts.utc = true;
    return text.slice(3);
  }
  const name = /^(GMT[+-]\d{1,2}|ChST|MeST|WITA|[+-]\d{2}(?:\d{2})?|[A-Z]{5}|[A-Z]{4}|[A-Z]{3})(?![A-Z])/.exec(text)?.[0];
  if (name === undefined || (/^[A-Z]{4}$/.test(name) && !name.endsWith('T') && name !== 'WITA')) return undefined;
  if (/^[A-Z]{5}$/.test(name) && !name.endsWith('T')) return undefined;
  parts.abbreviation = name;
  return text.slice(name.length);
}

function readOffset(parts: Parts, layout: string, text: string): string | undefined {
  if (layout.startsWith('Z') && text.startsWith('Z')) {
    parts.utc = true;
    return text.slice(1);
  }
  const pattern = OFFSETS.get(layout.slice(1));
  const match = pattern?.exec(text);
  if (match === null || match === undefined) return undefined;
  const [whole, sign, hours, minutes = '0', seconds = '0'] = match;
  if (Number(hours) > 24 || Number(minutes) > 60 || Number(seconds) > 60) return undefined;
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  parts.offset = sign === '-' ? -offset : offset;
  return text.slice(whole.length);
}

const OFFSETS: ReadonlyMap<string, RegExp> = new Map([
  ['07:00:00', /^([+-])(\d\d):(\d\d):(\d\d)/],
  ['070000', /^([+-])(\d\d)(\d\d)(\d\d)/],
  ['07:00', /^([+-])(\d\d):(\d\d)/],
  ['0700', /^([+-])(\d\d)(\d\d)/],
  ['07', /^([+-])(\d\d)/],
]);

function assemble(parts: Parts, zone: Zone): Time | undefined {
  const hour = parts.pm === undefined ? parts.hour : (parts.hour % 12) + (parts.pm ? 12 : 0);
  let { month, day } = parts;
  if (parts.yearDay >= 0) {
    if (parts.yearDay < 1 || parts.yearDay > 366) return undefined;
    const start = timeOf(parts.year, 1, parts.yearDay, 0, 0, UTC).date();
    if (start.year !== parts.year || (month >= 0 && month !== start.month) || (day >= 0 && day !== start.day)) return undefined;
    ({ month, day } = start);
  }
  if (month < 0) month = 1;
  if (day < 0) day = 1;
  if (day < 1 || day > daysInMonth(parts.year, month)) return undefined;
  const at = (where: Zone): Time =>
    timeOf(parts.year, month, day, hour * 3600 + parts.minute * 60 + parts.second, parts.nanos, where);
  if (parts.utc) return at(UTC);
  if (parts.offset !== undefined) return withOffset(at(UTC), parts.offset, zone, parts.abbreviation ?? '');
  return parts.abbreviation === undefined ? at(zone) : withAbbreviation(at, parts.abbreviation, zone);
}

/** The zone itself where it has that offset at that time, else a zone of that offset. */
function withOffset(local: Time, offset: number, zone: Zone, name: string): Time {
  const seconds = local.seconds - offset;
  const { offset: usual, abbreviation } = zone.at(seconds);
  const own = usual === offset && (name === '' || name === abbreviation);
  return new Time(seconds, local.nanos, own ? zone : fixedZone(name, offset));
}

/** An abbreviation says the offset only where the zone uses it, or as `GMT+3`; else it is a name without an offset. */
function withAbbreviation(at: (zone: Zone) => Time, name: string, zone: Zone): Time {
  const time = at(zone);
  if (time.zoneTime().abbreviation === name) return time;
  const hours = /^GMT([+-]\d{1,2})$/.exec(name)?.[1];
  return at(fixedZone(name, hours === undefined ? 0 : Number(hours) * 3600));
}
