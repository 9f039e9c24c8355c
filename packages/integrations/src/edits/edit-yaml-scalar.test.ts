import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { EditError } from './edit-error.ts';
import { editYamlScalar } from './edit-yaml-scalar.ts';
import { parseKeyPath } from './key-path.ts';
import type { YamlScalar } from './yaml-scalar-text.ts';

const codeOf = (action: () => unknown): unknown => {
  try {
    action();
    return 'ok';
  } catch (error) {
    if (error instanceof EditError) return error.code;
    throw error;
  }
};

const valueIn = (text: string, version: '1.1' | '1.2'): unknown => (parseDocument(text, { version }).toJS() as { k: unknown }).k;

describe('editing a value in YAML', () => {
  const cases: [name: string, text: string, path: string, value: YamlScalar, want: string][] = [
    ['keeps comments', 'a: 1 # one\n# two\nb: 2\n', 'a', 5, 'a: 5 # one\n# two\nb: 2\n'],
    ['keeps double quotes', 'a: "x" # c\n', 'a', 'y', 'a: "y" # c\n'],
    ['keeps single quotes', "a: 'x'\n", 'a', "it's", "a: 'it''s'\n"],
    ['gives up single quotes where they cannot say it', "a: 'x'\n", 'a', 'a\nb', 'a: "a\\nb"\n'],
    ['keeps CRLF', 'a: 1\r\nb: 2\r\n', 'a', 'x', 'a: x\r\nb: 2\r\n'],
    ['works in flow collections on one line', 'a: {b: 1, c: 2}\n', 'a.b', 9, 'a: {b: 9, c: 2}\n'],
    ['quotes what would break a flow collection', 'a: [x, y]\n', 'a.0', 'p, q', 'a: ["p, q", y]\n'],
    ['keeps anchors', 'a: &x 1\nb: *x\n', 'a', 2, 'a: &x 2\nb: *x\n'],
    ['keeps other documents', 'a: 1\n---\na: 1\n', 'a', 2, 'a: 2\n---\na: 1\n'],
    ['replaces a block scalar as a whole', 'a: |\n  x\n  y\nb: 1\n', 'a', 'z', 'a: z\nb: 1\n'],
    ['replaces a text over several lines', 'a: x\n  y\nb: 1\n', 'a', 'z', 'a: z\nb: 1\n'],
    ['fills an empty value', 'a:\nb: 1\n', 'a', 'x', 'a: x\nb: 1\n'],
    ['fills an empty value before a comment', 'a: # c\nb: 1\n', 'a', 'x', 'a: x # c\nb: 1\n'],
    ['fills an empty value at the end', 'a:', 'a', 'x', 'a: x'],
    ['fills an empty item', 'l:\n-\n- b\n', 'l.0', 'x', 'l:\n- x\n- b\n'],
    ['fills an empty anchored value', 'a: &x\nb: *x\n', 'a', 1, 'a: &x 1\nb: *x\n'],
    ['changes the first of equal keys', 'a: 1\na: 2\n', 'a', 3, 'a: 3\na: 2\n'],
    [
      'counts list items from zero',
      'l:\n  - image: a # c\n  - image: b\n',
      'l.1.image',
      'c:1',
      'l:\n  - image: a # c\n  - image: c:1\n',
    ],
    ['takes a colon as the sign of a key', 'l:\n- a\n', ':l.:0', 'b', 'l:\n- b\n'],
    [
      'finds keys with dots and numbers',
      'example.com/x: 1\n8080: y\n',
      String.raw`example\.com/x`,
      2,
      'example.com/x: 2\n8080: y\n',
    ],
    ['finds numeric keys', '8080: {host: y}\n', ':8080.host', 'z', '8080: {host: z}\n'],
    ['works after text beyond ASCII', 'a: {ü: "ß", b: 1}\n', 'a.b', 2, 'a: {ü: "ß", b: 2}\n'],
    ['writes numbers in full', 'a: x\n', 'a', 1_000_000_000, 'a: 1000000000\n'],
    ['writes large integers exactly', 'a: x\n', 'a', 9007199254740993n, 'a: 9007199254740993\n'],
    ['writes booleans', 'a: "x"\n', 'a', true, 'a: true\n'],
    ['writes nothing as null', 'a: x\n', 'a', null, 'a: null\n'],
    ['keeps a document that is a list', '- a\n- b\n', '1', 'c', '- a\n- c\n'],
  ];
  it.each(cases)('%s', (_, text, path, value, want) => {
    expect(editYamlScalar(text, path, value)).toBe(want);
  });

  it.each([
    '42',
    '1.10',
    'true',
    'null',
    '~',
    'yes',
    'off',
    'y',
    '0777',
    '0x1F',
    '1_000',
    '1:20',
    '2020-01-01',
    '.inf',
    '{"a":1}',
    '[1]',
    'a: b',
    '# x',
    'x # y',
    '*x',
    '&x',
    '!x',
    '- x',
    '',
    ' x',
    'a\nb',
    '"q"',
    '%x',
    '@x',
  ])('quotes the string %j', (value) => {
    const edited = editYamlScalar('a: old # c\nb: 1\n', 'a', value);
    expect(edited).toBe(`a: ${JSON.stringify(value)} # c\nb: 1\n`);
  });

  it.each(['v1.2.3', '1.2.3', 'nginx', 'a b', 'host/path:1.0', 'sha256:abc', "it's", 'x-y_z', 'https://a.b/c'])(
    'leaves the string %j bare',
    (value) => {
      expect(editYamlScalar('a: old\n', 'a', value)).toBe(`a: ${value}\n`);
    },
  );

  it.each([
    ['an absent key', 'a: 1\n', 'b', 'notFound'],
    ['a key below a value', 'a: 1\n', 'a.b', 'notFound'],
    ['an index beyond the end', 'l: [1]\n', 'l.1', 'notFound'],
    ['a negative index', 'l: [1]\n', 'l.-1', 'notFound'],
    ['a name in a list', 'rebels:\n- name: x\n', 'rebels.first.name', 'notFound'],
    ['an empty text', '', 'a', 'notFound'],
    ['a list', 'a: [1]\n', 'a', 'notScalar'],
    ['a map', 'a: {b: 1}\n', 'a', 'notScalar'],
    ['an alias', 'a: &x 1\nb: *x\n', 'b', 'notScalar'],
    ['below an alias', 'a: &x {c: 1}\nb: *x\n', 'b.c', 'notFound'],
    ['broken YAML', 'a: [\n', 'a', 'invalid'],
    ['tabs', 'a:\n\tb: 1\n', 'a.b', 'invalid'],
    ['a tag that contradicts', 'a: !!int 1\n', 'a', 'invalid'],
    ['an empty path', 'a: 1\n', ' ', 'badPath'],
  ])('fails by code: %s', (_, text, path, code) => {
    expect(codeOf(() => editYamlScalar(text, path, 'x'))).toBe(code);
  });

  it('reads back as what was asked for, whatever the value and its place', () => {
    const place = fc.constantFrom(
      'x: 1\nk: OLD # c\nz: [1]\n',
      'k: "old"\r\nz: 1\r\n',
      "k: 'old'\n",
      '{k: old, z: 2}\n',
      'k:\nz: 1',
      'k: >-\n  folded\n  text\nz: 1\n',
      'k: &a old\nz: *a\n',
    );
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.integer(),
      fc.double({ noNaN: true }).filter((number) => !Object.is(number, -0)),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom('yes', 'on', '1e3', '0o7', '<<', '=', '?', '-', ':', 'a:', ':a', 'a #b', '---', '...'),
    );
    fc.assert(
      fc.property(place, value, (text, wanted) => {
        const edited = editYamlScalar(text, 'k', wanted);
        expect(valueIn(edited, '1.2')).toEqual(wanted);
        if (typeof wanted === 'string' && !text.includes('*a')) {
          expect(valueIn(edited, '1.1')).toEqual(wanted);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('key paths', () => {
  it.each([
    ['image.tag', ['image', 'tag']],
    ['containers.0.image', ['containers', '0', 'image']],
    [String.raw`annotations.example\.com/x`, ['annotations', 'example.com/x']],
    [':8080.host', ['8080', 'host']],
    [String.raw`a\:b`, ['a:b']],
    [' a b ', ['a b']],
    ['a\\', ['a']],
  ])('%s', (key, want) => {
    expect(parseKeyPath(key)).toEqual(want);
  });

  it.each([
    ['', 'empty key'],
    ['a..b', 'empty key part in key "a..b"'],
    ['a.', 'empty key part in key "a."'],
    ['a:b', 'unexpected colon in key "a:b"'],
    [String.raw`a\x`, String.raw`invalid escape sequence in key "a\\x"`],
  ])('refuses %j', (key, message) => {
    expect(() => parseKeyPath(key)).toThrow(message);
  });
});
