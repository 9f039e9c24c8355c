/** What must hold for all values, against models of a few lines: areas of which there are few recorded results. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from './program.ts';
import { errorOf, evaluate } from './testing/evaluation.ts';

/** How many times as long as in every test run; `KARGO_FUZZ=50` looks harder. */
const LONGER = Number(process.env['KARGO_FUZZ'] ?? 1);
const runs = { numRuns: 200 * LONGER };
const timeout = 10_000 * LONGER;

const int = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const small = fc.integer({ min: -8, max: 8 });
const float = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -1e7, max: 1e7, noNaN: true }),
  fc.integer({ min: -1e6, max: 1e7 }),
);
const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);

describe('whole numbers', { timeout }, () => {
  it('wrap at 64 bits, divide as floats, and leave rests with the sign of the dividend', () => {
    fc.assert(
      fc.property(int, int, (a, b) => {
        const env = { a, b };
        expect(evaluate('a + b', env)).toBe(wrap(a + b));
        expect(evaluate('a - b', env)).toBe(wrap(a - b));
        expect(evaluate('a * b', env)).toBe(wrap(a * b));
        expect(evaluate('-a', env)).toBe(wrap(-a));
        expect(evaluate('a / b', env)).toBe(Number(a) / Number(b));
        if (b !== 0n) expect(evaluate('a % b', env)).toBe(wrap(a % b));
        else expect(errorOf(() => evaluate('a % b', env)).code).toBe('run');
        expect(evaluate('[a < b, a <= b, a > b, a >= b, a == b, a != b]', env)).toEqual([
          a < b,
          a <= b,
          a > b,
          a >= b,
          a === b,
          a !== b,
        ]);
        expect(evaluate('string(a)', env)).toBe(String(a));
        expect(evaluate('int(string(a))', env)).toBe(a);
      }),
      runs,
    );
  });

  it('are combined bit by bit', () => {
    fc.assert(
      fc.property(int, int, fc.integer({ min: 0, max: 70 }), (a, b, n) => {
        const env = { a, b, n: BigInt(n) };
        expect(evaluate('[bitand(a, b), bitor(a, b), bitxor(a, b), bitnand(a, b), bitnot(a)]', env)).toEqual(
          [a & b, a | b, a ^ b, a & ~b, ~a].map(wrap),
        );
        expect(evaluate('bitshl(a, n)', env)).toBe(wrap(a << BigInt(n)));
        expect(evaluate('bitshr(a, n)', env)).toBe(wrap(a >> BigInt(n)));
        expect(evaluate('bitushr(a, n)', env)).toBe(wrap(BigInt.asUintN(64, a) >> BigInt(n)));
      }),
      runs,
    );
  });

  it('are written in four bases, with separators', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (n) => {
        const grouped = (digits: string): string => digits.replaceAll(/(?<=.)(?=(.{3})+$)/g, '_');
        for (const text of [
          n.toString(),
          grouped(n.toString()),
          `0x${n.toString(16)}`,
          `0x${grouped(n.toString(16))}`,
          `0o${n.toString(8)}`,
          `0b${n.toString(2)}`,
        ])
          expect([text, evaluate(text)]).toEqual([text, n]);
      }),
      runs,
    );
    expect(errorOf(() => compile('9223372036854775808')).code).toMatch(/parse|compile/);
  });
});

/** A float as Go prints it: with an exponent below a ten-thousandth and from a million on, and the fewest digits that tell it. */
function goText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 6))
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  const digits = mantissa.replaceAll(/[-.]/g, '');
  const sign = value < 0 ? '-' : '';
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`;
  const whole = digits.slice(0, power + 1).padEnd(power + 1, '0');
  const rest = digits.slice(power + 1);
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`;
}

