import { ParseError } from '../parse-error.ts';
import { matchers } from './matchers.ts';
import type { Comparator } from './matchers.ts';
import { tryParseVersion } from './version.ts';
import type { Version } from './version.ts';

/** A set of versions, in the language of Masterminds semver v3. Immutable. */
export interface Constraint {
  /** Whether the version satisfies it. Prereleases do only where a term of the same `||` group names one. */
  check(version: Version): boolean;
  toString(): string;
}

const SPACE = '[\\t\\n\\f\\r ]';
const NUMBER = '[0-9|xX*]+';
const IDENTIFIERS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const VERSION = `v?${NUMBER}(?:\\.${NUMBER})?(?:\\.${NUMBER})?(?:-${IDENTIFIERS})?(?:\\+${IDENTIFIERS})?`;
const OPERATOR = '(?:!=|>=|=>|<=|=<|~>|[=<>~^])';
const TERM = `(?:${OPERATOR}${SPACE}*)?${VERSION}`;

/** Terms are separated by blanks or one comma. Written so that no text can be split in two ways: matching stays linear. */
const GROUP = new RegExp(`^${SPACE}*${TERM}(?:(?:${SPACE}+|${SPACE}*,${SPACE}*)${TERM})*${SPACE}*$`);
const TERMS = new RegExp(TERM, 'g');
const PARTS = new RegExp(
  `^(${OPERATOR}?)${SPACE}*(v?(${NUMBER})(\\.${NUMBER})?(\\.${NUMBER})?(-${IDENTIFIERS})?(?:\\+${IDENTIFIERS})?)$`,
);
const RANGE = new RegExp(`(?:(?<!${SPACE})${SPACE}+)?(${VERSION})${SPACE}+-${SPACE}+(${VERSION})${SPACE}*`, 'g');

const MAX_LENGTH = 10_000;

/**
 * Parses a constraint: terms `= != > < >= <= ~ ^` joined by blanks or commas (and) and `||` (or), wildcards `x X *`, ranges `a - b`.
 * Fails with `ParseError`.
 */
export function parseConstraint(text: string): Constraint {
  const groups = parseGroups(text);
  return {
    check: (version) =>
      groups.some(({ terms, prereleases }) =>
        terms.every((term) => (prereleases || version.prerelease === '') && matchers[term.operator](version, term)),
      ),
    toString: () => text,
  };
}

interface Group {
  terms: Comparator[];
  /** Whether a term names a prerelease, which lets prereleases in. */
  prereleases: boolean;
}

function parseGroups(text: string): Group[] {
  if (text.length > MAX_LENGTH)
    throw new ParseError('InvalidConstraint', `version constraint is longer than ${MAX_LENGTH} characters`);
  return rewriteRanges(text)
    .split('||')
    .map((part) => {
      if (!GROUP.test(part)) throw new ParseError('InvalidConstraint', `improper constraint: ${JSON.stringify(part)}`);
      const terms = (part.match(TERMS) ?? []).map(parseTerm);
      return { terms, prereleases: terms.some(({ version }) => version.prerelease !== '') };
    });
}

/** Matches Masterminds: `a - b` is replaced as text, so that an operator before it makes the constraint invalid. */
function rewriteRanges(text: string): string {
  let out = text;
  for (const [whole, from = '', to = ''] of text.matchAll(RANGE)) out = out.replace(whole, () => `>= ${from}, <= ${to} `);
  return out;
}

function parseTerm(text: string): Comparator {
  const [, operator = '', whole = '', major = '', minor = '', patch = '', prerelease = ''] = PARTS.exec(text) ?? [];
  const wild = isWild(major) ? 'major' : isWild(minor.slice(1)) ? 'minor' : isWild(patch.slice(1)) ? 'patch' : undefined;
  const version = tryParseVersion(
    wild === 'major'
      ? `0.0.0${prerelease}`
      : wild === 'minor'
        ? `${major}.0.0${prerelease}`
        : wild === 'patch'
          ? `${major}${minor}.0${prerelease}`
          : whole,
  );
  if (version === undefined)
    throw new ParseError('InvalidConstraint', `improper constraint: ${JSON.stringify(text)}: its version cannot be parsed`);
  return { operator: operator as Comparator['operator'], version, wild };
}

function isWild(part: string): boolean {
  return part === '' || part === 'x' || part === 'X' || part === '*';
}
