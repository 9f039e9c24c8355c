import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import { EditError } from './edit-error.ts';
import { editYaml, editYamlScalar, parseYaml } from './edit-yaml.ts';
import { editLargeYaml } from './large-yaml.ts';
import { parseKeyPath } from './key-path.ts';
import type { YamlValue } from './yaml-scalar-text.ts';

/** How many times as long as in every test run; `KARGO_FUZZ=50` looks harder. */
const LONGER = Number(process.env['KARGO_FUZZ'] ?? 1);

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

describe('editing a value in YAML', { timeout: 20_000 * LONGER }, () => {
  const cases: [name: string, text: string, path: string, value: YamlValue, want: string][] = [
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
    ['keeps the comment of a block scalar', 'a: | # why\n  x\nb: 1\n', 'a', 'z', 'a: z # why\nb: 1\n'],
    ['keeps the style of a block scalar', 'a: |- # why\n    x\nb: 1\n', 'a', 'p\n\nq\n', 'a: | # why\n    p\n\n    q\nb: 1\n'],
    ['writes a block scalar that ends in a text', 'a: |\n  x\n', 'a', 'p\nq', 'a: |-\n  p\n  q\n'],
    ['leaves block scalars where they cannot say it', 'a: |\n  x\n', 'a', ' p\nq', 'a: " p\\nq"\n'],
    [
      'writes lists and maps in braces',
      'a: 1 # c\n',
      'a',
      { b: [1, 'x', null], 'c d': {} },
      'a: {"b": [1, "x", null], "c d": {}} # c\n',
    ],
    ['finds a list that is there already', 'a:\n  - 1\n', 'a', [1], 'a:\n  - 1\n'],
    ['leaves other ways of writing a number', 'a: 0x10\n', 'a', 16, 'a: 0x10\n'],
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

  it('changes several values at once, also on one line, of equal keys the last', () => {
    const text = 'a: {b: 1, c: "2", d: 3} # x\nl: [p, q]\nz: |\n  old\n';
    const updates = [
      { key: 'a.c', value: 'long "text"' },
      { key: 'a.b', value: 'first' },
      { key: 'l.:1', value: 'r' },
      { key: 'z', value: true },
      { key: 'a.b', value: 'p, q' },
    ];
    expect(editYaml(text, updates)).toBe('a: {b: "p, q", c: "long \\"text\\"", d: 3} # x\nl: [p, r]\nz: true\n');
    expect(editYaml(text, [])).toBe(text);
  });

  it('stays fast on large files', () => {
    const text = Array.from({ length: 2000 }, (_, i) => `k${i}: {image: "repo/app:${i}", on: true} # c`).join('\n');
    const updates = Array.from({ length: 100 }, (_, i) => ({ key: `k${i * 7}.image`, value: `new:${i}` }));
    const edited = editYaml(text, updates).split('\n');
    expect([edited[1], edited[7]]).toEqual(['k1: {image: "repo/app:1", on: true} # c', 'k7: {image: "new:1", on: true} # c']);
    expect(codeOf(() => editYaml(text, [{ key: 'k1.nope', value: 1 }]))).toBe('notFound');
    expect(codeOf(() => editYaml(`${text}\n  - x`, [{ key: 'k1.image', value: 1 }]))).toBe('invalid');
    const long = `a: ${'x'.repeat(1_000_000)}\nb: 1\n`;
    expect(editYamlScalar(long, 'b', 2).endsWith('\nb: 2\n')).toBe(true);
  });

  it('changes nothing else in any document it can read', () => {
    const scalar = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean(), fc.constant(null));
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        scalar,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie('tree'), { maxKeys: 3 }),
      ),
    }));
    const style = fc.record({
      collectionStyle: fc.constantFrom('any' as const, 'block' as const, 'flow' as const),
      defaultStringType: fc.constantFrom(
        'PLAIN' as const,
        'QUOTE_SINGLE' as const,
        'QUOTE_DOUBLE' as const,
        'BLOCK_LITERAL' as const,
      ),
      indent: fc.constantFrom(2, 4),
    });
    const value = fc.oneof(scalar, fc.string({ unit: 'binary', maxLength: 8 }), fc.array(scalar, { maxLength: 3 }));
    fc.assert(
      fc.property(tree, tree, style, value, fc.boolean(), (before, after, how, wanted, crlf) => {
        const root = { before, k: 'OLD', after };
        const written = stringify(root, how);
        const text = crlf ? written.replaceAll('\n', '\r\n') : written;
        const read = parseDocument(text, { uniqueKeys: false }).toJS() as object;
        const edited = editYaml(text, [{ key: 'k', value: wanted as YamlValue }]);
        expect(parseDocument(edited).toJS()).toEqual({ ...read, k: wanted });
        const key = text.indexOf('k');
        expect(edited.slice(0, key)).toBe(text.slice(0, key));
      }),
      { numRuns: 150 * LONGER },
    );
  });

  it('does the same in pieces as in the whole, for any document', () => {
    const scalar = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean(), fc.constant(null), fc.constant('a\nb\n'));
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        scalar,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie('tree'), { maxKeys: 3 }),
      ),
    }));
    const style = fc.record({
      collectionStyle: fc.constantFrom('any' as const, 'block' as const, 'flow' as const),
      defaultStringType: fc.constantFrom(
        'PLAIN' as const,
        'QUOTE_SINGLE' as const,
        'QUOTE_DOUBLE' as const,
        'BLOCK_LITERAL' as const,
      ),
      indentSeq: fc.boolean(),
    });
    const value = fc.oneof(scalar, fc.string({ unit: 'binary', maxLength: 8 }), fc.array(scalar, { maxLength: 2 }));
    let inPieces = 0;
    let runs = 0;
    fc.assert(
      fc.property(tree, scalar, tree, style, value, value, fc.boolean(), (before, old, after, how, one, two, crlf) => {
        const written = stringify({ before, p: { q: [{ k: old, x: after }], z: 1 }, l: ['OLD', before], after }, how);
        const text = crlf ? written.replaceAll('\n', '\r\n') : written;
        const updates = [
          { parts: ['p', 'q', '0', 'k'], value: one as YamlValue },
          { parts: ['l', '0'], value: two as YamlValue },
        ];
        const whole = (of: string, list: readonly { parts: readonly string[]; value: YamlValue }[]): string =>
          editYaml(
            of,
            list.map(({ parts, value: to }) => ({ key: parts, value: to })),
          );
        runs += 1;
        let expected: unknown;
        try {
          expected = whole(text, updates);
        } catch (error) {
          expected = error;
        }
        let found;
        try {
          found = editLargeYaml(text, updates, whole);
        } catch (error) {
          if (!(error instanceof EditError)) throw error;
        }
        if (found === undefined) return;
        inPieces += 1;
        expect(found).toEqual({ edited: expected });
      }),
      { numRuns: 300 * LONGER },
    );
    expect(inPieces / runs).toBeGreaterThan(0.6);
  });

  it('answers any text with a result or an error of its own', () => {
    const piece = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '- ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '"',
      "'",
      '|',
      '>',
      '#',
      '&x',
      '*x',
      '!t',
      '---',
      '...',
      '?',
      '\t',
      '\r',
      '%',
      '<<',
      '1',
      '\0',
      '\ufeff',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), fc.constantFrom('a', 'a.a', 'a.0', '0', '1.a'), (pieces, path) => {
        expect(['ok', 'invalid', 'notFound', 'notScalar']).toContain(codeOf(() => editYamlScalar(pieces.join(''), path, 'v')));
      }),
      { numRuns: 1000 * LONGER },
    );
    expect(codeOf(() => parseYaml('['.repeat(10_000)))).toBe('invalid');
    expect(codeOf(() => editYamlScalar(`${'- '.repeat(10_000)}x`, '0', 1))).toBe('invalid');
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
      { numRuns: 1000 * LONGER },
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