describe('floats', { timeout }, () => {
  it('are printed as Go prints them, and as JSON like everywhere', () => {
    fc.assert(
      fc.property(float, (x) => {
        expect(evaluate('string(x)', { x })).toBe(goText(x));
        expect(evaluate('float(string(x)) == x', { x })).toBe(true);
        if (!Object.is(x, -0)) expect(evaluate('toJSON(x)', { x })).toBe(JSON.stringify(x));
      }),
      runs,
    );
  });

  it('are rounded in four ways', () => {
    fc.assert(
      fc.property(float, (x) => {
        const whole = Math.trunc(x);
        const round = whole + (Math.abs(x - whole) >= 0.5 ? Math.sign(x) : 0);
        const got = evaluate('[ceil(x), floor(x), round(x), abs(x)]', { x }) as number[];
        // One zero is as good as the other here.
        expect(got.map((one) => one + 0)).toEqual([Math.ceil(x), Math.floor(x), round, Math.abs(x)].map((one) => one + 0));
      }),
      runs,
    );
  });
});

describe('lists', { timeout }, () => {
  const ints = fc.array(fc.bigInt({ min: -20n, max: 20n }), { maxLength: 12 });
  const cut = <T>(list: readonly T[], from: number | undefined, to: number | undefined): T[] => {
    const at = (index: number): number => Math.min(list.length, Math.max(0, index < 0 ? index + list.length : index));
    const [start, end] = [at(from ?? 0), to === undefined ? list.length : at(to)];
    return list.slice(start, Math.max(start, end));
  };
  const bound = fc.option(small, { nil: undefined });

  it('are cut with bounds of either sign, clamped; texts alike, by characters', () => {
    const text = fc.array(fc.constantFrom('a', 'é', '本', '😀'), { maxLength: 8 });
    fc.assert(
      fc.property(ints, text, bound, bound, (list, characters, from, to) => {
        const source = `[${from ?? ''}:${to ?? ''}]`;
        expect([source, evaluate(`xs${source}`, { xs: list })]).toEqual([source, cut(list, from, to)]);
        expect([source, evaluate(`s${source}`, { s: characters.join('') })]).toEqual([
          source,
          cut(characters, from, to).join(''),
        ]);
      }),
      runs,
    );
  });

  it('have elements from both ends, and none beyond', () => {
    fc.assert(
      fc.property(ints, small, (xs, at) => {
        const found = xs.at(at);
        if (found === undefined) {
          expect(errorOf(() => evaluate('xs[at]', { xs, at: BigInt(at) })).code).toBe('run');
          expect(evaluate('get(xs, at)', { xs, at: BigInt(at) })).toBe(null);
        } else expect(evaluate('[xs[at], get(xs, at)]', { xs, at: BigInt(at) })).toEqual([found, found]);
      }),
      runs,
    );
  });

  it('are sorted, grouped, counted and summed', () => {
    const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
    fc.assert(
      fc.property(ints, ints, fc.nat(14), (xs, ys, n) => {
        const env = { xs, ys, n: BigInt(n) };
        const sorted = xs.toSorted(ascending);
        expect(evaluate('sort(xs)', env)).toEqual(sorted);
        expect(evaluate('sort(xs, "desc")', env)).toEqual(sorted.toReversed());
        expect(evaluate('sortBy(xs, #)', env)).toEqual(sorted);
        expect(evaluate('sortBy(xs, #, "desc")', env)).toEqual(sorted.toReversed());
        expect(evaluate('reverse(xs)', env)).toEqual(xs.toReversed());
        expect(evaluate('uniq(xs)', env)).toEqual([...new Set(xs)]);
        expect(evaluate('concat(xs, ys)', env)).toEqual([...xs, ...ys]);
        expect(evaluate('flatten([xs, [ys, [n]]])', env)).toEqual([...xs, ...ys, BigInt(n)]);
        expect(evaluate('take(xs, n)', env)).toEqual(xs.slice(0, n));
        expect(evaluate('[first(xs), last(xs)]', env)).toEqual([xs[0] ?? null, xs.at(-1) ?? null]);
        expect(evaluate('[len(xs), count(xs, # > 0)]', env)).toEqual([
          BigInt(xs.length),
          BigInt(xs.filter((x) => x > 0n).length),
        ]);
        expect(evaluate('sum(xs)', env)).toBe(xs.reduce((a, b) => a + b, 0n));
        expect(evaluate('reduce(xs, #acc - #, 0)', env)).toBe(xs.reduce((a, b) => a - b, 0n));
        expect(evaluate('[max(xs), min(xs)]', env)).toEqual([sorted.at(-1) ?? null, sorted[0] ?? null]);
        const mean = xs.length === 0 ? 0 : Number(xs.reduce((a, b) => a + b, 0n)) / xs.length;
        expect(Number(evaluate('mean(xs)', env))).toBeCloseTo(mean, 9);
        const middle = xs.length === 0 ? 0 : (Number(sorted[(xs.length - 1) >> 1]) + Number(sorted[xs.length >> 1])) / 2;
        expect(Number(evaluate('median(xs)', env))).toBeCloseTo(middle, 9);
        expect(evaluate('[all(xs, # > 0), any(xs, # > 0), none(xs, # > 0), one(xs, # > 0)]', env)).toEqual([
          xs.every((x) => x > 0n),
          xs.some((x) => x > 0n),
          !xs.some((x) => x > 0n),
          xs.filter((x) => x > 0n).length === 1,
        ]);
        const index = (at: number): bigint | null => (at < 0 ? null : BigInt(at));
        expect(evaluate('[find(xs, # > 0), findLast(xs, # > 0), findIndex(xs, # > 0), findLastIndex(xs, # > 0)]', env)).toEqual([
          xs.find((x) => x > 0n) ?? null,
          xs.findLast((x) => x > 0n) ?? null,
          index(xs.findIndex((x) => x > 0n)),
          index(xs.findLastIndex((x) => x > 0n)),
        ]);
        const groups = new Map<bigint, bigint[]>();
        for (const x of xs) groups.set(x % 3n, [...(groups.get(x % 3n) ?? []), x]);
        for (const rest of [-2n, -1n, 0n, 1n, 2n])
          expect(evaluate('groupBy(xs, # % 3)[rest]', { xs, rest })).toEqual(groups.get(rest) ?? []);
      }),
      runs,
    );
  });

  it('and maps come through pipes as through calls', () => {
    const calls = [
      'len()',
      'reverse()',
      'uniq()',
      'sort()',
      'sum()',
      'max()',
      'filter(# > 0)',
      'map(# * 2)',
      'take(2)',
      'toJSON()',
      'string()',
      'groupBy(# % 2) | len()',
    ];
    fc.assert(
      fc.property(ints, fc.constantFrom(...calls), (xs, call) => {
        const [first = '', second] = call.split(' | ');
        const plain = first.endsWith('()') ? first.replace('()', '(xs)') : first.replace('(', '(xs, ');
        const called = second === undefined ? plain : `len(${plain})`;
        expect(evaluate(`xs | ${call}`, { xs })).toEqual(evaluate(called, { xs }));
      }),
      runs,
    );
  });

  it('of texts are split and joined', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', '本'), maxLength: 4 });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), part, fc.integer({ min: 1, max: 4 }), (parts, word, n) => {
        const text = parts.join(',');
        const env = { parts, text, word, n: BigInt(n) };
        expect(evaluate('join(parts, ",")', env)).toBe(text);
        expect(evaluate('split(text, ",")', env)).toEqual(parts);
        expect(evaluate('split(text, ",", n)', env)).toEqual(
          parts.length <= n ? parts : [...parts.slice(0, n - 1), parts.slice(n - 1).join(',')],
        );
        expect(evaluate('repeat(word, n)', env)).toBe(word.repeat(n));
        expect(evaluate('[text contains word, text startsWith word, text endsWith word]', env)).toEqual([
          text.includes(word),
          text.startsWith(word),
          text.endsWith(word),
        ]);
        expect(evaluate('[hasPrefix(text, word), hasSuffix(text, word)]', env)).toEqual([
          text.startsWith(word),
          text.endsWith(word),
        ]);
        expect(evaluate('trimPrefix(text, word) == (text startsWith word ? text[len(word):] : text)', env)).toBe(true);
        if (word !== '') expect(evaluate('replace(text, word, "x")', env)).toBe(text.replaceAll(word, 'x'));
      }),
      runs,
    );
  });
});

