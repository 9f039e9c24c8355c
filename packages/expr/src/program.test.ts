import { describe, expect, it } from 'vitest';
import { hostFunction } from './host/function.ts';
import { StructType } from './host/struct.ts';
import { check, compile } from './program.ts';
import { toJson } from './values/convert.ts';
import { errorOf, evaluate } from './testing/evaluation.ts';
import type { Value } from './values/value.ts';

describe('numbers', () => {
  it.each<[string, Value]>([
    ['5 / 2', 2.5],
    ['5 % 3', 2n],
    ['-5 % 3', -2n],
    ['2 ** 3', 8],
    ['9007199254740993 + 1', 9007199254740994n],
    ['9223372036854775807 + 1', -9223372036854775808n],
    ['1 + 1.0', 2],
    ['string(1.0)', '1'],
    ['string(1e21)', '1e+21'],
    ['7 ** 33', 7.730993719707445e27],
    ['1.1 ** 10', 2.593742460100002],
    ['2 ** -1074', 5e-324],
    ['2 ** -1080', 0],
    ['(-8) ** 3', -512],
    ['2 ** 1024', Number.POSITIVE_INFINITY],
    ['2 ** 0.5', Math.SQRT2],
    ['round(-2.5)', -3],
    ['int(1.9)', 1n],
    ['1 == 1.0', true],
    ['1 < 2 < 3', true],
    ['3 > 2 > 2', false],
  ])('%s is %s', (source, want) => {
    expect(evaluate(source)).toEqual(want);
  });

  it('tells whole floats of JSON from ints', () => {
    expect(evaluate('n % 2', { n: 5n })).toBe(1n);
    expect(errorOf(() => evaluate('n % 2', { n: 5 })).reason).toBe('invalid operation: float64 % int');
  });
});

describe('strings count characters', () => {
  it.each<[string, Value]>([
    ['s[1:3]', '本語'],
    ['s[0]', '日'],
    ['s[-1]', '語'],
    ['len(s)', 3n],
    ['map(s, #)', ['日', '本', '語']],
    ['s[indexOf(s, "本"):]', '本語'],
    ['lastIndexOf(s, "語")', 2n],
  ])('%s', (source, want) => {
    expect(evaluate(source, { s: '日本語' })).toEqual(want);
  });
});

describe('errors', () => {
  it('have a place and a caret', () => {
    const error = errorOf(() => compile('1 +\n  foo(2) )'));
    expect(error).toMatchObject({ code: 'parse', position: { line: 2, column: 10 } });
    expect(error.pretty()).toBe('unexpected token Bracket(")") (2:10)\n |   foo(2) )\n | .........^');
  });

  it('show a long line around the place only', () => {
    const error = errorOf(() => compile(`${'1 + '.repeat(500)}) + ${'2 + '.repeat(500)}3`));
    const [, line = '', caret = ''] = error.pretty().split('\n');
    expect(line.length).toBeLessThan(200);
    expect([line.slice(0, 4), line.at(-1)]).toEqual([' | …', '…']);
    expect([line.charAt(caret.length - 1), caret.at(-1)]).toEqual([')', '^']);
  });

  it.each([
    ['1 +', 'parse'],
    ['1 + "a"', 'compile'],
    ['len(1)', 'compile'],
    ['a + "a"', 'run'],
    ['1..9000000', 'budget'],
    [`${'('.repeat(2000)}1${')'.repeat(2000)}`, 'budget'],
    [Array.from({ length: 6000 }, () => '1').join('+'), 'budget'],
    ['reduce(1..40, #acc + #acc, "xx")', 'budget'],
    ['let a = 1..3000; all(a, all(a, all(a, true)))', 'budget'],
    ['repeat("x", 2000000)', 'budget'],
    ['toJSON(reduce(1..40, [#acc, #acc], 1))', 'budget'],
    ['string(reduce(1..40, [#acc, #acc], 1))', 'budget'],
    ['flatten(reduce(1..40, [#acc, #acc], 1))', 'budget'],
    ['max(reduce(1..40, [#acc, #acc], 1))', 'budget'],
    ['median(reduce(1..40, [#acc, #acc], 1))', 'budget'],
    ['mean(reduce(1..40, [#acc, #acc], 1))', 'budget'],
    ['let x = reduce(1..40, [#acc, #acc], 1); let y = reduce(1..40, [#acc, #acc], 1); x == y', 'budget'],
    ['let s = repeat("x", 900000); join(map(1..1000, s))', 'budget'],
  ])('%.40s… fails with %s', (source, code) => {
    const options = { budget: { iterations: 100_000 } };
    expect(errorOf(() => compile(source, options).run({ a: 1 })).code).toBe(code);
  });

  it('are an error of ours for a chain that is as long as allowed', () => {
    const source = Array.from({ length: 4900 }, () => 'a').join('+');
    try {
      expect(evaluate(source, { a: 1n })).toBe(4900n);
    } catch (error) {
      expect(error).toMatchObject({ name: 'ExprError', code: 'budget' });
    }
  });
});

