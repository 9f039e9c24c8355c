import { describe, expect, it } from 'vitest';
import { ExprError } from '../error.ts';
import { hostFunction } from '../host/function.ts';
import type { Json } from '../json.ts';
import { checkTemplate, compileTemplate, renderTemplate } from './template.ts';
import { hasTemplate } from './scan.ts';

const env = { vars: { s: 'hello' }, outputs: { commit: { n: 7n } } };

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof ExprError ? error.code : 'other';
  }
  return 'none';
}

describe('the type of what a template renders to', () => {
  it.each<[string, Json]>([
    ["${{ 'x' }}-${{ 1 }}", 'x-1'],
    ['${{ 1 }}${{ 2 }}', 12],
    ['${{1}}.${{2}}', 1.2],
    ['${{ "true" }}', true],
    ['${{ "t" }}', true],
    ["${{ '1.10' }}", 1.1],
    ["${{ quote('1.10') }}", '1.10'],
    ['v${{ quote(1) }}', 'v"1"'],
    ["${{ {'a': [1]} }}", { a: [1] }],
    ['${{ nosuch }}', null],
    ['${{ nil }}', null],
    ['${{ "a" }}: "b"', 'a: "b"'],
    ['"${{ \'a\' }}" and "b"', 'a" and "b'],
    ['${{ "12345678901234567890" }}', Number('12345678901234567890')],
    ["${{ ' 42' }}", 42],
    ["${{ 't' }}rue", true],
    ["${{ ' true ' }}", true],
    ["t${{ '' }}", true],
    [' ${{ 42 }}', 42],
    ["${{ 'yes' }}", 'yes'],
    ["${{ '' }}", ''],
    ["${{ 'tRue' }}", 'tRue'],
    ["${{ '' }}123", 123],
    ["${{ '1e5' }}", 100000],
    ["${{ '1e999' }}", '1e999'],
    ["${{ '1234567' }}", 1234567],
    ["${{ '123e45' }}", 1.23e47],
    ["${{ '0x10' }}", '0x10'],
    ["${{ '0b11' }}", '0b11'],
    ["${{ '5.' }}", 5],
    ["${{ '+5' }}", 5],
    ["${{ '007' }}", 7],
    ["${{ '-0' }}", -0],
    ['1.${{ 2 }}.3', '1.2.3'],
    ['${{ 1 }}: 2', '1: 2'],
    ["${{ 'null' }}", null],
    ['${{ nil }}${{ nil }}', 'nullnull'],
    ["${{ '[1,2]' }}", [1, 2]],
    ["[${{ 1 }},${{ 'a' }}]", '[1,a]'],
    ['["${{ \'a\' }}"]', ['a']],
    ['{"k": "${{ 1 }}"}', { k: '1' }],
    ['${{ \'""\' }}', ''],
    ["${{ '\"' }}", '"'],
    ['${{ quote("a\\nb") }}', 'a\\nb'],
    ['${{ quote("a\\nb") }} ', 'a\nb'],
    ["${{ quote('1') }}${{ quote('2') }}", '1""2'],
    ['${{ quote(vars.s) }} x', '"hello" x'],
    ["${{ unsafeQuote('x') }}", '"x"'],
    ["${{ toJSON('1.10') }}", '1.10'],
    ["${{ asYAML('1.10') }}", '"1.10"\n'],
    ['${{ quote(42) }}\n\n', '42'],
    ["${{ 'x' }}\n\n", 'x\n\n'],
    ['${{ 42 }}\r\n', 42],
    ['$${{ 1 }}', '$1'],
    ["${{ {'a': {'b': 1} } }}", { a: { b: 1 } }],
    ["${{ duration('90s') }}", 90000000000],
    ["${{ date('2024-01-02') }}", '2024-01-02T00:00:00Z'],
    ['${{ 4 / 2 }}', 2],
    ['${{ string(1e6) }}x', '1e+06x'],
    ['${{ outputs.commit.n + 1 }}', 8],
    ['${{ outputs.nope }}', null],
    ["${{ outputs.nope?.x ?? 'd' }}", 'd'],
  ])('[20 6.2.1] %j is %j', (template, want) => {
    expect(renderTemplate(template, env)).toEqual(want);
  });

  it.each(["${{ 'Inf' }}", "${{ 'nan' }}", "${{ '1_000' }}", "${{ '0x1p4' }}"])(
    'keeps the text of %s, which is a number in the original only',
    (template) => {
      expect(renderTemplate(template, env)).toBe(/'(.*)'/.exec(template)?.[1]);
    },
  );

  it.each([
    ["${{ {'a': {'b': 1}} }}", 'parse'],
    ['${{ outputs.nope.x }}', 'run'],
    ['${{}}', 'parse'],
    ['${{  }}', 'parse'],
    ['${{ 1', 'parse'],
    ["${{ '{{.domain}}' }}", 'parse'],
    ['${{ 1/0 }}', 'run'],
    ['${{ groupBy([1], #) }}', 'run'],
    ['${{ quote() }}', 'compile'],
  ])('%s is an error: %s', (template, code) => {
    expect(codeOf(() => renderTemplate(template, env))).toBe(code);
  });

  it('[20 6.2.2] says what is missing from an expression without an end', () => {
    expect(() => renderTemplate('a ${{ 1', {})).toThrow(/unclosed expression: expected "}}" but reached end of template/);
    expect(() => renderTemplate('a ${% 1 }}', {})).toThrow(/unclosed expression: expected "%}"/);
  });

  it('[20 6.2.2] takes the second pair of delimiters for what contains the first, and both in one text', () => {
    expect(renderTemplate("${% '{{.domain}}' %}", {})).toBe('{{.domain}}');
    expect(renderTemplate("${% '${{' %}", {})).toBe('${{');
    expect(renderTemplate("${{ 'a' }}/${% 'b' %}", {})).toBe('a/b');
  });

  it('leaves text without expressions a string, whatever it looks like', () => {
    for (const text of ['42', 'true', 'null', '"x"', '[1]', '', '$', '${', '}}', '${ {'])
      expect(renderTemplate(text, {})).toBe(text);
    expect(hasTemplate('${% 1 %}')).toBe(true);
    expect(hasTemplate('${ { }}')).toBe(false);
  });
});

