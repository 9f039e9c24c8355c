import type { PromotionPreview } from '@kargo/promotion';
import { describe, expect, it } from 'vitest';
import { loggedIn, runFake } from '../testing/run.ts';

const preview: PromotionPreview = {
  apiVersion: 'kargo.akuity.io/v1alpha1',
  kind: 'PromotionPreview',
  project: 'demo',
  stage: 'test',
  freight: { name: 'f1', alias: 'happy' },
  generatedAt: '2026-01-01T00:00:00Z',
  outcome: 'Waits',
  gates: [
    { code: 'Soaking', message: 'Freight is not available: soaking', blocking: true, until: '2026-01-01T01:00:00Z' },
    { code: 'AutoPromotionHeld', message: 'automation is held', blocking: false },
  ],
  steps: [
    {
      alias: 'commit',
      uses: 'git-commit',
      outcome: 'Succeeds',
      effects: [
        {
          kind: 'commit',
          repository: 'https://git/x',
          commit: {
            tree: 't1',
            id: 'c1',
            author: 'a',
            message: 'Deploy\u001b[31m',
            files: [
              { path: 'a.yaml', change: 'modified', diff: '@@ -1 +1 @@\n-a\n+b\n' },
              { path: 'b.png', change: 'added', binary: true },
            ],
          },
        },
        {
          kind: 'push',
          repository: 'https://git/x',
          ref: 'refs/heads/stage/test',
          from: 'c0',
          tree: 't1',
          forced: false,
          commits: [{ tree: 't1', id: 'c1', author: 'a', message: 'Deploy' }],
          commitCount: 1,
        },
      ],
    },
    {
      alias: 'post',
      uses: 'http',
      outcome: 'Unknown',
      unknown: ['the answer is not known'],
      effects: [{ kind: 'http', method: 'POST', url: 'https://x/y', headers: { A: '*****' }, body: '{}', size: 2 }],
    },
    { alias: 'argo', uses: 'argocd-update', outcome: 'Waits', message: 'then waits for it', effects: [] },
  ],
  manifests: [
    {
      repository: 'x',
      ref: 'y',
      path: 'a.yaml',
      apiVersion: 'v1',
      kind: 'Service',
      name: 's',
      change: 'modified',
      diff: '@@ -1 +1 @@\n-a\n+b\n',
    },
  ],
  basis: { version: 1, project: 'demo', stage: 'test', freight: 'f1', process: 'p', heads: [], trees: [], effects: 'e' },
};

const path = 'POST /v1beta1/projects/demo/stages/test/promotions';
const routes = { [`${path}/preview`]: { json: preview } };
const env = { ...loggedIn };

describe('kargo promote --dry-run', () => {
  it('prints what would happen, with diffs', async () => {
    const { code, stdout, requests } = await runFake(
      ['promote', '--dry-run', '--freight-alias', 'happy', '--stage', 'test', '-p', 'demo'],
      { routes, env },
    );
    expect(requests.map(({ body }) => body)).toEqual(['{"freight":"","freightAlias":"happy","origin":""}']);
    expect([code, stdout]).toEqual([
      0,
      `Promotion of Freight f1 (happy) to Stage test of project demo
Blocked: Freight is not available: soaking (until 2026-01-01T01:00:00Z)
Note: automation is held

✓ commit (git-commit)
    commit to https://git/x, tree t1
      > Deploy�[31m
      modified a.yaml
        @@ -1 +1 @@
        -a
        +b
      added b.png (not shown: binary or too large)
    push branch stage/test of https://git/x, now at c0
      1 new commit, tree t1

? post (http)
    not known before: the answer is not known
    POST https://x/y (2 bytes)
      A: *****
      | {}

… argo (argocd-update): then waits for it
Resources that would change:
  modified Service s
    @@ -1 +1 @@
    -a
    +b

Outcome: would succeed, as soon as what it waits for comes
`,
    ]);
  });

  it('prints the document as JSON, and fails when the promotion would', async () => {
    const failing = { ...preview, outcome: 'Fails', message: 'no' };
    const { code, stdout, stderr } = await runFake(
      ['promote', '--preview', '--freight', 'f1', '--stage', 'test', '-p', 'demo', '-o', 'json'],
      { routes: { [`${path}/preview`]: { json: failing } }, env },
    );
    expect([code, JSON.parse(stdout), stderr]).toEqual([1, failing, 'Error: the promotion would fail: no\n']);
  });

  it.each<[string, string[], string]>([
    ['several Stages', ['--freight', 'f1', '--downstream-from', 'test'], '--dry-run needs --stage'],
    ['waiting', ['--freight', 'f1', '--stage', 'test', '--wait'], 'exclude each other'],
    ['no Freight', ['--stage', 'test'], 'exactly one of --freight'],
  ])('refuses %s', async (_, argv, message) => {
    const { code, stderr } = await runFake(['promote', '--dry-run', '-p', 'demo', ...argv], { env });
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
  });
});