describe('long digits', () => {
  it('that are no number are refused at once', () => {
    const text = `${'1'.repeat(900_000)}x`;
    expect(errorOf(() => evaluate('float(s)', { s: text })).code).toBe('run');
    expect(errorOf(() => compile(text)).code).toBe('parse');
  });
});

describe('nothing but the environment can be reached', () => {
  it.each(['__proto__', 'constructor', 'toString', 'globalThis', 'process', 'a.__proto__', 'a.constructor', 'a["toString"]'])(
    '%s is nil',
    (source) => {
      expect(evaluate(source, { a: {} })).toBe(null);
    },
  );

  it.each(['"".constructor', '[].length', '(1).toFixed', 'a.b.constructor.constructor'])('%s is an error', (source) => {
    expect(errorOf(() => evaluate(source, { a: {} })).code).toMatch(/parse|compile|run/);
  });

  it('keeps keys with such names apart', () => {
    expect(toJson(evaluate('keys({"__proto__": 1, "constructor": 2})'))).toEqual(['__proto__', 'constructor']);
    expect(evaluate('fromJSON(x).__proto__', { x: '{"__proto__": 5}' })).toBe(5);
  });

  it('does not call functions that are not host functions', () => {
    expect(errorOf(() => evaluate('f()', { f: () => 1 })).reason).toContain('cannot call');
  });
});