describe('maps', { timeout }, () => {
  it('are listed in one order, and are the same after a round through pairs', () => {
    const map = fc.dictionary(fc.constantFrom('b', 'a', 'C', '本', '10', '9', '__proto__'), fc.integer(), { maxKeys: 6 });
    fc.assert(
      fc.property(map, (m) => {
        const keys = evaluate('keys(m)', { m }) as string[];
        expect(keys.toSorted()).toEqual(Object.keys(m).toSorted());
        expect(evaluate('values(m)', { m })).toEqual(keys.map((key) => m[key]));
        expect(evaluate('toPairs(m)', { m })).toEqual(keys.map((key) => [key, m[key]]));
        expect(evaluate('keys(m)', { m: Object.fromEntries(Object.entries(m).toReversed()) })).toEqual(keys);
        for (const key of keys) expect(evaluate('fromPairs(toPairs(m))[key] == m[key] && key in m', { m, key })).toBe(true);
        expect(evaluate('toJSON(m)', { m })).toBe(
          JSON.stringify(
            m,
            Object.keys(m).toSorted((a, b) => Buffer.from(a).compare(Buffer.from(b))),
            2,
          ),
        );
      }),
      runs,
    );
  });
});

describe('texts', { timeout }, () => {
  it('may be written with escapes of every kind', () => {
    const forms: ((code: number, character: string) => string | undefined)[] = [
      (code) => (code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : undefined),
      (code) => (code < 0x80 ? `\\${code.toString(8).padStart(3, '0')}` : undefined),
      (code) => (code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : undefined),
      (code) => `\\u{${code.toString(16)}}`,
      (code) => `\\U${code.toString(16).padStart(8, '0')}`,
      (code, character) => (code >= 0x20 && !'\'"\\'.includes(character) ? character : undefined),
    ];
    const character = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.constantFrom('\n', '"', "'", '\\', '\0', '本', '😀'),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(character, fc.nat(forms.length - 1)), { maxLength: 10 }),
        fc.constantFrom('"', "'"),
        (list, quote) => {
          const written = list.map(([one, form]) => {
            const code = one.codePointAt(0) ?? 0;
            return forms[form]?.(code, one) ?? `\\u{${code.toString(16)}}`;
          });
          expect(evaluate(`${quote}${written.join('')}${quote}`)).toBe(list.map(([one]) => one).join(''));
          expect(evaluate('fromJSON(toJSON(s)) == s', { s: list.map(([one]) => one).join('') })).toBe(true);
        },
      ),
      runs,
    );
  });

  it('do not know other escapes, nor the other quote', () => {
    for (const source of ['"\\q"', '"\\\'"', "'\\\"'", '"\\x4"', '"\\8"', '"\\u12"', '"\\u{}"', '"\\u{110000}"', '"a\nb"'])
      expect([source, errorOf(() => compile(source)).code]).toEqual([source, 'parse']);
  });
});

