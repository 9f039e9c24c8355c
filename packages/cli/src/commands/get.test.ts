import { describe, expect, it } from 'vitest';
import { freight, promotion, stage } from '../testing/objects.ts';
import { runFake } from '../testing/run.ts';

const PROJECT = '/v1beta1/projects/demo';
const two = [freight('f1', 'frosty-fox', ['test', 'uat']), freight('f2', 'calm-cat', [])];
const listOf = (items: unknown[]): { json: unknown } => ({ json: { groups: { '': { items } } } });

describe('get stages', () => {
  it('shows one Stage by name [S37]', async () => {
    const got = await runFake(['get', 'stage', 'test', '--project', 'demo'], {
      routes: { [`GET ${PROJECT}/stages/test`]: { json: stage('test') } },
    });
    expect(got).toMatchObject({
      code: 0,
      stderr: '',
      stdout:
        'NAME   SHARD   CURRENT FREIGHT   HEALTH    READY   STATUS     AGE\n' +
        'test   east    f1f2f3            Healthy   True    all good   4m\n',
    });
    expect(got.requests[0]?.headers).toMatchObject({
      Accept: 'application/json',
      Authorization: 'Bearer secret-token',
      'X-Kargo-CLI-Version': '0.1.0',
      'X-Kargo-Client': 'ts',
    });
  });

  it.each([
    ['--no-headers', ['get', 'stages', '-p', 'demo', '--no-headers']],
    ['--no-headers before the type', ['get', '--no-headers', '-p', 'demo', 'stages']],
  ])('leaves headers out with %s', async (_, argv) => {
    const items = [stage('test', { conditions: [], health: undefined }), stage('uat', { freightSummary: 'two\nlines' })];
    const got = await runFake(argv, { routes: { [`GET ${PROJECT}/stages`]: { json: { items } } } });
    expect(got.stdout).toBe(
      'test   east   f1f2f3             Unknown              4m\nuat    east   two...   Healthy   True      all good   4m\n',
    );
  });

  it('prints nothing for no rows, an empty List for a format', async () => {
    const routes = { [`GET ${PROJECT}/stages`]: { json: { items: null } } };
    expect(await runFake(['get', 'stages', '-p', 'demo'], { routes })).toMatchObject({ code: 0, stdout: '' });
    const json = await runFake(['get', 'stages', '-p', 'demo', '-o', 'json'], { routes });
    expect(JSON.parse(json.stdout)).toEqual({ apiVersion: 'v1', kind: 'List', metadata: {}, items: [] });
  });

  it('shows those that are found even when others are not', async () => {
    const got = await runFake(['get', 'stages', 'gone', 'Test', '-p', 'demo', '-o', 'name'], {
      routes: {
        [`GET ${PROJECT}/stages/gone`]: { status: 404, json: { error: 'Stage.kargo.akuity.io "gone" not found' } },
        [`GET ${PROJECT}/stages/test`]: { json: stage('test') },
      },
    });
    expect(got).toMatchObject({
      code: 5,
      stdout: 'stage.kargo.akuity.io/test\n',
      stderr: 'Error: 404 Not Found: {"error":"Stage.kargo.akuity.io \\"gone\\" not found"}\n',
    });
  });

  it('prints one object bare, as YAML with sorted keys and without managed fields', async () => {
    const object = stage('test', { message: 'yes', empty: {} });
    object.metadata.managedFields = [{ manager: 'kargo' }];
    const routes = { [`GET ${PROJECT}/stages/test`]: { json: object } };
    const got = await runFake(['get', 'stage', 'test', '-p=demo', '-oyaml'], { routes });
    expect(got.stdout).toMatch(/^apiVersion: kargo.akuity.io\/v1alpha1\nkind: Stage\nmetadata:\n {2}creationTimestamp:/);
    expect(got.stdout).toContain('  conditions:\n  - lastTransitionTime:');
    expect(got.stdout).toContain('  message: "yes"\n');
    expect(got.stdout).not.toContain('managedFields');
    const shown = await runFake(['get', 'stage', 'test', '-p', 'demo', '-o=json', '--show-managed-fields'], { routes });
    expect(shown.stdout).toContain('managedFields');
    const kyaml = await runFake(['get', 'stage', 'test', '-p', 'demo', '-o', 'kyaml'], { routes });
    expect(kyaml.stdout).toMatch(/^---\n\{\n {2}apiVersion: "kargo.akuity.io\/v1alpha1",\n/);
    expect(kyaml.stdout).toContain('    message: "yes",\n');
  });
});

describe('get freight', () => {
  const argv = (...more: string[]): string[] => ['get', 'freight', '--project', 'demo', ...more];

  it('shows aliases and origins', async () => {
    const got = await runFake(argv(), { routes: { [`GET ${PROJECT}/freight`]: listOf(two) } });
    expect(got.stdout).toBe(
      'NAME   ALIAS        ORIGIN                AGE\n' +
        'f1     frosty-fox   Warehouse/guestbook   26h\n' +
        'f2     calm-cat     Warehouse/guestbook   26h\n',
    );
  });

  it.each([
    ['one', two.slice(0, 1)],
    ['many', two],
  ])('shows where Freight is verified, for %s [S45]', async (_, items) => {
    const got = await runFake(argv('--output', 'jsonpath-as-json={.status}'), {
      routes: { [`GET ${PROJECT}/freight`]: listOf(items) },
    });
    expect(got.code).toBe(0);
    expect(JSON.parse(got.stdout)).toEqual(items.map(({ status }) => status));
    expect(got.stdout).toContain('    {\n        "verifiedIn": {\n            "test": {');
  });

  it.each([
    ['{.items[*].metadata.name}', 'f1 f2'],
    ['{.metadata.name}', 'f1 f2'],
    ['{.metadata.name}{"\\n"}', 'f1\nf2\n'],
    ['{range .items[*]}{.metadata.name};{end}', 'f1;f2;'],
    ['{.kind}', 'List'],
    ['{.nothing}', ''],
  ])('evaluates jsonpath=%s on the List, or else on each', async (template, want) => {
    const got = await runFake(argv('-o', `jsonpath=${template}`), { routes: { [`GET ${PROJECT}/freight`]: listOf(two) } });
    expect(got).toMatchObject({ code: 0, stdout: want, stderr: '' });
  });

  it('reads a template from a file', async () => {
    const got = await runFake(argv('-o', 'jsonpath-file=t.txt'), {
      files: { 't.txt': '{.items[0].metadata.name}' },
      routes: { [`GET ${PROJECT}/freight`]: listOf(two) },
    });
    expect(got.stdout).toBe('f1');
  });

  it.each([
    [['-o', 'go-template={{range .items}}{{.metadata.name}};{{end}}']],
    [['-o', 'go-template', '--template', '{{range .items}}{{.metadata.name}};{{end}}']],
    [['--template', '{{range .items}}{{.metadata.name}};{{end}}']],
    [['-o', 'go-template-file=t.txt']],
  ])('executes a Go template given by %j', async (flags) => {
    const got = await runFake(argv(...flags), {
      files: { 't.txt': '{{range .items}}{{.metadata.name}};{{end}}' },
      routes: { [`GET ${PROJECT}/freight`]: listOf(two) },
    });
    expect(got).toMatchObject({ code: 0, stdout: 'f1;f2;', stderr: '' });
  });

  it('fails for missing keys only when told to', async () => {
    const got = await runFake(argv('-o', 'jsonpath={.nothing}', '--allow-missing-template-keys=false'), {
      routes: { [`GET ${PROJECT}/freight`]: listOf(two) },
    });
    expect(got).toMatchObject({ code: 1, stderr: 'Error: error executing jsonpath "{.nothing}": nothing is not found\n' });
  });

  it('asks for names, aliases and origins', async () => {
    const named = await runFake(argv('--name', 'f1', '--alias', 'calm-cat', '-o', 'name'), {
      routes: { [`GET ${PROJECT}/freight/f1`]: { json: two[0] }, [`GET ${PROJECT}/freight/calm-cat`]: { json: two[1] } },
    });
    expect(named.stdout).toBe('freight.kargo.akuity.io/f1\nfreight.kargo.akuity.io/f2\n');
    const origins = await runFake(argv('--warehouse', 'a,b', '--origin', 'c'), {
      routes: { [`GET ${PROJECT}/freight?origins=a&origins=b&origins=c`]: listOf([]) },
    });
    expect(origins).toMatchObject({ code: 0, stdout: '' });
    const both = await runFake(argv('--warehouse', 'a', '--name', 'f1'));
    expect(both).toMatchObject({ code: 1, requests: [] });
  });
});

describe('get promotions, warehouses and projects', () => {
  it('lists Promotions of a Stage', async () => {
    const got = await runFake(['get', 'promos', '-p', 'demo', '--stage', 'test'], {
      routes: { [`GET ${PROJECT}/promotions?stage=test`]: { json: { items: [promotion('test.01.f1', 'Succeeded')] } } },
    });
    expect(got.stdout).toBe(
      'NAME         SHARD   STAGE   FREIGHT   PHASE       AGE\ntest.01.f1           test    f1f2f3    Succeeded   5s\n',
    );
  });

  it('always sends the stage parameter, and prefixes failures', async () => {
    const got = await runFake(['get', 'promotions', '-p', 'demo'], {
      routes: { [`GET ${PROJECT}/promotions?stage=`]: { status: 404, json: { error: 'Project "demo" not found' } } },
    });
    expect(got).toMatchObject({
      code: 5,
      stderr: 'Error: list promotions: 404 Not Found: {"error":"Project \\"demo\\" not found"}\n',
    });
  });

  it('lists Warehouses, filling in the type that a server leaves out', async () => {
    const got = await runFake(['get', 'warehouse', '-p', 'demo', '-o', 'name'], {
      routes: { [`GET ${PROJECT}/warehouses`]: { json: { items: [{ metadata: { name: 'guestbook' } }] } } },
    });
    expect(got.stdout).toBe('warehouse.kargo.akuity.io/guestbook\n');
  });

  it('lists Projects without asking for one', async () => {
    const got = await runFake(['get', 'projects'], {
      routes: { 'GET /v1beta1/projects': { json: { items: [{ metadata: { name: 'demo' } }], total: 1 } } },
    });
    expect(got.stdout).toBe('NAME   READY     STATUS   AGE\ndemo   Unknown            <unknown>\n');
  });
});

describe('get -w', () => {
  const list = `${PROJECT}/stages`;
  const at = (object: ReturnType<typeof stage>, resourceVersion: string): ReturnType<typeof stage> => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion },
  });
  const first = at(stage('test'), '1');
  const changed = at(stage('test', { health: { status: 'Degraded' } }), '2');

  it('shows what there is, then each change once, over streams that break, until the server refuses', async () => {
    const got = await runFake(['get', 'stages', '-w', '-p', 'demo'], {
      routes: {
        [`GET ${list}`]: { json: { items: [first] } },
        [`GET ${list}?watch=true`]: [
          {
            events: [
              { type: 'ADDED', object: first },
              { type: 'MODIFIED', object: changed },
            ],
          },
          { events: [{ type: 'ADDED', object: changed }, 'event: error\ndata: {"code":"out_of_range"}\n\n'] },
          { status: 401, json: { error: 'expired' } },
        ],
      },
    });
    const [header, ...rows] = got.stdout.trimEnd().split('\n');
    expect(header).toMatch(/^NAME +SHARD/);
    expect(rows.map((row) => row.split(/ {2,}/)[3])).toEqual(['Healthy', 'Degraded']);
    expect(got.code).toBe(3);
  });

  it('prints objects where a format is asked for', async () => {
    const got = await runFake(['get', 'stage', 'test', '-w', '-p', 'demo', '-o', 'jsonpath={.status.health.status} '], {
      routes: {
        [`GET ${list}/test`]: { json: first },
        [`GET ${list}/test?watch=true`]: [{ events: [{ type: 'MODIFIED', object: changed }] }, { status: 404, json: {} }],
      },
    });
    expect(got.stdout).toBe('Healthy Degraded ');
  });

  it('refuses several names', async () => {
    const got = await runFake(['get', 'stages', 'a', 'b', '-w', '-p', 'demo']);
    expect(got.stderr).toContain('at most one object can be watched by name');
  });
});
