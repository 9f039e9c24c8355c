import { ParseError, type ExtraFunctions } from '@kargo/gocompat';

/** Longest text that a function makes. */
const LONGEST = 65_536;

const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

function whole(value: unknown): number {
  const number = Number(value);
  if (!Number.isInteger(number))
    throw new ParseError('InvalidTemplate', `expected a whole number, found ${JSON.stringify(value)}`);
  return number;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === '' || value === 0 || value === false;
}

function cut(value: string, length: number): string {
  return length >= 0 ? value.slice(0, length) : value.slice(length);
}

/**
 * Functions for texts, as templates for Helm and Argo CD know them, with the text last so that it can come through a pipe. Nothing
 * reads the environment, files or the network.
 */
export const linkFunctions: ExtraFunctions = {
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  title: (value) => text(value).replace(/(^|\s)\S/g, (first) => first.toUpperCase()),
  trim: (value) => text(value).trim(),
  trimAll: (characters, value) => trimCharacters(text(value), text(characters), true, true),
  trimPrefix: (prefix, value) => (text(value).startsWith(text(prefix)) ? text(value).slice(text(prefix).length) : text(value)),
  trimSuffix: (suffix, value) =>
    text(suffix) !== '' && text(value).endsWith(text(suffix)) ? text(value).slice(0, -text(suffix).length) : text(value),
  hasPrefix: (prefix, value) => text(value).startsWith(text(prefix)),
  hasSuffix: (suffix, value) => text(value).endsWith(text(suffix)),
  contains: (part, value) => text(value).includes(text(part)),
  replace: (from, to, value) => (text(from) === '' ? text(value) : text(value).replaceAll(text(from), () => text(to))),
  trunc: (length, value) => cut(text(value), whole(length)),
  substr: (start, end, value) => text(value).slice(Math.max(0, whole(start)), whole(end) < 0 ? undefined : whole(end)),
  quote: (...values) => values.map((value) => JSON.stringify(text(value))).join(' '),
  squote: (...values) => values.map((value) => `'${text(value)}'`).join(' '),
  cat: (...values) => values.map(text).join(' '),
  nospace: (value) => text(value).replaceAll(/\s/g, ''),
  repeat: (count, value) => {
    const [times, part] = [Math.max(0, whole(count)), text(value)];
    if (times * part.length > LONGEST) throw new ParseError('InvalidTemplate', `repeat makes more than ${LONGEST} characters`);
    return part.repeat(times);
  },
  default: (fallback, value) => (isEmpty(value) ? fallback : value),
  empty: isEmpty,
  coalesce: (...values) => values.find((value) => !isEmpty(value)),
  ternary: (yes, no, test) => (test === true ? yes : no),
  split: (separator, value) =>
    Object.fromEntries(
      text(value)
        .split(text(separator))
        .map((part, index) => [`_${index}`, part]),
    ),
  splitList: (separator, value) => text(value).split(text(separator)),
  join: (separator, list) => (Array.isArray(list) ? list.map(text).join(text(separator)) : text(list)),
  first: (list) => (Array.isArray(list) ? list[0] : undefined),
  last: (list) => (Array.isArray(list) ? list.at(-1) : undefined),
  list: (...values) => values,
  get: (map, key) =>
    typeof map === 'object' && map !== null && Object.hasOwn(map, text(key)) ? (map as Record<string, unknown>)[text(key)] : '',
  hasKey: (map, key) => typeof map === 'object' && map !== null && Object.hasOwn(map, text(key)),
  b64enc: (value) => Buffer.from(text(value)).toString('base64'),
  b64dec: (value) => Buffer.from(text(value), 'base64').toString(),
  toString: text,
  toJson: (value) => JSON.stringify(value),
  base: (value) => text(value).replace(/\/+$/, '').split('/').at(-1),
  dir: (value) => text(value).replace(/\/[^/]*$/, '') || '.',
  urlquery: (value) => encodeURIComponent(text(value)).replaceAll('%20', '+'),
  urlPath: (value) => encodeURIComponent(text(value)),
  add: (...values) => values.map(whole).reduce((sum, value) => sum + value, 0),
  sub: (a, b) => whole(a) - whole(b),
  int: (value) => Math.trunc(Number(value)) || 0,
};

function trimCharacters(value: string, characters: string, left: boolean, right: boolean): string {
  let [start, end] = [0, value.length];
  while (left && start < end && characters.includes(value[start] ?? '\0')) start += 1;
  while (right && end > start && characters.includes(value[end - 1] ?? '\0')) end -= 1;
  return value.slice(start, end);
}
