/** Where in an object: keys and indices from its root. */
export type Path = readonly (string | number)[];

/** As errors of the API write it: `spec.steps[0].config`. */
export function pathText(path: Path): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}

/** Reads what {@link pathText} writes; also keys in brackets and quotes, and indices behind a dot. */
export function parsePath(text: string): Path {
  return [...text.matchAll(/\[(\d+)\]|\["?([^\]"]+)"?\]|([^.[\]]+)/g)].map(([, index, key, plain]) => {
    if (index !== undefined) return Number(index);
    return key ?? (/^\d+$/.test(plain ?? '') ? Number(plain) : (plain ?? ''));
  });
}

export function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

export function startsWith(path: Path, prefix: Path): boolean {
  return prefix.length <= path.length && prefix.every((part, index) => part === path[index]);
}

/** What is at a path; undefined if there is nothing. */
export function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

/** Whether something has keys of its own: neither a list nor a plain value. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