describe('times and durations', { timeout }, () => {
  const moment = fc.integer({ min: Date.UTC(1000, 0), max: Date.UTC(9998, 0) }).map((ms) => Math.floor(ms / 1000) * 1000);

  it('have the parts that the calendar says', () => {
    const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
    fc.assert(
      fc.property(moment, (ms) => {
        const at = new Date(ms);
        const t = at.toISOString().replace('.000Z', 'Z');
        const yearDay =
          Math.floor(
            (Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()) - Date.UTC(at.getUTCFullYear(), 0, 1)) / 86_400_000,
          ) + 1;
        expect(
          evaluate(
            'let d = date(t); [d.Year(), d.Day(), d.Hour(), d.Minute(), d.Second(), d.YearDay(), int(d.Unix()), int(d.UnixMilli())]',
            { t },
          ),
        ).toEqual(
          [
            at.getUTCFullYear(),
            at.getUTCDate(),
            at.getUTCHours(),
            at.getUTCMinutes(),
            at.getUTCSeconds(),
            yearDay,
            ms / 1000,
            ms,
          ].map(BigInt),
        );
        expect(evaluate('string(date(t).Weekday())', { t })).toBe(days[at.getUTCDay()]);
        expect(evaluate('date(t).Format("2006-01-02T15:04:05Z07:00")', { t })).toBe(t);
        expect(evaluate('date(t).Format("Mon, 02 Jan 2006 15:04:05") + " GMT"', { t })).toBe(at.toUTCString());
      }),
      runs,
    );
  });

  it('add up and compare', () => {
    const span = fc.integer({ min: -1e9, max: 1e9 });
    fc.assert(
      fc.property(moment, span, (ms, seconds) => {
        const t = new Date(ms).toISOString().replace('.000Z', 'Z');
        const env = { t, s: `${seconds}s` };
        expect(evaluate('int((date(t) + duration(s)).Unix())', env)).toBe(BigInt(ms / 1000 + seconds));
        expect(evaluate('int((date(t) - duration(s)).Unix())', env)).toBe(BigInt(ms / 1000 - seconds));
        expect(evaluate('(date(t) + duration(s)) - date(t) == duration(s)', env)).toBe(true);
        expect(evaluate('date(t) + duration(s) > date(t)', env)).toBe(seconds > 0);
        expect(evaluate('let d = duration(s); [d.Seconds(), d.Minutes(), int(d.Milliseconds())]', env)).toEqual([
          seconds,
          expect.closeTo(seconds / 60, 6),
          BigInt(seconds * 1000),
        ]);
        expect(evaluate('duration(duration(s).String()) == duration(s)', env)).toBe(true);
      }),
      runs,
    );
  });
});