describe('host functions', () => {
  const imageType = new StructType('Image', [
    { name: 'RepoURL', json: 'repoURL', type: 'string' },
    { name: 'Tag', json: 'tag', type: 'string' },
    { name: 'Annotations', json: 'annotations', type: 'map' },
  ]);
  const imageFrom = hostFunction(
    'imageFrom',
    [
      { params: ['string'], result: imageType },
      { params: ['string', 'any'], result: imageType },
    ],
    ([repo]) => (repo === 'none' ? null : imageType.of({ repoURL: repo, tag: '1.10' })),
  );
  const run = (source: string, env = {}): Value => compile(source, { functions: { imageFrom } }).run(env);

  it('return objects whose fields have two names, and which are JSON with the second', () => {
    expect([run('imageFrom("u").Tag'), run('imageFrom("u").tag'), run('imageFrom("u")["RepoURL"]')]).toEqual([
      '1.10',
      '1.10',
      'u',
    ]);
    expect(toJson(run('imageFrom("u")'))).toEqual({ repoURL: 'u', tag: '1.10', annotations: null });
    expect(run('"Tag" in imageFrom("u")')).toBe(true);
    expect(run('imageFrom("u") == imageFrom("u")')).toBe(true);
  });

  it('may return nil', () => {
    expect(run('imageFrom("none") == nil')).toBe(true);
    expect(run('imageFrom("none")?.Tag ?? "d"')).toBe('d');
    expect(errorOf(() => run('imageFrom("none").Tag')).reason).toBe('cannot fetch Tag from <nil>');
  });

  it.each([
    ['imageFrom()', 'compile', 'not enough arguments to call imageFrom'],
    ['imageFrom("a", 1, 2)', 'compile', 'too many arguments to call imageFrom'],
    ['imageFrom(1)', 'compile', 'not enough arguments to call imageFrom'],
    ['imageFrom("a").nosuch', 'compile', 'type Image has no field nosuch'],
    ['imageFrom(x)', 'run', 'first argument must be string, got float64'],
    ['let imageFrom = 1; 2', 'compile', 'cannot redeclare function imageFrom'],
  ])('%s: %s error', (source, code, reason) => {
    expect(errorOf(() => run(source, { x: 1 }))).toMatchObject({ code, reason });
  });

  it('give plain errors a place and keep them as the cause', () => {
    const cause = new Error('no such freight');
    const fail = hostFunction('fail', { params: [] }, () => {
      throw cause;
    });
    const error = errorOf(() => compile(' fail()').run({ fail }));
    expect(error).toMatchObject({ code: 'run', message: 'no such freight (1:2)', cause });
  });

  it('let errors of other classes pass unchanged', () => {
    class Suspend extends Error {}
    const suspend = new Suspend('later');
    const wait = hostFunction('wait', { params: [] }, () => {
      throw suspend;
    });
    expect(() => compile('[1, wait()]').run({ wait })).toThrow(suspend);
  });

  it('have methods', () => {
    const version = new StructType('Version', [], [{ name: 'Major', signature: { params: [], result: 'int' }, call: () => 1n }]);
    const parse = hostFunction('parse', { params: ['string'], result: version }, ([text]) => version.of({}, String(text)));
    const program = compile('[parse("1.2").Major(), string(parse("1.2")), toJSON(parse("1.2"))]', { functions: { parse } });
    expect(program.run({})).toEqual([1n, '1.2', '"1.2"']);
    expect(errorOf(() => compile('parse("1").Major(1)', { functions: { parse } })).reason).toBe(
      'too many arguments to call Major',
    );
  });

  it('take the place of functions of the language', () => {
    const upper = hostFunction('upper', { params: ['any'] }, () => 'mine');
    expect(compile('upper(1) + ::upper("a")', { functions: { upper } }).run({})).toBe('mineA');
  });
});

describe('the clock', () => {
  it('is the one that is given', () => {
    const program = compile('now().Format("2006-01-02 15:04:05.000")', { now: () => Date.UTC(2024, 1, 3, 4, 5, 6, 7) });
    expect(program.run({})).toBe('2024-02-03 04:05:06.007');
    expect(errorOf(() => evaluate('now()')).reason).toContain('no clock');
  });
});

describe('what is not known before running', () => {
  it.each(['(yes ? 1 : x) + "a"', '(x ?? 1) + "a"', '[1, x][1] + "a"'])('%s compiles', (source) => {
    expect(compile(source).run({ x: 'b', yes: false })).toBe('ba');
  });

  it('gives an empty range where the number of elements wraps', () => {
    expect(evaluate('0..9223372036854775807')).toEqual([]);
  });
});

describe('checking', () => {
  it('finds several errors, and calls of what is no function', () => {
    const found = check('[1 + "a", nosuch(), len(1)]');
    expect(found.map(({ reason }) => reason)).toEqual([
      'invalid operation: + (mismatched types int and string)',
      'unknown function nosuch',
      'invalid argument for len (type int)',
    ]);
    expect(check('1 % 0').map(({ code }) => code)).toEqual(['compile']);
    expect(check('1 +').map(({ code }) => code)).toEqual(['parse']);
    expect(check('map(xs, .a)')).toEqual([]);
  });
});
