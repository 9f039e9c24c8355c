import { describe, expect, it } from 'vitest';
import { useFiles } from '../../testing/files-fixture.ts';
import { yamlMerge } from './yaml-merge.ts';

const files = useFiles();

async function merge(...texts: string[]): Promise<string> {
  const inFiles = texts.map((_, index) => `${index}.yaml`);
  await files.write(Object.fromEntries(texts.map((text, index) => [`${index}.yaml`, text])));
  await files.run(yamlMerge, { inFiles, outFile: 'out.yaml' });
  const once = await files.text('out.yaml');
  await files.run(yamlMerge, { inFiles, outFile: 'out.yaml' });
  expect(await files.text('out.yaml')).toBe(once);
  return once;
}

describe('yaml-merge', () => {
  it.each<[string, string[], string]>([
    ['merges maps', ['a: 1\nb: {c: 2}\n', 'b: {d: 3}\ne: 4\n', 'a: 5\n'], 'a: 5\nb: {c: 2, d: 3}\ne: 4\n'],
    ['replaces lists', ['l:\n  - 1\n  - 2\n', 'l:\n  - 3\n'], 'l:\n  - 3\n'],
    ['removes by null', ['a: 1\nb: {c: 2, d: 3}\n', 'a: ~\nb: {c: null}\nx: {y: null, z: 1}\n'], 'b: {d: 3}\nx: {z: 1}\n'],
    [
      'keeps comments, order and ways of writing',
      ['# top\nz: 0644 # mode\ny: "q"\n\n# list\nl:\n- 1.10\n- yes\n', "n: 1_000 # new\ny: 's' # over\n"],
      "# top\nz: 0644 # mode\ny: 's' # over\n\n# list\nl:\n- 1.10\n- yes\nn: 1_000 # new\n",
    ],
    ['leaves out empty files', ['', '# nothing\n', 'a: 1\n'], 'a: 1\n'],
    ['copies a single file as it is', ['a:   1   # x\nb: [ 1 ]\n'], 'a:   1   # x\nb: [ 1 ]\n'],
    ['takes first documents', ['a: 1\n---\nb: 2\n', 'c: 3\n---\nd: 4\n'], 'a: 1\nc: 3\n'],
    ['replaces by other kinds of value', ['a: {b: 1}\nc: [1]\nd: 1\n', 'a: 1\nc: {x: 1}\nd: [2]\n'], 'a: 1\nc: {x: 1}\nd: [2]\n'],
    ['writes aliases out', ['x: &x {a: 1}\ny: *x\n', 'y: {b: 2}\n'], 'x: {a: 1}\ny: {a: 1, b: 2}\n'],
    ['replaces a root that is no map', ['- 1\n', 'a: 1\n'], 'a: 1\n'],
    ['has nothing to say about nothing', ['', ''], ''],
  ])('%s', async (_, texts, want) => {
    expect(await merge(...texts)).toBe(want);
  });

  const deployment = (containers: string): string =>
    `apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n${containers}`;

  it('merges lists of named things in manifests of known kinds', async () => {
    const base = deployment(
      '        - name: app\n          image: app:1\n          env:\n            - name: A\n              value: "1"\n          args: [x]\n        - name: side\n          image: side:1\n',
    );
    const over = deployment(
      '        - name: app\n          image: app:2\n          env:\n            - name: B\n              value: "2"\n          args: [y]\n        - name: new\n          image: new:1\n',
    );
    expect(await merge(base, over)).toBe(
      deployment(
        '        - name: app\n          image: app:2\n          env:\n            - name: A\n              value: "1"\n            - name: B\n              value: "2"\n          args: [y]\n        - name: side\n          image: side:1\n        - name: new\n          image: new:1\n',
      ),
    );
    const unknown = (name: string): string =>
      `apiVersion: example.com/v1\nkind: Deployment\nspec:\n  containers:\n    - name: ${name}\n`;
    expect(await merge(unknown('a'), unknown('b'))).toBe(unknown('b'));
  });

  it('tells what it did', async () => {
    await files.write({ a: 'x: 1\n', b: 'y: 2\n' });
    const run = (inFiles: string[], ignoreMissingFiles = false) =>
      files.run(yamlMerge, { inFiles, outFile: 'd/out.yaml', ignoreMissingFiles });
    expect((await run(['a'])).output).toEqual({ commitMessage: 'Wrote a to d/out.yaml' });
    expect((await run(['a', 'b'])).output).toEqual({ commitMessage: 'Merged 2 YAML files to d/out.yaml\n- a\n- b' });
    expect((await run(['no', 'a', 'nor'], true)).output).toEqual({ commitMessage: 'Wrote a to d/out.yaml' });
    expect(await run(['no', 'nor'], true)).toEqual({ status: 'Succeeded' });
    expect(await files.text('d/out.yaml')).toBe('');
    expect((await files.run(yamlMerge, { inFiles: ['a', 'b'], outFile: 'a' })).status).toBe('Succeeded');
    expect(await files.text('a')).toBe('x: 1\ny: 2\n');
  });

  it.each<[string, string[], string, string]>([
    ['a missing file', ['a', 'no'], 'out', 'transient Errored: input file "no" not found'],
    ['a broken file', ['a', 'broken'], 'out', 'transient Errored: out: broken: not valid YAML'],
    ['a folder', ['d'], 'out', 'transient Errored: could not read d'],
    ['a folder to write to', ['a'], 'd', 'transient Errored: could not write d: it is a directory'],
    ['a .git directory to write to', ['a'], 'd/.git/x', 'terminal Failed: "d/.git/x" is inside a .git directory'],
    ['a bomb', ['bomb', 'a'], 'out', 'transient Errored: out: bomb: its aliases stand for too much'],
  ])('refuses %s', async (_, inFiles, outFile, want) => {
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${Array.from('bcdefghij')
      .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(', ')}]`)
      .join('\n')}\n`;
    await files.write({ a: 'x: 1\n', broken: 'a: [', 'd/x': '', bomb });
    expect(await files.failure(yamlMerge, { inFiles, outFile })).toContain(want);
    expect(await files.workspace.exists('out')).toBe(false);
  });
});
