import { ParseError } from '../parse-error.ts';
import { comparePrerelease } from './prerelease.ts';

/** A semantic version. Immutable. */
export interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** Without the leading `-`; empty for a release. */
  readonly prerelease: string;
  /** Build metadata without the leading `+`; says nothing about order. */
  readonly metadata: string;
  /** The text as it was given. */
  readonly original: string;
  /** Normalised: three numbers, no `v`. */
  toString(): string;
}

const IDENTIFIERS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const LENIENT = new RegExp(`^v?([0-9]+)(?:\\.([0-9]+))?(?:\\.([0-9]+))?(?:-(${IDENTIFIERS}))?(?:\\+(${IDENTIFIERS}))?$`);
const STRICT = new RegExp(
  `^v?(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(?:-(${IDENTIFIERS}))?(?:\\+(${IDENTIFIERS}))?$`,
);
const MAX_SEGMENT = 2n ** 64n - 1n;

/**
 * Parses a version. Leniently (default) as Masterminds does: a leading `v`, missing minor and patch numbers and leading zeros are accepted.
 * `strict` asks for all three numbers without leading zeros; a leading `v` is accepted there too. Fails with `ParseError`.
 */
export function parseVersion(text: string, options: { strict?: boolean } = {}): Version {
  const parsed = versionOf(text, options);
  if (typeof parsed === 'string')
    throw new ParseError('InvalidVersion', `${JSON.stringify(text)} is not a semantic version: ${parsed}`);
  return parsed;
}

/** As {@link parseVersion}, with undefined for what is not a version: cheaper where most texts are not. */
export function tryParseVersion(text: string, options: { strict?: boolean } = {}): Version | undefined {
  const parsed = versionOf(text, options);
  return typeof parsed === 'string' ? undefined : parsed;
}

/** The version, or what is wrong with the text. */
function versionOf(text: string, { strict = false }: { strict?: boolean }): Version | string {
  const match = (strict ? STRICT : LENIENT).exec(text);
  if (match === null) return strict ? 'expected MAJOR.MINOR.PATCH' : 'invalid semantic version';
  const [, major = '0', minor = '0', patch = '0', prerelease = '', metadata = ''] = match;
  const numbers = [BigInt(major), BigInt(minor), BigInt(patch)] as const;
  if (numbers.some((number) => number > MAX_SEGMENT)) return 'a number is out of range';
  if (prerelease.split('.').some((part) => /^0[0-9]+$/.test(part))) return 'version segment starts with 0';
  return makeVersion(numbers, prerelease, metadata, text);
}

/** A version of parts known to be valid. */
export function makeVersion(
  [major, minor, patch]: readonly [bigint, bigint, bigint],
  prerelease: string,
  metadata: string,
  original?: string,
): Version {
  const text = `${major}.${minor}.${patch}${prerelease === '' ? '' : `-${prerelease}`}${metadata === '' ? '' : `+${metadata}`}`;
  return { major, minor, patch, prerelease, metadata, original: original ?? text, toString: () => text };
}

/** Order of versions by semantic versioning: negative, zero or positive. Metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  return (
    compareNumbers(a.major, b.major) ||
    compareNumbers(a.minor, b.minor) ||
    compareNumbers(a.patch, b.patch) ||
    comparePrerelease(a.prerelease, b.prerelease)
  );
}

function compareNumbers(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The next version at a level. As in Masterminds, a patch increment of a prerelease is its release. */
export function incrementVersion(version: Version, level: 'major' | 'minor' | 'patch'): Version {
  const { major, minor, patch, prerelease } = version;
  switch (level) {
    case 'major':
      return makeVersion([major + 1n, 0n, 0n], '', '');
    case 'minor':
      return makeVersion([major, minor + 1n, 0n], '', '');
    case 'patch':
      return makeVersion([major, minor, prerelease === '' ? patch + 1n : patch], '', '');
  }
}
