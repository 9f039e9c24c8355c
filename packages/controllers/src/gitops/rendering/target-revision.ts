import { compareVersions, ParseError, parseConstraint, tryParseVersion, type Constraint, type Version } from '@kargo/gocompat';

const SHA = /^[0-9a-f]{40}$/;

/**
 * The tag that a `targetRevision` means as a range of versions (`1.x`, `>=1.2 <2`): the highest that satisfies it. Undefined if it is no
 * range, or names a tag as it stands; then it is a revision like any other. Fails if it is a range that no tag satisfies.
 */
export function tagOfRange(targetRevision: string, tags: Iterable<string>): string | undefined {
  const constraint = rangeOf(targetRevision);
  if (constraint === undefined) return undefined;
  let best: { tag: string; version: Version } | undefined;
  for (const tag of tags) {
    if (tag === targetRevision) return undefined;
    const version = tryParseVersion(tag);
    if (version === undefined || !constraint.check(version)) continue;
    if (best === undefined || compareVersions(version, best.version) > 0) best = { tag, version };
  }
  if (best === undefined) throw new Error(`no tag satisfies the range ${targetRevision}`);
  return best.tag;
}

/** Whether a `targetRevision` can be read as a range of versions. */
export function mayBeRange(targetRevision: string): boolean {
  return rangeOf(targetRevision) !== undefined;
}

function rangeOf(text: string): Constraint | undefined {
  if (SHA.test(text) || !/[*xX^~<>=|, ]/.test(text)) return undefined;
  try {
    return parseConstraint(text);
  } catch (error) {
    if (error instanceof ParseError) return undefined; // A branch may be called almost anything.
    throw error;
  }
}
