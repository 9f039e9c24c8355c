import { isScalar, parseDocument } from 'yaml';

/** A single value as YAML knows it. */
export type YamlScalar = string | number | bigint | boolean | null;

/** Any value of plain data. */
export type YamlValue = YamlScalar | readonly YamlValue[] | { readonly [key: string]: YamlValue };

/** How the value that is replaced was written. */
export type ScalarStyle = 'plain' | 'single' | 'double';

/** As {@link scalarTexts}; lists and maps are written in braces on one line. */
export function yamlTexts(value: YamlValue, style: ScalarStyle): string[] {
  return typeof value === 'object' && value !== null ? [flowText(value)] : scalarTexts(value, style);
}

/** The text of a value where there is none yet: bare if that cannot be mistaken, in quotes else. */
export function yamlText(value: YamlValue): string {
  return yamlTexts(value, 'plain')[0] ?? '';
}

function flowText(value: YamlValue): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? doubleQuoted(value) : bareText(value as YamlScalar & (number | bigint | boolean | null));
  return `{${Object.entries(value)
    .map(([key, item]) => `${doubleQuoted(key)}: ${flowText(item)}`)
    .join(', ')}}`;
}

/** Texts for `value`, best first: the old style where it can express the value, quotes where they are needed. */
export function scalarTexts(value: YamlScalar, style: ScalarStyle): string[] {
  if (typeof value !== 'string') return [bareText(value)];
  const double = doubleQuoted(value);
  // eslint-disable-next-line no-control-regex
  const single = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(value) ? undefined : `'${value.replaceAll("'", "''")}'`;
  switch (style) {
    case 'double':
      return [double];
    case 'single':
      return single === undefined ? [double] : [single, double];
    case 'plain':
      return isUnmistakable(value) ? [value, double] : [double];
  }
}

/** The bare text of anything but a string. Numbers are written in full. */
function bareText(value: Exclude<YamlScalar, string>): string {
  if (typeof value !== 'number') return String(value);
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  return Number.isInteger(value) && !Object.is(value, -0) ? BigInt(value).toString() : String(value);
}

/** Whether a bare text is this string for every reader, be it of YAML 1.1 (as Go tools are) or 1.2. */
function isUnmistakable(text: string): boolean {
  if (text !== text.trim() || text === '' || /[\n\r\t]/.test(text) || /^[-+.\d]?[\d_]+(?::[0-5]?\d)+(?:\.\d*)?$/.test(text))
    return false;
  return (['1.1', '1.2'] as const).every((version) => {
    const { contents, errors, warnings } = parseDocument(text, { version, logLevel: 'silent' });
    return (
      errors.length === 0 &&
      warnings.length === 0 &&
      isScalar(contents) &&
      contents.value === text &&
      contents.comment === undefined
    );
  });
}

/** In double quotes, every character that YAML does not print escaped. */
function doubleQuoted(text: string): string {
  return JSON.stringify(text).replace(
    // eslint-disable-next-line no-control-regex
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
