import { describe, expect, it } from 'vitest';
import { runFake } from '../../testing/run.ts';

const SCOPES = [
  ['a project', ['-p', 'demo'], '/v1beta1/projects/demo'],
  ['all projects', ['--shared'], '/v1beta1/shared'],
  ['the system', ['--system'], '/v1beta1/system'],
] as const;

const named = (extra: object = {}): object => ({
  metadata: {
    name: 'x',
    creationTimestamp: '2026-01-02T03:00:05Z',
    annotations: { 'kargo.akuity.io/description': 'mine' },
  },
  ...extra,
});

describe('config maps and generic credentials', () => {
  describe.each([
    ['configmap', 'configmaps', 'configmap'],
    ['generic-credentials', 'generic-credentials', 'secret'],
    ['genericcred', 'generic-credentials', 'secret'],
  ])('%s', (type, collection, printed) => {
    it.each(SCOPES)('of %s are created, changed, listed and deleted', async (_, scope, base) => {
      const path = `${base}/${collection}`;
      const routes = {
        [`POST ${path}`]: { status: 201, json: named() },
        [`PATCH ${path}/x`]: { json: named() },
        [`GET ${path}/x`]: { json: named() },
        [`GET ${path}`]: { json: { items: [named({ data: { a: '1', b: '2' } })] } },
        [`DELETE ${path}/x`]: { status: 204 },
      };
      const created = await runFake(
        ['create', type, 'X', ...scope, '--set', 'a=1,2=3', '--set-file', 'b=value.txt', '--description', 'mine'],
        { routes, files: { 'value.txt': 'from a file\n' } },
      );
      expect(created).toMatchObject({ code: 0, stdout: `${printed}/x created\n` });
      expect(JSON.parse(created.requests[0]?.body ?? '')).toEqual({
        name: 'x',
        description: 'mine',
        data: { a: '1,2=3', b: 'from a file\n' },
      });
      const updated = await runFake(['update', type, 'x', ...scope, '--unset', 'a', '--description', ''], { routes });
      expect(updated).toMatchObject({ code: 0, stdout: `${printed}/x updated\n` });
      expect(JSON.parse(updated.requests[0]?.body ?? '')).toEqual({ data: {}, removeKeys: ['a'], description: '' });
      expect((await runFake(['get', type, ...scope], { routes })).stdout).toMatch(/^NAME +DESCRIPTION .*AGE\nx +mine .*4m\n$/);
      expect((await runFake(['delete', type, 'x', ...scope], { routes })).stdout).toBe(`${printed}/x deleted\n`);
    });
  });

  it.each([
    ['two scopes', ['--shared', '--system', '--set', 'a=1'], /exclude each other/],
    ['a project and a scope', ['--shared', '-p', 'demo', '--set', 'a=1'], /exclude each other/],
    ['no scope', ['--set', 'a=1'], /one of project, shared, or system is required/],
    ['no values', ['-p', 'demo'], /at least one --set or --set-file is required/],
    ['a value without a key', ['-p', 'demo', '--set', 'top-secret'], /^Error: --set must be key=value\n$/],
  ])('refuses %s', async (_, flags, stderr) => {
    const got = await runFake(['create', 'generic-credentials', 'x', ...flags]);
    expect(got).toMatchObject({ code: 1, requests: [] });
    expect(got.stderr).toMatch(stderr);
  });
});

describe('repo credentials', () => {
  const path = '/v1beta1/projects/demo/repo-credentials';
  const routes = {
    [`POST ${path}`]: { status: 201, json: named() },
    [`PATCH ${path}/x`]: { json: named() },
    [`GET ${path}/x`]: { json: named() },
    [`GET ${path}`]: {
      json: {
        items: [
          {
            metadata: { name: 'x', labels: { 'kargo.akuity.io/cred-type': 'git' }, creationTimestamp: '2026-01-02T03:00:05Z' },
            stringData: { repoURL: 'https://git.example.com/a', username: 'u', password: '*** REDACTED ***' },
          },
        ],
      },
    },
  };
  const create = [
    'create',
    'repo-credentials',
    'x',
    '-p',
    'demo',
    '--git',
    '--repo-url',
    '^https://git',
    '--regex',
    '--username',
    'u',
  ];

  it.each([
    ['the prompt', [], { secret: 'pw' }],
    ['standard input', ['--password-stdin'], { stdin: 'pw\n' }],
    ['a flag', ['--password', 'pw'], {}],
  ])('take the password from %s', async (_, flags, input) => {
    const got = await runFake([...create, ...flags], { routes, ...input });
    expect(got).toMatchObject({ code: 0, stdout: 'secret/x created\n' });
    expect(JSON.parse(got.requests[0]?.body ?? '')).toEqual({
      name: 'x',
      type: 'git',
      repoUrl: '^https://git',
      repoUrlIsRegex: true,
      username: 'u',
      password: 'pw',
    });
  });

  it('are changed in part, and listed without secrets', async () => {
    const updated = await runFake(['update', 'repo-creds', 'x', '-p', 'demo', '--username', 'v'], { routes });
    expect(JSON.parse(updated.requests[0]?.body ?? '')).toEqual({ username: 'v' });
    const listed = await runFake(['get', 'repo-creds', '-p', 'demo'], { routes });
    expect(listed.stdout).toBe(
      'NAME   TYPE   REGEX   REPO                        AGE\nx      git    false   https://git.example.com/a   4m\n',
    );
  });

  it.each([
    ['no type', ['create', 'repo-credentials', 'x', '-p', 'demo'], /exactly one of --git, --helm, --image and --type/],
    ['two types', [...create, '--helm'], /only one of/],
    ['an unknown type', ['create', 'repo-credentials', 'x', '-p', 'demo', '--type', 'svn'], /must be git, helm or image/],
    ['the system', ['create', 'repo-credentials', 'x', '--system'], /unknown option '--system'/],
    ['no scope', ['get', 'repo-credentials'], /either project or shared is required/],
    ['a change of nothing', ['update', 'repo-credentials', 'x', '-p', 'demo'], /at least one thing to change/],
    ['a pattern without an address', ['update', 'repo-credentials', 'x', '-p', 'demo', '--regex'], /needs it/],
  ])('refuse %s', async (_, argv, stderr) => {
    const got = await runFake(argv);
    expect(got.code).toBe(1);
    expect(got.stderr).toMatch(stderr);
  });
});
