import { layoutElements, type LayoutElement } from './layout.ts';
import { MONTHS, WEEKDAYS } from './names.ts';
import type { Time } from './time.ts';

export const RFC3339_NANO = '2006-01-02T15:04:05.999999999Z07:00';

/** A time in a Go layout: the reference time `Mon Jan 2 15:04:05 MST 2006` stands for the time's parts. */
export function formatTime(time: Time, layout: string): string {
  return layoutElements(layout)
    .map((element) => formatElement(time, element))
    .join('');
}

function formatElement(time: Time, element: LayoutElement): string {
  const second = time.secondOfDay();
  const hour = Math.floor(second / 3600);
  const { year, month, day } = time.date();
  switch (element.kind) {
    case 'literal':
      return element.text;
    case 'fraction':
      return formatFraction(time.nanos, element.digits, element.trim, element.text[0] ?? '.');
    case 'longMonth':
      return MONTHS[month - 1] ?? '';
    case 'month':
      return (MONTHS[month - 1] ?? '').slice(0, 3);
    case 'numMonth':
      return String(month);
    case 'zeroMonth':
      return padded(month, 2);
    case 'longWeekday':
      return WEEKDAYS[time.weekday()] ?? '';
    case 'weekday':
      return (WEEKDAYS[time.weekday()] ?? '').slice(0, 3);
    case 'day':
      return String(day);
    case 'spaceDay':
      return String(day).padStart(2, ' ');
    case 'zeroDay':
      return padded(day, 2);
    case 'spaceYearDay':
      return String(time.yearDay()).padStart(3, ' ');
    case 'zeroYearDay':
      return padded(time.yearDay(), 3);
    case 'hour24':
      return padded(hour, 2);
    case 'hour12':
      return String(hour % 12 === 0 ? 12 : hour % 12);
    case 'zeroHour12':
      return padded(hour % 12 === 0 ? 12 : hour % 12, 2);
    case 'minute':
      return String(Math.floor(second / 60) % 60);
    case 'zeroMinute':
      return padded(Math.floor(second / 60) % 60, 2);
    case 'second':
      return String(second % 60);
    case 'zeroSecond':
      return padded(second % 60, 2);
    case 'longYear':
      return padded(year, 4);
    case 'year':
      return padded(((year % 100) + 100) % 100, 2);
    case 'upperPm':
      return hour >= 12 ? 'PM' : 'AM';
    case 'lowerPm':
      return hour >= 12 ? 'pm' : 'am';
    case 'zone':
      return formatZone(time);
    case 'offset':
      return formatOffset(time.zoneTime().offset, element.text);
  }
}

function padded(value: number, width: number): string {
  return value < 0 ? `-${String(-value).padStart(width, '0')}` : String(value).padStart(width, '0');
}

function formatFraction(nanos: number, digits: number, trim: boolean, separator: string): string {
  const text = padded(nanos, 9).slice(0, digits).padEnd(digits, '0');
  const kept = trim ? text.replace(/0+$/, '') : text;
  return trim && kept === '' ? '' : `${separator}${kept}`;
}

/** The abbreviation; a zone without one shows its offset instead. */
function formatZone(time: Time): string {
  const { abbreviation, offset } = time.zoneTime();
  if (abbreviation !== '') return abbreviation;
  const minutes = Math.trunc(offset / 60);
  return `${minutes < 0 ? '-' : '+'}${padded(Math.floor(Math.abs(minutes) / 60), 2)}${padded(Math.abs(minutes) % 60, 2)}`;
}

function formatOffset(offset: number, layout: string): string {
  if (layout.startsWith('Z') && offset === 0) return 'Z';
  const total = Math.abs(offset);
  const parts = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60].map((part) => padded(part, 2));
  const colon = layout.includes(':') ? ':' : '';
  const count = layout.replaceAll(':', '').length === 3 ? 1 : layout.replaceAll(':', '').length === 5 ? 2 : 3;
  return `${offset < 0 ? '-' : '+'}${parts.slice(0, count).join(colon)}`;
}
