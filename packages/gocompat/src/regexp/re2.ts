import { RE2JS } from 're2js';
import { ParseError } from '../parse-error.ts';

/** One match of a pattern. */
export interface RE2Match {
  readonly text: string;
  /** Where it starts, in UTF-16 units. */
  readonly index: number;
  /** Captured groups from 1 on; undefined where a group took no part. */
  readonly groups: readonly (string | undefined)[];
  readonly named: Readonly<Record<string, string | undefined>>;
}

/** A compiled pattern with RE2 semantics: time linear in the text, whatever the pattern. Immutable. */
export interface RE2 {
  readonly source: string;
  /** Whether the pattern matches anywhere in the text. */
  test(text: string): boolean;
  /** The leftmost match. */
  find(text: string): RE2Match | undefined;
  /** All matches that do not overlap, from left to right. */
  findAll(text: string): RE2Match[];
  /** Replaces every match. `$1`, `$name`, `${name}` stand for groups and `$$` for a dollar, as in Go. */
  replace(text: string, replacement: string): string;
}

const MAX_PATTERN = 10_000;

/** Compiles an RE2 pattern. Fails with `ParseError` for what RE2 refuses, look-around and back references among them. */
export function compileRE2(pattern: string): RE2 {
  const compiled = compile(pattern);
  const names = Object.entries(compiled.namedGroups());
  const findAll = (text: string): RE2Match[] => {
    const matches = Array.from(compiled.matchAll(text), (match) => toMatch(match, names));
    // As in Go, an empty match right behind another match does not count.
    return matches.filter(({ text: found, index }, i) => found !== '' || i === 0 || endOf(matches[i - 1]) !== index);
  };
  return {
    source: pattern,
    test: (text) => compiled.test(text),
    find: (text) => {
      const match = compiled.exec(text) as RegExpMatchArray | null;
      return match === null ? undefined : toMatch(match, names);
    },
    findAll,
    replace: (text, replacement) => {
      let out = '';
      let at = 0;
      for (const match of findAll(text)) {
        out += text.slice(at, match.index) + expand(replacement, match);
        at = match.index + match.text.length;
      }
      return out + text.slice(at);
    },
  };
}

function compile(pattern: string): RE2JS {
  if (pattern.length > MAX_PATTERN)
    throw new ParseError('InvalidPattern', `regular expression is longer than ${MAX_PATTERN} characters`);
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ParseError('InvalidPattern', `${JSON.stringify(pattern)} is not an RE2 regular expression: ${why}`, error);
  }
}

function endOf(match: RE2Match | undefined): number {
  return match === undefined ? -1 : match.index + match.text.length;
}

function toMatch(match: RegExpMatchArray, names: readonly [string, number][]): RE2Match {
  const groups = Array.from(match).map((group) => (group as string | null | undefined) ?? undefined);
  const named: Record<string, string | undefined> = {};
  for (const [name, number] of names) named[name] = groups[number];
  return { text: match[0] ?? '', index: match.index ?? 0, groups: groups.slice(1), named };
}

/** A name is the longest run of letters, digits and underscores: `$1x` is the group named `1x`, which is empty when there is none. */
function expand(replacement: string, match: RE2Match): string {
  return replacement.replaceAll(/\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu, (_, bare?: string, braced?: string) => {
    const name = bare ?? braced;
    if (name === undefined) return '$';
    if (!/^[0-9]+$/.test(name)) return Object.hasOwn(match.named, name) ? (match.named[name] ?? '') : '';
    const number = Number(name);
    return (number === 0 ? match.text : match.groups[number - 1]) ?? '';
  });
}
