import type { Json } from '@kargo/api';
import { parse } from '@decimalturn/toml-patch';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { useFiles } from '../../testing/files-fixture.ts';
import { editToml, type TomlScalar } from './edit-toml.ts';
import { tomlUpdate } from './toml-update.ts';

const files = useFiles();

const DOCUMENT = `# ü top
title = "x" # c
"example.com/version" = 'v1'
a."b c".d = 1_000
text = """
one
two"""

[package]   # p
version   =   "1.0.0"   # keep
list = [ 1, # one
  [ 2, { k = 3 } ],
]
inline = { y = "q", z = { w = 1.5 } }
when = 1979-05-27T07:32:00Z

[[server]]
host = 'a'
[server.tls]
port = 1

[[server]]
host = 'b'
`;

describe('editing TOML', () => {
  it.each<[key: string, value: TomlScalar, from: string, to: string]>([
    ['title', 'new and longer', '"x"', "'new and longer'"],
    ['title', "it's", '"x"', `"it's"`],
    ['title', 'a\nb\u007f', '"x"', String.raw`"a\nb\u007f"`],
    ['title', 'C:\\x', '"x"', "'C:\\x'"],
    [String.raw`example\.com/version`, 'v2', "'v1'", "'v2'"],
    ['a.b c.d', 42, '1_000', '42'],
    ['text', true, '"""\none\ntwo"""', 'true'],
    ['package.version', '2', '"1.0.0"', "'2'"],
    ['package.list.0', 9, '[ 1, #', '[ 9, #'],
    ['package.list.1.1.k', 1_000_000_000, 'k = 3', 'k = 1000000000'],
    ['package.inline.y', false, '"q"', 'false'],
    ['package.inline.z.w', 2, '1.5', '2.0'],
    ['package.when', 'later', '1979-05-27T07:32:00Z', "'later'"],
    ['server.1.host', 'c', "'b'", "'c'"],
    ['server.0.tls.port', 1.25, 'port = 1', 'port = 1.25'],
    ['server.tls.port', 2, 'port = 1', 'port = 2'],
  ])('sets %s to %j', (key, value, from, to) => {
    for (const text of [DOCUMENT, DOCUMENT.replaceAll('\n', '\r\n'), `\ufeff${DOCUMENT}`]) {
      const newline = text.includes('\r\n') ? '\r\n' : '\n';
      const edited = editToml(text, key, value);
      expect(edited).toBe(text.replace(from.replaceAll('\n', newline), () => to));
      expect(editToml(edited, key, value)).toBe(edited);
    }
  });

  it.each([
    ['absent', 'key path not found: "absent"'],
    ['package.list.7', 'key path not found'],
    ['server.host', 'key path not found'],
    ['package.version.x', 'key path not found'],
    ['package', 'key path "package" addresses Table instead of a scalar node'],
    ['package.inline', 'addresses InlineTable instead of a scalar node'],
    ['package.list', 'addresses Array instead of a scalar node'],
    ['server', 'addresses Array instead of a scalar node'],
    ['a..b', 'empty key part'],
  ])('refuses %s', (key, message) => {
    expect(() => editToml(DOCUMENT, key, 1)).toThrow(message);
  });

  it.each(['a = ', 'a = 1\na = 2', '[a]\n[a]', `a = ${'['.repeat(20_000)}`, '\0'])('refuses what is no TOML', (text) => {
    expect(() => editToml(text, 'a', 1)).toThrow(/not valid TOML|too deeply/);
  });

  it('sets what was asked for and nothing else, or refuses', () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string(),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    );
    const key = fc.constantFrom('title', 'package.version', 'package.list.1.0', 'package.inline.z.w', 'server.1.host', 'text');
    fc.assert(
      fc.property(key, value, (path, wanted) => {
        const edited = editToml(DOCUMENT, path, wanted);
        const [before, after] = [parse(DOCUMENT), parse(edited)] as Record<string, unknown>[];
        const parts = path.split('.');
        const holder = (root: unknown): Record<string, unknown> =>
          parts.slice(0, -1).reduce((at, part) => (at as Record<string, unknown>)[part], root) as Record<string, unknown>;
        const found = holder(after)[parts.at(-1)!];
        expect(typeof wanted === 'number' ? Number(found) : found).toEqual(typeof wanted === 'number' ? wanted + 0 : wanted);
        holder(before)[parts.at(-1)!] = holder(after)[parts.at(-1)!] = 0;
        expect(after).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });
});

describe('toml-update', () => {
  it('tells what it did, the last of equal keys winning', async () => {
    await files.write({ 'Cargo.toml': DOCUMENT });
    const updates = [
      { key: 'package.version', value: '1.1.0' },
      { key: 'package.version', value: '2.0.0' },
      { key: 'server.0.tls.port', value: 42 },
    ];
    const { output } = await files.run(tomlUpdate, { path: 'Cargo.toml', updates });
    expect(await files.text('Cargo.toml')).toBe(DOCUMENT.replace('"1.0.0"', "'2.0.0'").replace('port = 1', 'port = 42'));
    expect(output).toEqual({
      commitMessage: "Updated Cargo.toml\n\n- package.version: '1.1.0'\n- package.version: '2.0.0'\n- server.0.tls.port: 42",
    });
  });

  it.each<[Json]>([[null], [[1]], [{ a: 1 }]])('does not set %j', async (value) => {
    await files.write({ 'x.toml': 'a = 1\n' });
    expect(await files.failure(tomlUpdate, { path: 'x.toml', updates: [{ key: 'a', value }] })).toBe(
      'transient Errored: value for key "a" is not a TOML scalar type',
    );
  });
});
