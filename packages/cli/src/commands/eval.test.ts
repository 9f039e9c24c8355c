import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runFake } from '../testing/run.ts';

const shared = process.env['KARGO_SHARED'] ?? join(import.meta.dirname, '../../../../../shared');
const vectors = join(shared, 'vectors/expr.jsonl');

describe('kargo eval', () => {
  it.each<[string[], string]>([
    [['1 + 2'], 'int: 3\n'],
    [['1 / 2'], 'float: 0.5\n'],
    [["'a' + 'b'"], 'string: ab\n'],
    [['{a: [1, 2.0]}', '-o', 'json'], '{"type":"map","value":{"a":[1,{"$float":2}]}}\n'],
    [['duration("1h")', '-o', 'json'], '{"type":"duration","value":{"$duration":3600000000000}}\n'],
    [['x.y + n', '--env', 'env.json'], 'int: 9007199254740995\n'],
    [['stage/${{ ctx.stage }}', '--env', 'env.json', '-o', 'value'], 'stage/test\n'],
    [['${{ x.n }}', '--env', 'env.json'], 'int: 5\n'],
    [['vars.a + vars.b', '--var', 'a=x=y', '--var', 'b=', '--env', 'env.json'], 'string: x=y\n'],
    [['semverDiff("1.0.0", "2.0.0")'], 'string: Major\n'],
    [['$env.x.n', '--env', '-'], 'int: 7\n'],
  ])('%j', async (argv, want) => {
    const files = { 'env.json': '{"x": {"y": 9007199254740993, "n": 5}, "n": 2, "ctx": {"stage": "test"}}' };
    const { code, stdout, stderr } = await runFake(['eval', ...argv], { files, stdin: '{"x":{"n":7}}' });
    expect([code, stderr, stdout]).toEqual([0, '', want]);
  });

  it.each<[string, string[], string]>([
    ['a syntax error', ['1 +'], '(1:3)\n | 1 +\n | ..^'],
    ['a missing file', ['1', '--env', 'absent.json'], 'cannot read the variables in absent.json'],
    ['no JSON', ['1', '--env', 'bad.json'], 'bad.json is not JSON'],
    ['no object', ['1', '--env', 'list.json'], 'must hold a JSON object'],
    ['a malformed variable', ['1', '--var', 'x'], 'name=value'],
    ['no expression', [], 'an expression is required'],
    ['an unknown format', ['1', '-o', 'xml'], '--output must be'],
    ['a step of no Promotion', ['1', '--step', 'x'], '--step is only for --promotion'],
    ['lines and an expression', ['1', '--jsonl'], '--jsonl takes expressions'],
  ])('refuses %s', async (_, argv, message) => {
    const { code, stderr } = await runFake(['eval', ...argv], { files: { 'bad.json': '{', 'list.json': '[]' } });
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  it('evaluates lines, one result each, whatever is in them', async () => {
    const stdin = [
      '{"id":"a","expr":"n + 1","env":{"n":9223372036854775806}}',
      '{"expr":"1 +"}',
      '{"id":7,"expr":"s.x","env":{"s":"t"}}',
      'nonsense',
      '{"id":"b"}',
      '{"id":"c","expr":"x","env":{"x":2.0}}',
      '',
    ].join('\n');
    const { code, stdout } = await runFake(['eval', '--jsonl'], { stdin });
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { [key: string]: unknown });
    expect(code).toBe(0);
    expect(lines.map((line) => Object.fromEntries(Object.entries(line).filter(([key]) => key !== 'error')))).toEqual([
      { id: 'a', ok: true, type: 'int', value: { $int: '9223372036854775807' } },
      { ok: false, stage: 'parse' },
      { id: 7, ok: false, stage: 'run' },
      { ok: false, stage: 'input' },
      { id: 'b', ok: false, stage: 'input' },
      { id: 'c', ok: true, type: 'float', value: { $float: 2 } },
    ]);
  });

  it.skipIf(!existsSync(vectors))('agrees with the vectors of the language', { timeout: 60_000 }, async () => {
    const text = readFileSync(vectors, 'utf8');
    const { stdout } = await runFake(['eval', '--jsonl'], { stdin: text });
    const parse = (lines: string): { [key: string]: unknown }[] =>
      lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { [key: string]: unknown });
    const [want, got] = [parse(text), parse(stdout)];
    expect(got.map(({ id }) => id)).toEqual(want.map(({ id }) => id));
    const differing = want.filter((line, index) => {
      const { ok, type } = got[index] ?? {};
      return line['bytes'] !== true && (line['ok'] !== ok || (ok === true && line['type'] !== type));
    });
    console.warn(`eval --jsonl: ${want.length - differing.length} of ${want.length} vectors agree in success and type`);
    expect(differing.length).toBeLessThanOrEqual(5);
  });
  if (!existsSync(vectors)) console.warn(`skipped: ${vectors} is not there (set KARGO_SHARED)`);
});

