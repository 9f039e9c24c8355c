import { describe, expect, it } from 'vitest';
import { compile } from '../program.ts';
import { toJson } from '../values/convert.ts';
import { formatTime } from './format.ts';
import { parseTime } from './parse.ts';
import { Time } from './time.ts';
import { loadZone } from './zone.ts';

describe('times', () => {
  it.each<[string, unknown]>([
    ['date("2024-03-31 01:30:00").In(timezone("Europe/Zurich"))', '2024-03-31T03:30:00+02:00'],
    ['date("2024-02-29").AddDate(1, 0, 0)', '2025-03-01T00:00:00Z'],
    ['date("2024-01-31").AddDate(0, 1, 0)', '2024-03-02T00:00:00Z'],
    ['date("2023-08-14 10:00:00", "2006-01-02 15:04:05", "America/New_York")', '2023-08-14T10:00:00-04:00'],
    ['date(timezone("America/New_York"), "2024-11-03 01:30:00")', '2024-11-03T01:30:00-04:00'],
    ['date(timezone("America/New_York"), "2024-03-10 02:30:00")', '2024-03-10T01:30:00-05:00'],
    ['date("12:30:00").Year()', 0],
    ['date("2024-12-30").ISOWeek()', 2025],
    ['date("2023-01-01").ISOWeek()', 2022],
    ['date("2024-02-29T12:30:45.123456Z").Format("15:04:05.000")', '12:30:45.123'],
    ['date("14 Aug 23 10:20 UTC")', null],
    ['string(date(timezone("America/New_York"), "2023-08-14 10:00:00"))', '2023-08-14 10:00:00 -0400 EDT'],
    ['date("2024-02-29T12:30:45Z").Weekday().String()', 'Thursday'],
    ['date("2024-02-29T12:30:45Z").Sub(date("2024-02-29")).String()', '12h30m45s'],
    ['date("2024-02-29T12:30:45Z").Unix() + 0', 1709209845],
    ['duration("1h30m").Hours()', 1.5],
    ['duration("-90s").Abs().String()', '1m30s'],
    ['date("2024-01-01") < date("2024-01-02")', true],
    ['date("2024-01-01") == date("2024-01-01T01:00:00+01:00")', true],
  ])('%s', (source, want) => {
    if (want === null) expect(() => compile(source).run({})).not.toThrow();
    else expect(toJson(compile(source).run({}))).toEqual(want);
  });

  it.each([
    '2006-01-02T15:04:05.999999999Z07:00',
    'Mon, 02 Jan 2006 15:04:05 -0700',
    '2006-002 03:04:05 PM',
    'January 2, 2006 at 3:04pm',
  ])('in the layout %s are read as they were written', (layout) => {
    const time = new Time(1_709_209_860, 0);
    const text = formatTime(time, layout);
    const back = parseTime(layout, text);
    expect(back && formatTime(back, layout)).toBe(text);
  });

  it.each(['2024-02-30', '2024-13-01', '24-01-01', '2024-1-1', '2024-01-01x', ''])('%j is no date', (text) => {
    expect(parseTime('2006-01-02', text)).toBeUndefined();
  });

  it.each(['Nowhere/Nothing', '../etc/passwd', 'Local time'])('%s is no zone', (name) => {
    expect(loadZone(name)).toBeUndefined();
  });
});
