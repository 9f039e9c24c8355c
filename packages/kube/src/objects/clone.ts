/** A deep copy of a JSON-like value. The copy is not frozen. Properties whose value is `undefined` are left out. */
export function clone<T>(value: T): Mutable<T> {
  return copy(value) as Mutable<T>;
}

/** The type without `readonly`, deeply. */
export type Mutable<T> = T extends (infer E)[] | readonly (infer E)[]
  ? Mutable<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T;

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const length = value.length;
    const out = Array.from<unknown>({ length });
    for (let i = 0; i < length; i++) out[i] = copy(value[i]);
    return out;
  }
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    if (item === undefined) continue;
    if (key === '__proto__')
      Object.defineProperty(out, key, { value: copy(item), enumerable: true, configurable: true, writable: true });
    else out[key] = copy(item);
  }
  return out;
}
