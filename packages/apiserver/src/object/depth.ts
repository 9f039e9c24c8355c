/** How deep objects may be nested: everything that walks them recursively rests on it. */
export const MAX_DEPTH = 1000;

/** Whether a value is nested deeper than `limit`; found out without recursion. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    const below: unknown[] = [];
    for (const item of level)
      if (typeof item === 'object' && item !== null)
        for (const inner of Object.values(item)) if (typeof inner === 'object' && inner !== null) below.push(inner);
    level = below;
  }
  return false;
}
