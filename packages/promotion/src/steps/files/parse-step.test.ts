import type { Json } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { useFiles } from '../../testing/files-fixture.ts';
import { jsonParse } from '../json-parse/json-parse.ts';
import { tomlParse } from '../toml-parse/toml-parse.ts';
import { yamlParse } from '../yaml-parse/yaml-parse.ts';

const files = useFiles();
const steps = { yaml: yamlParse, json: jsonParse, toml: tomlParse };

const MAP = {
  yaml: 'image: {tag: "1.10", n: 3}\nl: [1, x, {a: b}]\non: true\nf: 1.5\nnone: ~\n',
  json: '{"image": {"tag": "1.10", "n": 3}, "l": [1, "x", {"a": "b"}], "on": true, "f": 1.5, "none": null}',
  toml: 'l = [1, "x", {a = "b"}]\non = true\nf = 1.5\n[image]\ntag = "1.10"\nn = 3\n',
};

async function read(format: keyof typeof steps, text: string, expression: string): Promise<Json | undefined> {
  await files.write({ 'in.x': text });
  const { output } = await files.run(steps[format], { path: 'in.x', outputs: [{ name: 'v', fromExpression: expression }] });
  return output?.['v'];
}

describe.each(['yaml', 'json', 'toml'] as const)('%s-parse', (format) => {
  it.each<[string, Json]>([
    ['image.tag', '1.10'],
    ['image', { tag: '1.10', n: 3 }],
    ['image.n + 1', 4],
    ['l', [1, 'x', { a: 'b' }]],
    ['l[2].a', 'b'],
    ['len(l)', 3],
    ['split("a,b", ",")', ['a', 'b']],
    ['on', true],
    ['f', 1.5],
    ['absent', null],
    ['image?.absent?.too', null],
    ['len($env)', format === 'toml' ? 4 : 5],
    ['$env.image.tag', '1.10'],
  ])('%s', async (expression, want) => {
    expect(await read(format, MAP[format], expression)).toEqual(want);
  });

  it('gives one output for each name', async () => {
    await files.write({ f: MAP[format] });
    const outputs = [
      { name: 'tag', fromExpression: 'image.tag' },
      { name: 'first', fromExpression: 'l[0]' },
    ];
    expect(await files.run(steps[format], { path: 'f', outputs })).toEqual({
      status: 'Succeeded',
      output: { tag: '1.10', first: 1 },
    });
  });

  it.each<[string, string | Uint8Array, string, string]>([
    ['no expression', MAP[format], '(', 'terminal Errored: fromExpression of output "v" is not an expression'],
    ['what cannot be evaluated', MAP[format], 'absent.x.y', 'transient Errored: could not read output "v" from f: '],
    ['an empty file', '', 'a', 'transient Errored: f: '],
    ['a broken file', '{[', 'a', 'transient Errored: f: not valid'],
    ['a binary file', Buffer.from([0x80, 0]), 'a', 'transient Errored: could not read f: it is not text'],
  ])('refuses %s', async (_, content, fromExpression, want) => {
    await files.write({ f: content });
    expect(await files.failure(steps[format], { path: 'f', outputs: [{ name: 'v', fromExpression }] })).toContain(want);
  });

  it('refuses what is not there, and folders', async () => {
    const outputs = [{ name: 'v', fromExpression: 'a' }];
    expect(await files.failure(steps[format], { path: 'absent', outputs })).toContain('could not read absent: it does not exist');
    expect(await files.failure(steps[format], { path: '.', outputs })).toContain('transient Errored: could not read .');
  });
});

describe('reading documents of other forms', () => {
  it.each<[keyof typeof steps, string, string, Json]>([
    ['yaml', '- a: 1\n- 2\n', '$env[0].a', 1],
    ['json', '[{"a": 1}, 2]', '$env[1]', 2],
    ['json', '[]', 'len($env)', 0],
    ['yaml', 'text\n', '$env', 'text'],
    ['json', '42', '$env + 1', 43],
    ['yaml', 'a: 5\n', 'a % 2', 1],
    ['toml', 'a = 1979-05-27\n', 'a', '1979-05-27'],
    ['yaml', 'a: 1\n---\na: 2\n', 'a', 1],
    ['yaml', 'x: &x {b: 1}\ny: *x\n', 'y.b', 1],
    ['yaml', 'x: &x {b: 1, c: 2}\ny: {<<: *x, c: 3}\n', 'y.b + y.c', 4],
    ['yaml', 'x: !own 1\n? [a]\n: 2\n', 'x', '1'],
    ['yaml', 'big: 12345678901234567890\n', 'big > 1', true],
    ['json', '{"__proto__": {"a": 1}}', 'a', null],
  ])('%s %j: %s', async (format, text, expression, want) => {
    expect(await read(format, text, expression)).toEqual(want);
  });

  it('bounds what aliases stand for', async () => {
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${Array.from('bcdefghij')
      .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(', ')}]`)
      .join('\n')}\n`;
    await files.write({ f: bomb });
    expect(await files.failure(yamlParse, { path: 'f', outputs: [{ name: 'v', fromExpression: 'j' }] })).toContain(
      'transient Errored: f: ',
    );
    await files.write({ f: `a: ${'['.repeat(5000)}` });
    expect(await files.failure(yamlParse, { path: 'f', outputs: [{ name: 'v', fromExpression: 'a' }] })).toContain(
      'transient Errored: f: ',
    );
  });
});
