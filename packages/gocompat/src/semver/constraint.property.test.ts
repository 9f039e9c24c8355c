/** What constraints mean, said once more in another way: as intervals of versions, over thousands of made-up ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConstraint } from './constraint.ts';
import { compareVersions, parseVersion } from './version.ts';

type Triple = [number, number, number];

const part = fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 4 }) }, { weight: 1, arbitrary: fc.nat({ max: 10_000 }) });
const triple: fc.Arbitrary<Triple> = fc.tuple(part, part, part);
const near = ([a, b, c]: Triple): fc.Arbitrary<Triple> =>
  fc.oneof(
    triple,
    fc
      .tuple(fc.integer({ min: -1, max: 1 }), fc.integer({ min: -1, max: 1 }), fc.integer({ min: -1, max: 1 }))
      .map(([x, y, z]): Triple => [Math.max(a + x, 0), Math.max(b + y, 0), Math.max(c + z, 0)]),
  );
const text = (version: Triple): string => version.join('.');
const before = (a: Triple, b: Triple): boolean =>
  a[0] - b[0] < 0 || (a[0] === b[0] && (a[1] - b[1] < 0 || (a[1] === b[1] && a[2] < b[2])));
const within = (version: Triple, from: Triple, to: Triple): boolean => !before(version, from) && before(version, to);
const holds = (constraint: string, version: Triple | string): boolean =>
  parseConstraint(constraint).check(parseVersion(typeof version === 'string' ? version : text(version)));

const pairs = triple.chain((bound) => near(bound).map((version) => ({ bound, version })));
const RUNS = { numRuns: 2000, seed: 7 };

describe('constraints are intervals', () => {
  const meanings: [string, (bound: Triple) => string, (bound: Triple, version: Triple) => boolean][] = [
    ['=', (v) => `=${text(v)}`, (v, w) => !before(v, w) && !before(w, v)],
    ['!=', (v) => `!=${text(v)}`, (v, w) => before(v, w) || before(w, v)],
    ['>', (v) => `> ${text(v)}`, (v, w) => before(v, w)],
    ['>=', (v) => `>=${text(v)}`, (v, w) => !before(w, v)],
    ['<', (v) => `<${text(v)}`, (v, w) => before(w, v)],
    ['<=', (v) => `<= ${text(v)}`, (v, w) => !before(v, w)],
    // Matches Masterminds/semver: ~0.0.0 takes everything.
    ['~ with three parts', (v) => `~${text(v)}`, (v, w) => text(v) === '0.0.0' || within(w, v, [v[0], v[1] + 1, 0])],
    ['~ with two', ([a, b]) => `~${a}.${b}`, ([a, b], w) => within(w, [a, b, 0], [a, b + 1, 0])],
    ['~ with one', ([a]) => `~${a}`, ([a], w) => within(w, [a, 0, 0], [a + 1, 0, 0])],
    [
      '^',
      (v) => `^${text(v)}`,
      (v, w) => within(w, v, v[0] > 0 ? [v[0] + 1, 0, 0] : v[1] > 0 ? [0, v[1] + 1, 0] : [0, 0, v[2] + 1]),
    ],
    ['x for the patch', ([a, b]) => `${a}.${b}.x`, ([a, b], w) => within(w, [a, b, 0], [a, b + 1, 0])],
    ['* for the minor', ([a]) => `${a}.*`, ([a], w) => within(w, [a, 0, 0], [a + 1, 0, 0])],
    ['*', () => '*', () => true],
  ];
  it.each(meanings)('%s', (_, written, means) => {
    fc.assert(
      fc.property(pairs, ({ bound, version }) => {
        expect(holds(written(bound), version)).toBe(means(bound, version));
      }),
      RUNS,
    );
  });

  it('from - to, and its parts joined by blank or comma', () => {
    fc.assert(
      fc.property(triple, triple, triple, (from, to, version) => {
        const want = !before(version, from) && !before(to, version);
        expect(holds(`${text(from)} - ${text(to)}`, version)).toBe(want);
        expect(holds(`>=${text(from)} <=${text(to)}`, version)).toBe(want);
        expect(holds(`>=${text(from)}, <=${text(to)}`, version)).toBe(want);
      }),
      RUNS,
    );
  });

  it('joined by || are one or the other', () => {
    fc.assert(
      fc.property(pairs, pairs, ({ bound: a, version }, { bound: b }) => {
        expect(holds(`^${text(a)} || ~${text(b)}`, version)).toBe(holds(`^${text(a)}`, version) || holds(`~${text(b)}`, version));
      }),
      RUNS,
    );
  });

  it('leave out what comes before a release, unless they name such a version', () => {
    fc.assert(
      fc.property(pairs, fc.constantFrom('alpha', 'rc.1', '0'), ({ bound, version }, pre) => {
        expect(holds(`>=${text(bound)}`, `${text(version)}-${pre}`)).toBe(false);
        expect(holds(`>=${text(bound)}-0`, `${text(version)}-${pre}`)).toBe(!before(version, bound));
      }),
      RUNS,
    );
  });
});

describe('the order of versions', () => {
  const identifier = fc.oneof(fc.nat({ max: 20 }).map(String), fc.constantFrom('alpha', 'beta', 'rc', 'a-b', 'Z'));
  const version = fc
    .tuple(triple, fc.array(identifier, { maxLength: 3 }))
    .map(([numbers, pre]) => ({ numbers, pre, text: `${text(numbers)}${pre.length === 0 ? '' : `-${pre.join('.')}`}` }));
  type Made = { numbers: Triple; pre: string[] };

  const compared = (a: Made, b: Made): number => {
    if (before(a.numbers, b.numbers)) return -1;
    if (before(b.numbers, a.numbers)) return 1;
    if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length);
    for (let at = 0; at < Math.max(a.pre.length, b.pre.length); at += 1) {
      const [x, y] = [a.pre[at], b.pre[at]];
      if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? -1 : 1;
      const [m, n] = [/^\d+$/.test(x), /^\d+$/.test(y)];
      if (m !== n) return m ? -1 : 1;
      if (x !== y) return m ? Math.sign(Number(x) - Number(y)) : x < y ? -1 : 1;
    }
    return 0;
  };

  it('is that of the standard', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(Math.sign(compareVersions(parseVersion(a.text), parseVersion(b.text)))).toBe(compared(a, b));
      }),
      { ...RUNS, numRuns: 5000 },
    );
  });
});
