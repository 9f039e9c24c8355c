import { Duration } from '../time/duration.ts';
import { Time } from '../time/time.ts';
import { NamedInt, SizedInt } from './sized-int.ts';
import type { Value } from './value.ts';

/**
 * A map whose keys are of any comparable type, as `groupBy` and `fromPairs` make them. The int 1 and the float 1 are different
 * keys. Lists and maps cannot be keys.
 */
export class AnyMap {
  /** True for the result of `groupBy`: a missing key yields a nil list instead of nil. */
  readonly grouped: boolean;
  readonly #entries = new Map<unknown, readonly [key: Value, value: Value]>();

  constructor(grouped = false) {
    this.grouped = grouped;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value of a key; undefined if there is none. A key that cannot be hashed counts as `null` from {@link hashOf}. */
  get(key: Value): Value {
    return this.#entries.get(hashOf(key))?.[1];
  }

  has(key: Value): boolean {
    return this.#entries.has(hashOf(key));
  }

  set(key: Value, value: Value): void {
    this.#entries.set(hashOf(key), [key ?? null, value]);
  }

  /** All entries, in the order of their first insertion. */
  entries(): IterableIterator<readonly [key: Value, value: Value]> {
    return this.#entries.values();
  }
}

/** Whether a value may be a key. */
export function isHashable(key: Value): boolean {
  return key === null || typeof key !== 'object' || hashOf(key) !== key;
}

function hashOf(key: Value): unknown {
  if (key === undefined) return null;
  if (key instanceof Duration) return `duration ${key.nanoseconds}`;
  if (key instanceof Time) return `time ${key.unixNanoseconds()} ${key.zone.name}`;
  if (key instanceof SizedInt || key instanceof NamedInt) return `${key.type} ${key.value}`;
  if (typeof key === 'string') return `string ${key}`;
  return key;
}