describe('quoting', () => {
  it.each<[string, string]>([
    ['${{ quote(nil) }}', 'null'],
    ["${{ unsafeQuote('x') }}", '"x"'],
    ['${{ asYAML(1.5) }}', '1.5\n'],
    ['${{ asYAML(false) }}', 'false\n'],
    ['${{ quote(true) }}', 'true'],
    ['${{ quote(42) }}', '42'],
    ['${{ quote({\'a\': 1, "b": [nil]}) }}', '{"a":1,"b":[null]}'],
    ["${{ quote('x') }}", 'x'],
    ['${{ asYAML(nil) }}', 'null\n'],
    ['${{ asYAML(true) }}', 'true\n'],
    ['${{ asYAML(42) }}', '42\n'],
    ["${% asYAML({'a': {'b': [1, 'x']}}) %}", 'a:\n    b:\n        - 1\n        - x\n'],
    ["${{ asJSON('foo') }}", '"foo"\n'],
    ["${{ asJSON({'a': 1}) }}", '{\n  "a": 1\n}\n'],
  ])('[20 6.2.3] [20 6.2.5] %s is the string %j', (template, want) => {
    expect(renderTemplate(template, {})).toBe(want);
  });

  it('escapes as Go does', () => {
    const escaped = renderTemplate('_${{ quote(x) }}', { x: 'é \u0007\t\u0001"\\\u00ad😀\u{e0001}' });
    expect(escaped).toBe('_"é \\a\\t\\x01\\"\\\\\\u00ad😀\\U000e0001"');
  });

  it.each(['quote', 'unsafeQuote', 'asYAML', 'asJSON'])('refuses an environment that has %s', (key) => {
    expect(() => renderTemplate('${{ 1 }}', { [key]: 1 })).toThrow(`"${key}" is a forbidden key`);
  });
});

describe('functions of the host in templates', () => {
  const greet = hostFunction('greet', { params: ['string'], result: 'string' }, ([name]) => `hello ${String(name)}`);

  it('are found in the environment and checked when compiling', () => {
    expect(renderTemplate("${{ greet('you') }}", { greet })).toBe('hello you');
    expect(codeOf(() => renderTemplate('${{ greet() }}', { greet }))).toBe('compile');
    expect(() => renderTemplate('${{ greet() }}', { greet })).toThrow('not enough arguments to call greet (1:2)');
  });

  it('may be given anew for each rendering', () => {
    const template = compileTemplate("${{ greet('you') }}", { functions: { greet } });
    const other = hostFunction('greet', { params: ['string'] }, () => 'go away');
    expect([template.render({}), template.render({}, { greet: other })]).toEqual(['hello you', 'go away']);
  });

  it('that the environment lacks cannot be called', () => {
    expect(() => renderTemplate('${{ nosuch(1) }}', {})).toThrow('cannot call nil (1:2)');
  });
});

describe('checking a template', () => {
  it('finds every error with its place in the template', () => {
    const errors = checkTemplate('a ${{ 1 + "x" }} b ${{ nosuch(vars.a) }}', { variables: ['vars'] });
    expect(errors.map(({ code, position }) => [code, position?.column])).toEqual([
      ['compile', 9],
      ['compile', 24],
    ]);
  });

  it('finds unknown variables only if it knows them all', () => {
    expect(checkTemplate('${{ nosuch.a }}')).toEqual([]);
    expect(checkTemplate('${{ nosuch.a }}', { variables: ['vars'] })[0]?.reason).toBe('unknown name nosuch');
    expect(checkTemplate('${{ $env.nosuch }}', { variables: ['vars'] })[0]?.reason).toBe('unknown name nosuch');
    expect(checkTemplate('${{ map([1], let x = #; x + vars.y) }}', { variables: ['vars'] })).toEqual([]);
  });

  it('finds nothing wrong with text and right templates', () => {
    expect(checkTemplate('plain')).toEqual([]);
    expect(checkTemplate('${{ quote(vars.a) }}', { variables: ['vars'] })).toEqual([]);
    expect(checkTemplate('${{ 1')).toHaveLength(1);
  });
});