describe('errors', { timeout }, () => {
  it('have a caret under the place they name, wherever the expression stands', () => {
    const wrong = fc.constantFrom(
      '1 +',
      'len(1)',
      '"a" + 1',
      'foo(',
      '[1, 2',
      'a.b.c',
      '1 % 0',
      'xs[9]',
      '{a: }',
      'x ?? 1 + 2',
      '"\\q"',
      'not 1',
      'int("x")',
    );
    fc.assert(
      fc.property(wrong, fc.array(fc.constantFrom(' ', '\n', '\t', '/* 本 */ '), { maxLength: 5 }), (source, before) => {
        const text = `${before.join('')}${source}`;
        const error = errorOf(() => evaluate(text, { xs: [1], a: null }));
        const { line = 0, column = 0 } = error.position ?? {};
        const alone = errorOf(() => evaluate(source, { xs: [1], a: null })).position;
        const lines = before.join('').split('\n');
        expect(line).toBe((alone?.line ?? 0) + lines.length - 1);
        expect(column).toBe((alone?.column ?? 0) + Array.from(lines.at(-1) ?? '').length);
        const shown = error.pretty().split('\n');
        const [under = ''] = shown.slice(-1);
        expect(shown.at(-2)).toBe(` | ${text.split('\n')[line - 1]?.replaceAll('\t', ' ')}`);
        expect(under).toMatch(/^ \| \.*\^$/);
        expect(under.length).toBe(' | '.length + column);
      }),
      runs,
    );
  });
});
