import { editYaml } from './edit.ts';
import { isRecord, type Path } from './path.ts';

/** A value that two people changed, each in their own way. */
export interface Clash {
  path: Path;
  mine: unknown;
  theirs: unknown;
}

export interface Merged {
  /** The newer text with what was changed in the older one. Where both changed the same, it is as in `mine`. */
  text: string;
  /** How many changes were carried over. */
  changes: number;
  clashes: readonly Clash[];
}

interface Change {
  path: Path;
  value: unknown;
}

/** Carries the changes between `base` and `mine` over to another version of the object. */
export function mergeManifests(base: unknown, mine: unknown, theirs: unknown, theirText: string): Merged {
  const changes = [...changesOf(base, mine, [])];
  const clashes: Clash[] = [];
  let text = theirText;
  // Items are removed from the end, so that the indices before them stay.
  for (const { path, value } of changes.toSorted(
    (a, b) =>
      Number(a.value === undefined) - Number(b.value === undefined) || (a.value === undefined ? comparePaths(b.path, a.path) : 0),
  )) {
    const there = at(theirs, path);
    if (!same(at(base, path), there) && !same(there, value)) clashes.push({ path, mine: value, theirs: there });
    text = editYaml(text, path, value);
  }
  return { text, changes: changes.length, clashes };
}

function* changesOf(before: unknown, after: unknown, path: Path): Generator<Change> {
  if (same(before, after)) return;
  if (isRecord(before) && isRecord(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      yield* changesOf(before[key], after[key], [...path, key]);
    return;
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const index of before.keys()) yield* changesOf(before[index], after[index], [...path, index]);
    return;
  }
  yield { path, value: after };
}

function comparePaths(a: Path, b: Path): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (current, part) =>
      typeof current === 'object' && current !== null ? (current as Record<string | number, unknown>)[part] : undefined,
    value,
  );
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
