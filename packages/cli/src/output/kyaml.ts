const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_.\-/]*$/;
const RESERVED = /^(y|n|yes|no|on|off|true|false|null|nan|inf)$/i;

/** KYAML: YAML in flow style with quoted texts and trailing commas, which nothing can misread. Keys are sorted. */
export function toKYAML(value: unknown): string {
  return `---\n${render(value, '')}\n`;
}

function render(value: unknown, indent: string): string {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    if (value.every((item) => typeof item === 'object' && item !== null))
      return `[${value.map((item: unknown) => render(item, indent)).join(', ')}]`;
    return `[\n${value.map((item: unknown) => `${deeper}${render(item, deeper)},\n`).join('')}${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return '{}';
  const lines = entries.map(([key, item]) => `${deeper}${keyText(key)}: ${render(item, deeper)},\n`);
  return `{\n${lines.join('')}${indent}}`;
}

function keyText(key: string): string {
  return PLAIN_KEY.test(key) && !RESERVED.test(key) ? key : JSON.stringify(key);
}
