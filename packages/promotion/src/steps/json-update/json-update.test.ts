import type { Json } from '@kargo/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { useFiles } from '../../testing/files-fixture.ts';
import { editJson, type JsonScalar } from './edit-json.ts';
import { jsonUpdate } from './json-update.ts';

const files = useFiles();

describe('editing JSON', () => {
  it.each<[string, string, string, JsonScalar, string]>([
    [
      'keeps all else',
      '{\r\n\t"a" : {"b":1 } ,\n "c": [ 1,2 ]}\n\n',
      'a.b',
      'x',
      '{\r\n\t"a" : {"b":"x" } ,\n "c": [ 1,2 ]}\n\n',
    ],
    ['adds a key before the brace', '{"a": 1}', 'b', 2, '{"a": 1,"b":2}'],
    ['adds a key to an empty object', '{ }', 'b', false, '{ "b":false}'],
    ['makes objects on the way', '{"a":{}}', 'a.b.c', 1, '{"a":{"b":{"c":1}}}'],
    ['replaces a value on the way', '{"a":1}', 'a.b', 2, '{"a":{"b":2}}'],
    ['replaces null on the way', '{"a":null}', 'a.b', 2, '{"a":{"b":2}}'],
    ['replaces objects and lists', '{"a":{"b":[1]}}', 'a', 2, '{"a":2}'],
    ['enters lists by index', '{"a":[{"b":1}, 2]}', 'a.0.b', 3, '{"a":[{"b":3}, 2]}'],
    ['appends to lists', '{"a":[1 ]}', 'a.-1', 2, '{"a":[1 ,2]}'],
    ['pads lists', '{"a":[1]}', 'a.3.b', 2, '{"a":[1,null,null,{"b":2}]}'],
    ['makes lists', '{}', 'a.2', 1, '{"a":[null,null,1]}'],
    ['makes lists to append to', '{}', 'a.-1', 1, '{"a":[1]}'],
    ['makes objects with numbers for keys', '{}', 'a.:2', 1, '{"a":{"2":1}}'],
    ['finds numbers that are keys', '{"a":{"2":0}}', 'a.2', 1, '{"a":{"2":1}}'],
    ['changes the first of equal keys', '{"a":1,"a":2}', 'a', 3, '{"a":3,"a":2}'],
    ['finds keys that are written with escapes', '{"\\u0061.b":1}', 'a\\.b', 2, '{"\\u0061.b":2}'],
    ['takes escaped characters for themselves', '{}', '\\*.\\:x.a:b', 1, '{"*":{":x":{"a:b":1}}}'],
    ['does not trim keys', '{}', ' a ', 1, '{" a ":1}'],
    ['fills an empty file', '', 'app.version', 'v2', '{"app":{"version":"v2"}}'],
    ['keeps a byte order mark', '\ufeff{"a":1}', 'a', 2, '\ufeff{"a":2}'],
    ['writes numbers in full', '{"a":1}', 'a', 1_000_000_000_000_000_000_000, '{"a":1000000000000000000000}'],
    ['writes fractions', '{"a":1}', 'a', 1.5, '{"a":1.5}'],
    ['enters a list at the root', '[1]', '0', 2, '[2]'],
  ])('%s', (_, text, key, value, want) => {
    expect(editJson(text, key, value)).toBe(want);
  });

  it.each([
    ['{"a":[1]}', 'a.x', "cannot set array element for non-numeric key 'x'"],
    ['{}', 'a*', '"*" would make the path a query'],
    ['{}', 'a.#.b', '"#" would make the path a query'],
    ['{}', 'a|b', '"|" would make the path a query'],
    ['{}', '@this', '"@" would make the path a query'],
    ['{}', 'a?', '"?" would make the path a query'],
    ['{}', '.a', 'empty key part'],
    ['{}', 'a.', 'empty key part'],
    ['{}', '', 'empty key'],
    ['{"a": }', 'a', 'not valid JSON'],
    ['{"a": 1} x', 'a', 'not valid JSON'],
    ['// c\n{}', 'a', 'not valid JSON'],
    ['{}', 'a.99999999999', 'index 99999999999 is more than 10000 beyond the end of the list'],
    ['['.repeat(100_000), 'a', 'not valid JSON'],
    [`${'['.repeat(50_000)}${']'.repeat(50_000)}`, '0.0', 'too deeply'],
  ])('refuses in %j the key %j', (text, key, message) => {
    expect(() => editJson(text, key, 1)).toThrow(message);
  });

  it('sets what was asked for and nothing else, whatever the document', () => {
    const name = fc.constantFrom('a', 'b', '0', '1', 'x.y');
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue({ maxDepth: 0 }),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(name, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean());
    fc.assert(
      fc.property(
        fc.dictionary(name, tree),
        fc.array(name, { minLength: 1, maxLength: 4 }),
        value,
        fc.constantFrom(0, 2),
        (document, path, wanted, indent) => {
          const key = path.map((part) => part.replace('.', '\\.')).join('.');
          let edited: string;
          try {
            edited = editJson(JSON.stringify(document, undefined, indent), key, wanted);
          } catch (error) {
            expect((error as Error).message).toContain('non-numeric');
            return;
          }
          const after: unknown = JSON.parse(edited);
          let at = after as Record<string, unknown>;
          for (const part of path) at = at[part] as Record<string, unknown>;
          expect(at).toEqual(wanted);
          expect(JSON.parse(editJson(edited, key, wanted))).toEqual(after);
          const { [path[0]!]: _, ...others } = document as Record<string, Json>;
          expect(after).toMatchObject(JSON.parse(JSON.stringify(others)) as object);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('json-update', () => {
  it('tells what it did', async () => {
    await files.write({ 'p.json': '{\n  "app": {"version": "1.0.0", "on": true}\n}\n' });
    const updates = [
      { key: 'app.version', value: '2.0.0' },
      { key: 'app.count', value: 1_000_000 },
      { key: 'app.on', value: false },
    ];
    const { output } = await files.run(jsonUpdate, { path: 'p.json', updates });
    expect(await files.text('p.json')).toBe('{\n  "app": {"version": "2.0.0", "on": false,"count":1000000}\n}\n');
    expect(output).toEqual({ commitMessage: 'Updated p.json\n\n- app.version: "2.0.0"\n- app.count: 1000000\n- app.on: false' });
  });

  it.each<[string, Json, string]>([
    ['null', null, 'transient Errored: value for key "b" is not a scalar type'],
    ['a list', [1], 'transient Errored: value for key "b" is not a scalar type'],
  ])('does not set %s, and then nothing', async (_, value, want) => {
    await files.write({ 'p.json': '{"a":1}' });
    const updates = [
      { key: 'a', value: 2 },
      { key: 'b', value },
    ];
    expect(await files.failure(jsonUpdate, { path: 'p.json', updates })).toBe(want);
    expect(await files.text('p.json')).toBe('{"a":1}');
    expect(await files.failure(jsonUpdate, { path: 'absent', updates: updates.slice(0, 1) })).toContain('could not read absent');
  });
});
