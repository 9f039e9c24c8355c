import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ParseError } from '../parse-error.ts';
import { readVectors } from '../testing/vectors.ts';
import { parseConstraint } from './constraint.ts';
import type { Constraint } from './constraint.ts';
import { compareVersions, incrementVersion, parseVersion, tryParseVersion } from './version.ts';

interface Vector {
  id: string;
  kind: 'check' | 'compare';
  constraint: string;
  version: string;
  a: string;
  b: string;
  result: boolean | number | string;
}

function check(text: string, candidate: string): boolean | string {
  let constraint: Constraint;
  try {
    constraint = parseConstraint(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ParseError);
    return 'invalid-constraint';
  }
  const version = tryParseVersion(candidate);
  return version === undefined ? 'invalid-version' : constraint.check(version);
}

describe('against Masterminds semver', () => {
  it('agrees with every recorded check and comparison', () => {
    const differences = readVectors<Vector>('semver.jsonl').flatMap((vector) => {
      const got =
        vector.kind === 'check'
          ? check(vector.constraint, vector.version)
          : Math.sign(compareVersions(parseVersion(vector.a), parseVersion(vector.b)));
      return got === vector.result ? [] : [{ ...vector, got }];
    });
    expect(differences).toEqual([]);
  });

  it('agrees with it on thousands of texts that were made up', () => {
    const lines = readFileSync(new URL('../../testdata/semver.jsonl', import.meta.url), 'utf8')
      .trim()
      .split('\n');
    expect(lines.length).toBeGreaterThan(4000);
    const differences = lines.flatMap((line) => {
      const [result, constraint, version] = JSON.parse(line) as [boolean | string, string, string];
      const got = check(constraint, version);
      return got === result ? [] : [{ constraint, version, result, got }];
    });
    expect(differences).toEqual([]);
  });
});

describe('versions', () => {
  it.each([
    ['1.2.3', '1.2.3'],
    ['v1.2', '1.2.0'],
    ['1', '1.0.0'],
    ['01.02.003', '1.2.3'],
    ['1.2.3-rc.1+build.5', '1.2.3-rc.1+build.5'],
  ])('%s is leniently %s', (text, want) => {
    expect(parseVersion(text).toString()).toBe(want);
    expect(parseVersion(text).original).toBe(text);
  });

  it.each([
    ['1.2.3', true],
    ['v1.2.3', true],
    ['1.2.3-rc.1+b', true],
    ['1.2', false],
    ['v1', false],
    ['01.2.3', false],
    ['1.2.3-01', false],
    ['18446744073709551616.0.0', false],
    ['1.2.3 ', false],
  ])('%s is strictly a version: %j', (text, want) => {
    expect(tryParseVersion(text, { strict: true }) !== undefined).toBe(want);
  });

  it('orders as the standard says', () => {
    const sorted = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0'];
    const versions = sorted.toReversed().map((text) => parseVersion(text));
    expect(versions.toSorted(compareVersions).map(String)).toEqual(sorted);
  });

  it('increments', () => {
    const version = parseVersion('1.2.3-rc.1+b');
    expect(['major', 'minor', 'patch'].map((level) => String(incrementVersion(version, level as 'major')))).toEqual([
      '2.0.0',
      '1.3.0',
      '1.2.3',
    ]);
    expect(String(incrementVersion(parseVersion('1.2.3'), 'patch'))).toBe('1.2.4');
  });
});

describe('constraints', () => {
  it('take no more than linear time on hostile texts', () => {
    for (const text of [
      `${'1 '.repeat(4000)}!`,
      `${'1        '.repeat(1000)}!`,
      `${' '.repeat(9000)}!`,
      '1'.repeat(9999),
      `1 -${' '.repeat(9000)}`,
    ]) {
      expect(check(text, '1.0.0')).toBe('invalid-constraint');
    }
  });

  it('refuse what is too long', () => {
    expect(() => parseConstraint('1'.repeat(10_001))).toThrow(ParseError);
  });
});
