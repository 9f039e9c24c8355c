const SURROGATE = /[\ud800-\udfff]/;

/**
 * JSON as Go's encoder writes it: keys sorted, `<`, `>`, `&` and line separators escaped, what is undefined as null.
 * `indent` is the number of spaces; 0 is compact.
 */
export function goJSON(value: unknown, indent = 0): string {
  return escape(JSON.stringify(sorted(value), undefined, indent) ?? 'null');
}

function escape(json: string): string {
  return json.replaceAll(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => sorted(item));
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).toSorted(compareKeys);
  return keys.some((key) => /^(0|[1-9][0-9]*)$/.test(key)) ? orderedProxy(value, keys) : pick(value, keys);
}

/** A null prototype keeps a key named `__proto__` an ordinary key. */
function pick(value: object, keys: readonly string[]): object {
  const out = Object.create(null) as Record<string, unknown>;
  for (const key of keys) out[key] = sorted((value as Record<string, unknown>)[key]);
  return out;
}

/** JavaScript lists integer-like keys first and by number; Go sorts all keys as text. */
function orderedProxy(value: object, keys: readonly string[]): object {
  return new Proxy(pick(value, keys), { ownKeys: () => Array.from(keys) });
}

/** Order of keys by code point, as Go sorts strings. */
export function compareKeys(a: string, b: string): number {
  // Only surrogates make the order of code units differ from that of code points.
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
