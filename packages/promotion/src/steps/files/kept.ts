/** The folder at the root of a workspace where steps keep what they must know of one another. */
export const KEPT = '.kargo';

/** Whether a path, relative to the root and cleaned, is that folder or in it. */
export function isKept(path: string): boolean {
  return path === KEPT || path.startsWith(`${KEPT}/`);
}
