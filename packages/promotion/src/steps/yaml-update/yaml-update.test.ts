import type { Json } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { useFiles } from '../../testing/files-fixture.ts';
import { yamlUpdate } from './yaml-update.ts';

const files = useFiles();

async function update(
  text: string,
  ...updates: [key: string, value: Json][]
): Promise<{ text: string; message: Json | undefined }> {
  await files.write({ 'values.yaml': text });
  const config = { path: 'values.yaml', updates: updates.map(([key, value]) => ({ key, value })) };
  const { output } = await files.run(yamlUpdate, config);
  // Interrupted after the file was written, it runs again and finds everything done.
  expect((await files.run(yamlUpdate, config)).output).toEqual(output);
  return { text: await files.text('values.yaml'), message: output?.['commitMessage'] };
}

describe('yaml-update', () => {
  it('sets values, leaving everything else of the file alone, and tells what it did', async () => {
    const before =
      '# top\nimage:\n  repository: app # ours\n  tag: "v1" # set by Kargo\nreplicas: 2\nlist: [{a: 1}, {a: 2}]\n---\nimage: {tag: other}\n';
    const { text, message } = await update(
      before,
      ['image.tag', 'v2'],
      ['replicas', 3],
      ['list.1.a', '42'],
      ['image.repository', 'true'],
    );
    expect(text).toBe(
      '# top\nimage:\n  repository: "true" # ours\n  tag: "v2" # set by Kargo\nreplicas: 3\nlist: [{a: 1}, {a: "42"}]\n---\nimage: {tag: other}\n',
    );
    expect(message).toBe('Updated values.yaml\n\n- image.tag: v2\n- replicas: 3\n- list.1.a: "42"\n- image.repository: "true"');
  });

  it.each<[string, Json, string]>([
    ['a number', 42, 'a: 42\n'],
    ['a large number', 1_000_000, 'a: 1000000\n'],
    ['a numeric text', '42', 'a: "42"\n'],
    ['null as text', 'null', 'a: "null"\n'],
    ['JSON as text', '{"b": "c"}', 'a: "{\\"b\\": \\"c\\"}"\n'],
    ['null', null, 'a: null\n'],
    ['a map', { b: [1] }, 'a: {"b": [1]}\n'],
    ['an empty text', '', 'a: ""\n'],
  ])('writes %s', async (_, value, want) => {
    expect((await update('a: old\n', ['a', value])).text).toBe(want);
  });

  it('takes the last of equal keys, works on long lines and keeps the mode', async () => {
    expect((await update('a: 1\n', ['a', 'x'], ['a', 'z'])).text).toBe('a: z\n');
    const long = `a: "${'x'.repeat(700_000)}"\n`;
    expect((await update(`${long}b: 1\n`, ['b', 2])).text).toBe(`${long}b: 2\n`);
    await files.workspace.writeFile('values.yaml', 'a: 1\n', { mode: 0o644 });
    await files.run(yamlUpdate, { path: 'values.yaml', updates: [{ key: 'a', value: 2 }] });
    expect(await files.workspace.stat('values.yaml')).toMatchObject({ mode: 0o644 });
  });

  it.each<[string, string | Uint8Array, string, string]>([
    ['a missing key', 'a: 1\n', 'b.c', 'values.yaml: key path not found: "b.c"'],
    ['an empty file', '', 'a', 'values.yaml: key path not found: "a"'],
    ['a list', 'a: [1]\n', 'a', 'values.yaml: key path "a" does not address a scalar node'],
    ['a name in a list', 'rebels: [{name: x}]\n', 'rebels.first.name', '"first" is not the index of a list'],
    ['tabs', 'a:\n\tb: 1\n', 'a.b', 'values.yaml: not valid YAML'],
    ['an empty part', 'a: 1\n', 'a..b', 'values.yaml: empty key part in key "a..b"'],
    ['bytes that are no text', Buffer.from([0x61, 0x3a, 0x20, 0xff]), 'a', 'could not read values.yaml: it is not text in UTF-8'],
    ['null bytes', 'a: \0\n', 'a', 'could not read values.yaml: it is not text in UTF-8'],
    ['deep nesting', `${'['.repeat(5000)}`, 'a', 'values.yaml: '],
    ['a huge file', `a: ${'x'.repeat(5_000_000)}`, 'a', 'could not read values.yaml: it is larger than 4194304 bytes'],
  ])('refuses %s, leaving the file alone', async (_, content, key, want) => {
    await files.write({ 'values.yaml': content });
    const failure = await files.failure(yamlUpdate, { path: 'values.yaml', updates: [{ key, value: 'x' }] });
    expect(failure).toContain(`transient Errored: ${want.startsWith('"') ? 'values.yaml: ' : ''}`);
    expect(failure).toContain(want);
    expect(Buffer.from(await files.workspace.readFile('values.yaml')).equals(Buffer.from(content))).toBe(true);
  });

  it('refuses files that are not there, folders and .git', async () => {
    await files.write({ 'd/x': '', 'd/.git/x.yaml': 'a: 1\n' });
    const failure = (path: string) => files.failure(yamlUpdate, { path, updates: [{ key: 'a', value: 2 }] });
    expect(await failure('absent.yaml')).toBe('transient Errored: could not read absent.yaml: it does not exist');
    expect(await failure('d')).toContain('transient Errored: could not read d');
    expect(await failure('d/.git/x.yaml')).toContain('terminal Failed: "d/.git/x.yaml" is inside a .git directory');
  });
});
