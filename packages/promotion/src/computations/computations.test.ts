/** Large texts are worked on in threads: with the same results, the same errors, and while the rest goes on. */
import { readFile } from 'node:fs/promises';
import type { Json } from '@kargo/api';
import { threadComputations } from '@kargo/integrations';
import { expect, it } from 'vitest';
import { somePorts, stepContext } from '../testing/run-fixture.ts';
import { useFiles } from '../testing/files-fixture.ts';
import type { Step } from '../step.ts';
import { jsonParse } from '../steps/json-parse/json-parse.ts';
import { jsonUpdate } from '../steps/json-update/json-update.ts';
import { tomlUpdate } from '../steps/toml-update/toml-update.ts';
import { yamlMerge } from '../steps/yaml-merge/yaml-merge.ts';
import { yamlParse } from '../steps/yaml-parse/yaml-parse.ts';
import { yamlUpdate } from '../steps/yaml-update/yaml-update.ts';
import { stepComputations } from './compute.ts';

const files = useFiles();
const LINES = 12_000;
const YAML = `# kept\nimage: {tag: v1}\nlist:\n${'  - name: of one of many # comment\n'.repeat(LINES / 3)}`;
const JSON_TEXT = JSON.stringify({ image: { tag: 'v1' }, list: Array.from({ length: LINES }, (_, index) => ({ index })) });
const TOML = `${Array.from({ length: LINES / 2 }, (_, index) => `key${index} = "some value"`).join('\n')}\n[image]\ntag = "v1"\n`;
const TEXTS = { 'x.yaml': YAML, 'x.json': JSON_TEXT, 'x.toml': TOML, 'broken.yaml': `${YAML}a: b: c\n` };

async function run(step: Step<never>, config: Json, computations = stepComputations()): Promise<unknown> {
  return step.run(stepContext(files.workspace, config as never), somePorts({ computations }));
}

/** Some millions of steps. */
const NESTED = 'let row = 1..1000; sum(list, {sum(row, {# % 3})})';
const update = (path: string, value: string): Json => ({ path, updates: [{ key: 'image.tag', value }] });
const read = (path: string, fromExpression = 'image.tag'): Json => ({ path, outputs: [{ name: 'v', fromExpression }] });

it.each<[string, Step<never>, Json, string]>([
  ['yaml-update', yamlUpdate as Step<never>, update('x.yaml', 'v2'), 'x.yaml'],
  ['json-update', jsonUpdate as Step<never>, update('x.json', 'v2'), 'x.json'],
  ['toml-update', tomlUpdate as Step<never>, update('x.toml', 'v2'), 'x.toml'],
  ['yaml-merge', yamlMerge as Step<never>, { inFiles: ['x.yaml', 'y.yaml'], outFile: 'x.yaml' }, 'x.yaml'],
  ['yaml-parse', yamlParse as Step<never>, read('x.yaml'), 'x.yaml'],
  ['json-parse', jsonParse as Step<never>, read('x.json'), 'x.json'],
  ['failing', yamlParse as Step<never>, read('broken.yaml'), 'x.yaml'],
])('%s does the same in a thread as in place', async (_, step, config, path) => {
  const outcomes: unknown[] = [];
  for (const computations of [undefined, stepComputations()]) {
    await files.write({ ...TEXTS, 'y.yaml': 'image: {tag: v3}\n' });
    const result = await step
      .run(stepContext(files.workspace, config as never), somePorts({ computations }))
      .catch((error: unknown) => `failed: ${(error as Error).message}`);
    outcomes.push([result, await readFile(await files.workspace.resolve(path), 'utf8')]);
  }
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(outcomes[0]).not.toEqual([expect.anything(), TEXTS]);
});

it('the rest goes on meanwhile', async () => {
  await files.write(TEXTS);
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 1);
  // About a second of work.
  await run(jsonParse as Step<never>, read('x.json', NESTED));
  clearInterval(turning);
  expect(turns).toBeGreaterThan(10);
});

it('what needs more than everybody may wait for is finished in a thread, if it fits there', async () => {
  await files.write({ 'small.json': '{"a": 1}' });
  const outputs = { output: { v: 2_500_000 } };
  expect(
    await run(jsonParse as Step<never>, read('small.json', 'let row = 1..1000; sum(1..2500, {sum(row, {1})})')),
  ).toMatchObject(outputs);
});

it.each([
  ['takes too long', { deadline: 50 }, 'longer than 0.05 s'],
  ['takes too much memory', { memory: 4 }, 'too much memory: more than 4 MiB'],
])('a task that %s is ended', async (_, limits, message) => {
  const script = new URL('computation-worker.ts', import.meta.url);
  await files.write({ 'x.json': JSON_TEXT });
  const running = run(jsonParse as Step<never>, read('x.json', NESTED), threadComputations({ script, ...limits }));
  await expect(running).rejects.toThrow(message);
});

it('a thread that cannot be begun says why', async () => {
  const script = new URL('no-such-worker.ts', import.meta.url);
  await expect(threadComputations({ script }).run('json-update', {})).rejects.toThrow('no-such-worker.ts');
});