describe('kargo promote --plan', () => {
  const plan = JSON.stringify(preview);

  it('needs no project but that of the plan, and refuses another one', async () => {
    const run = (...more: string[]) =>
      runFake(['promote', '--plan', 'p.json', ...more], {
        routes: { [`${path}/planned`]: { status: 201, json: { metadata: { name: 'test.01.f1' } } } },
        files: { 'p.json': plan },
      });
    expect((await run()).code).toBe(0);
    const other = await run('-p', 'other');
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('the plan is for Stage test of project demo')]);
  });

  it('has the plan carried out, and sends nothing but what it stands on', async () => {
    const { code, stdout, requests } = await runFake(['promote', '--plan', 'p.json', '-p', 'demo'], {
      routes: { [`${path}/planned`]: { status: 201, json: { metadata: { name: 'test.01.f1' } } } },
      files: { 'p.json': plan },
      env,
    });
    expect([code, stdout]).toEqual([0, 'promotion.kargo.akuity.io/test.01.f1 promotion created\n']);
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      plan: { apiVersion: preview.apiVersion, kind: preview.kind, project: 'demo', stage: 'test', basis: preview.basis },
    });
  });

  it('tells why the server refuses', async () => {
    const { code, stderr } = await runFake(['promote', '--plan', 'p.json', '-p', 'demo'], {
      routes: { [`${path}/planned`]: { status: 409, json: { error: 'refs/heads/main has moved' } } },
      files: { 'p.json': plan },
      env,
    });
    expect([code, stderr]).toEqual([6, expect.stringContaining('refs/heads/main has moved')]);
  });

  it.each<[string, string[], string]>([
    ['a missing file', ['--plan', 'absent'], 'cannot read the plan'],
    ['what is no plan', ['--plan', 'other.json'], 'is no plan'],
    ['what is no JSON', ['--plan', 'bad.json'], 'is no plan'],
    ['another Stage', ['--plan', 'p.json', '--stage', 'prod'], 'the plan is for Stage test'],
    ['other Freight', ['--plan', 'p.json', '--freight', 'f2'], 'a plan says what is promoted'],
  ])('refuses %s', async (_, argv, message) => {
    const files = { 'p.json': plan, 'other.json': '{"kind":"Stage"}', 'bad.json': '{' };
    const { code, stderr, requests } = await runFake(['promote', '-p', 'demo', ...argv], { files, env });
    expect([code, stderr, requests]).toEqual([1, expect.stringContaining(message), []]);
  });
});

describe('kargo diff promotion', () => {
  const diff = (json: PromotionPreview, ...flags: string[]): ReturnType<typeof runFake> =>
    runFake(['diff', 'promotion', '--stage', 'test', '-p', 'demo', ...flags], {
      routes: { [`${path}/preview`]: { json } },
      env,
    });
  const idle = { ...preview, steps: [], manifests: [] };

  it.each([
    ['there is something to change', preview, ['--freight-alias', 'happy'], 1, ''],
    ['there is nothing to change', idle, ['--freight-alias', 'happy'], 0, ''],
    [
      'the promotion would fail',
      { ...idle, outcome: 'Fails', message: 'no' },
      ['--freight', 'f1'],
      2,
      'the promotion would fail: no',
    ],
    ['no Freight is chosen', idle, [], 2, 'exactly one of --freight'],
  ] as const)('tells by its exit code that %s', async (_, json, flags, code, error) => {
    const got = await diff(json as PromotionPreview, ...flags);
    expect([got.code, got.stderr]).toEqual([code, error === '' ? '' : expect.stringContaining(error)]);
    if (flags.length > 0) expect(got.stdout).toContain('Promotion of Freight f1 (happy) to Stage test');
  });
});