describe('kargo eval --promotion', () => {
  const promotion = {
    metadata: { name: 'test.01.abc', namespace: 'demo' },
    spec: {
      stage: 'test',
      freight: 'f1',
      vars: [{ name: 'image', value: 'example.com/app' }],
      steps: [
        { uses: 'git-commit', as: 'commit' },
        { uses: 'git-push', as: 'push', vars: [{ name: 'own', value: '${{ ctx.stage }}!' }] },
      ],
    },
    status: {
      phase: 'Running',
      currentStep: 1,
      state: { commit: { commit: 'c0ffee', n: 1 } },
      stepExecutionMetadata: [{ alias: 'commit', status: 'Succeeded' }],
    },
  };
  const routes = {
    'GET /v1beta1/projects/demo/promotions/test.01.abc': { json: promotion },
    'GET /v1beta1/projects/demo/stages/test': {
      json: {
        metadata: { name: 'test' },
        spec: { requestedFreight: [{ origin: { kind: 'Warehouse', name: 'w' }, sources: { direct: true } }] },
      },
    },
    'GET /v1beta1/projects/demo/freight/f1': {
      json: {
        metadata: { name: 'f1' },
        alias: 'happy',
        origin: { kind: 'Warehouse', name: 'w' },
        images: [{ repoURL: 'example.com/app', tag: '1.2.3' }],
      },
    },
    'GET /v1beta1/projects/demo/warehouses/w': {
      json: { metadata: { name: 'w' }, spec: { subscriptions: [{ image: { repoURL: 'example.com/app' } }] } },
    },
  };

  it.each<[string[], string]>([
    [['outputs.commit.commit'], 'string: c0ffee\n'],
    [['outputs.commit.n'], 'float: 1\n'],
    [['imageFrom(vars.image).Tag'], 'string: 1.2.3\n'],
    [['v${{ imageFrom(vars.image).Tag }}'], 'string: v1.2.3\n'],
    [['vars.own'], 'string: test!\n'],
    [['status("commit")'], 'string: Succeeded\n'],
    [['vars.image', '--var', 'image=other'], 'string: other\n'],
  ])('%j', async (argv, want) => {
    const run = await runFake(['eval', ...argv, '--promotion', 'test.01.abc', '-p', 'demo'], { routes });
    expect([run.code, run.stderr, run.stdout]).toEqual([0, '', want]);
  });

  it.each<[string[], string]>([
    [['vars.own', '--step', 'nosuch'], 'it has commit, push'],
    [['secret("s").x'], 'known to the server alone'],
    [['vars.own', '--step', 'commit', '--env', 'x'], 'exclude each other'],
  ])('refuses %j', async (argv, message) => {
    const run = await runFake(['eval', ...argv, '--promotion', 'test.01.abc', '-p', 'demo'], { routes });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(message);
  });
});
