import { compareVersions } from './version.ts';
import type { Version } from './version.ts';

/** One term of a constraint. */
export interface Comparator {
  readonly operator: '' | '=' | '!=' | '>' | '<' | '>=' | '=>' | '<=' | '=<' | '~' | '~>' | '^';
  readonly version: Version;
  /** The first part of the version that is missing or a wildcard; it and what follows it are 0 in `version`. */
  readonly wild: 'major' | 'minor' | 'patch' | undefined;
}

type Matcher = (version: Version, term: Comparator) => boolean;

const equal: Matcher = (version, term) =>
  term.wild === undefined ? compareVersions(version, term.version) === 0 : tilde(version, term);

function notEqual(version: Version, { version: wanted, wild }: Comparator): boolean {
  if (wild === undefined || wild === 'major') return compareVersions(version, wanted) !== 0;
  if (version.major !== wanted.major) return true;
  if (wild === 'minor') return false;
  if (version.minor !== wanted.minor) return true;
  return version.prerelease !== wanted.prerelease;
}

function greater(version: Version, { version: wanted, wild }: Comparator): boolean {
  if (wild === undefined) return compareVersions(version, wanted) > 0;
  if (version.major !== wanted.major) return version.major > wanted.major;
  if (wild === 'minor') return false;
  if (wild === 'patch') return version.minor > wanted.minor;
  return compareVersions(version, wanted) > 0;
}

function lessOrEqual(version: Version, { version: wanted, wild }: Comparator): boolean {
  if (wild === undefined) return compareVersions(version, wanted) <= 0;
  if (version.major > wanted.major) return false;
  return !(version.major === wanted.major && version.minor > wanted.minor && wild !== 'minor');
}

function tilde(version: Version, { version: wanted, wild }: Comparator): boolean {
  if (compareVersions(version, wanted) < 0) return false;
  // Matches Masterminds: ~0.0.0 (and ~*) accepts everything from there on.
  const zero = wanted.major === 0n && wanted.minor === 0n && wanted.patch === 0n;
  if (zero && wild !== 'minor' && wild !== 'patch') return true;
  if (version.major !== wanted.major) return false;
  return version.minor === wanted.minor || wild === 'minor';
}

function caret(version: Version, { version: wanted, wild }: Comparator): boolean {
  if (compareVersions(version, wanted) < 0) return false;
  if (wanted.major > 0n || wild === 'minor') return version.major === wanted.major;
  if (version.major > 0n) return false;
  if (wanted.minor > 0n || wild === 'patch') return version.minor === wanted.minor;
  return version.minor === 0n && version.patch === wanted.patch;
}

const less: Matcher = (version, term) => compareVersions(version, term.version) < 0;
const greaterOrEqual: Matcher = (version, term) => compareVersions(version, term.version) >= 0;

/** What each operator means, once prereleases have been let in or kept out. */
export const matchers: Readonly<Record<Comparator['operator'], Matcher>> = {
  '': equal,
  '=': equal,
  '!=': notEqual,
  '>': greater,
  '<': less,
  '>=': greaterOrEqual,
  '=>': greaterOrEqual,
  '<=': lessOrEqual,
  '=<': lessOrEqual,
  '~': tilde,
  '~>': tilde,
  '^': caret,
};
