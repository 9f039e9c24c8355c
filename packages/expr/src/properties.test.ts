import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExprError } from './error.ts';
import { check, compile } from './program.ts';
import { checkTemplate, renderTemplate } from './template/template.ts';
import { hasTemplate } from './template/scan.ts';
import type { Json } from './json.ts';
import { equal } from './values/equal.ts';
import { fromJson, toJson } from './values/convert.ts';

const WORDS = [
  ...'a b # . ?. .. ( ) [ ] { } , : ; ? ?? | || && ! != == < > <= >= + - * / % ** ^ = $env let if else not in and or nil true'.split(
    ' ',
  ),
  ...'matches contains #index #acc 1 0 2.5 0x1F "x" \'y\' `z` b"q" "" map filter reduce sum len sort groupBy keys first date'.split(
    ' ',
  ),
  ...'duration toJSON fromJSON string int split join take get max sortBy findLast uniq concat "1h" "2024-01-02" .Year() :: //'.split(
    ' ',
  ),
];
const words = fc.array(fc.constantFrom(...WORDS), { maxLength: 24 }).map((list) => list.join(' '));
const env = { a: [1, 'x', null, { b: 2n }], b: { a: 'text', c: [] } };
/** How many times as long as in every test run; `KARGO_FUZZ=50` looks harder. */
const LONGER = Number(process.env['KARGO_FUZZ'] ?? 1);
const budget = { iterations: 20_000, memory: 20_000 };

/** Whatever it does, it must not fail with anything but an error of ours. */
function survives(work: () => unknown): boolean {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    expect(error.position).toBeDefined();
  }
  return true;
}

describe('any text', { timeout: 10_000 * LONGER }, () => {
  it('is an expression or an error of ours', () => {
    fc.assert(
      fc.property(fc.oneof(words, fc.string({ unit: 'binary' })), (text) => survives(() => compile(text, { budget }).run(env))),
      {
        numRuns: 1000 * LONGER,
      },
    );
  });

  it('can be checked, and what has no error compiles', () => {
    fc.assert(
      fc.property(words, (text) => {
        if (check(text).length === 0) compile(text);
        return true;
      }),
      { numRuns: 500 * LONGER },
    );
  });

  it('is a template or an error of ours', () => {
    const template = fc.array(fc.oneof(words, fc.constantFrom('${{', '}}', '${%', '%}', '\n', '"'))).map((list) => list.join(''));
    fc.assert(
      fc.property(template, (text) => {
        checkTemplate(text);
        return survives(() => renderTemplate(text, env, { budget }));
      }),
      { numRuns: 1000 * LONGER },
    );
  });
});

describe('text without delimiters', () => {
  it('renders to itself', () => {
    fc.assert(fc.property(fc.string(), (text) => hasTemplate(text) || renderTemplate(text, {}) === text));
  });
});

describe('JSON', () => {
  const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);

  it('is the same after a round through values, and through text', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(toJson(fromJson(value))).toEqual(value);
        expect(toJson(fromJson(value, { wholeNumbers: 'int' }))).toEqual(value);
        expect(toJson(compile('fromJSON(toJSON(x))').run({ x: value }))).toEqual(value);
        return equal(value, compile('x').run({ x: value }));
      }),
    );
  });

  it('that is quoted renders to its text', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (number, flag) => {
        expect(renderTemplate('${{ quote(x) }}', { x: number })).toBe(String(number));
        expect(renderTemplate('${{ quote(x) }}', { x: flag })).toBe(String(flag));
      }),
    );
  });
});
