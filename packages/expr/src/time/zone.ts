/** What a zone's clocks show at an instant: seconds east of UTC, and the abbreviation in use. */
export interface ZoneTime {
  readonly offset: number;
  readonly abbreviation: string;
}

/** A time zone: `UTC`, a fixed offset, or one of the IANA database. */
export class Zone {
  readonly name: string;
  readonly #at: (unixSeconds: number) => ZoneTime;

  constructor(name: string, at: (unixSeconds: number) => ZoneTime) {
    this.name = name;
    this.#at = at;
  }

  /** What the clocks show at an instant. */
  at(unixSeconds: number): ZoneTime {
    return this.#at(unixSeconds);
  }

  toString(): string {
    return this.name;
  }
}

export const UTC: Zone = new Zone('UTC', () => ({ offset: 0, abbreviation: 'UTC' }));

/** A zone that is always `offset` seconds east of UTC. The name may be empty. */
export function fixedZone(name: string, offset: number): Zone {
  const time = { offset, abbreviation: name };
  return new Zone(name, () => time);
}

/** Abbreviations that the runtime's locale data has no letters for, by standard offset name. */
const ABBREVIATIONS: Readonly<Record<string, readonly [standard: string, summer?: string]>> = {
  'Asia/Tokyo': ['JST'],
  'Asia/Seoul': ['KST'],
  'Asia/Shanghai': ['CST'],
  'Asia/Hong_Kong': ['HKT'],
  'Asia/Taipei': ['CST'],
  'Asia/Kolkata': ['IST'],
  'Asia/Calcutta': ['IST'],
  'Asia/Karachi': ['PKT'],
  'Asia/Manila': ['PST'],
  'Asia/Jakarta': ['WIB'],
  'Asia/Jerusalem': ['IST', 'IDT'],
  'Europe/Moscow': ['MSK'],
  'Africa/Johannesburg': ['SAST'],
  'Africa/Lagos': ['WAT'],
  'Africa/Nairobi': ['EAT'],
  'Africa/Cairo': ['EET', 'EEST'],
  'Pacific/Auckland': ['NZST', 'NZDT'],
};
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-CA'];

/** The IANA zone of a name; `""` and `UTC` are UTC. Undefined if there is none. */
export function loadZone(name: string): Zone | undefined {
  if (name === '' || name === 'UTC') return UTC;
  if (!/^[A-Za-z][\w+\-/]*$/.test(name)) return undefined;
  let parts: Intl.DateTimeFormat;
  try {
    parts = format('en-US', name, 'longOffset');
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const letters = LOCALES.map((locale) => format(locale, name, 'short'));
  return new Zone(name, (unixSeconds) => {
    const date = new Date(Math.max(-8.64e15, Math.min(8.64e15, unixSeconds * 1000)));
    const offset = offsetOf(zoneName(parts, date));
    return { offset, abbreviation: abbreviationOf(name, offset, letters, date) };
  });
}

function format(locale: string, timeZone: string, timeZoneName: 'short' | 'longOffset'): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, { timeZone, timeZoneName, year: 'numeric' });
}

function zoneName(formatter: Intl.DateTimeFormat, date: Date): string {
  return formatter.formatToParts(date).find((part) => part.type === 'timeZoneName')?.value ?? '';
}

function offsetOf(longOffset: string): number {
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(longOffset);
  if (match?.[1] === undefined) return 0;
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
  return match[1] === '-' ? -seconds : seconds;
}

function abbreviationOf(name: string, offset: number, letters: readonly Intl.DateTimeFormat[], date: Date): string {
  const known = ABBREVIATIONS[name];
  if (known !== undefined) {
    const winter = new Date(date.getTime());
    const standard = Math.min(offset, ...[0, 6].map((months) => offsetIn(name, winter, months)));
    return offset > standard ? (known[1] ?? known[0]) : known[0];
  }
  for (const formatter of letters) {
    const short = zoneName(formatter, date);
    if (/^[A-Z]{3,5}$/.test(short) && (short !== 'GMT' || offset === 0)) return short;
  }
  const minutes = Math.abs(offset / 60);
  const digits = `${String(Math.floor(minutes / 60)).padStart(2, '0')}${minutes % 60 === 0 ? '' : String(Math.floor(minutes % 60)).padStart(2, '0')}`;
  return `${offset < 0 ? '-' : '+'}${digits}`;
}

function offsetIn(name: string, date: Date, months: number): number {
  const moved = new Date(date.getTime());
  moved.setUTCMonth(months, 1);
  return offsetOf(zoneName(format('en-US', name, 'longOffset'), moved));
}
