import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { runFake } from '../testing/run.ts';
import { stage } from '../testing/objects.ts';

const project = { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Project', metadata: { name: 'demo' } };
const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } };
const PROJECT_YAML = 'apiVersion: kargo.akuity.io/v1alpha1\nkind: Project\nmetadata:\n  name: demo\n';

const documents = (body: string | undefined): unknown[] =>
  (parseAllDocuments(body ?? '') as { toJS(): unknown }[]).map((document) => document.toJS());

describe('create, apply and delete of files', () => {
  it.each([
    ['create', 'POST /v1beta1/resources', 'createdResourceManifest', 201, 'created'],
    ['apply', 'PUT /v1beta1/resources?upsert=true', 'createdResourceManifest', 200, 'created'],
    ['apply', 'PUT /v1beta1/resources?upsert=true', 'updatedResourceManifest', 200, 'configured'],
    ['delete', 'DELETE /v1beta1/resources', 'deletedResourceManifest', 200, 'deleted'],
  ])('%s -f sends %s and reports %s [S37]', async (verb, route, field, status, word) => {
    const got = await runFake([verb, '-f', 'stage.yaml'], {
      files: { 'stage.yaml': PROJECT_YAML },
      routes: { [route]: { status, json: { results: [{ [field]: project }, { [field]: config }] } } },
    });
    expect(got).toMatchObject({ code: 0, stderr: '', stdout: `project.kargo.akuity.io/demo ${word}\nconfigmap/c ${word}\n` });
    expect(got.requests[0]?.headers).toMatchObject({ 'Content-Type': 'text/plain', Authorization: 'Bearer secret-token' });
    expect(documents(got.requests[0]?.body)).toEqual([project]);
  });

  it('reads files, directories, URLs and standard input, and flattens Lists', async () => {
    const named = (name: string): unknown => ({ kind: 'ConfigMap', metadata: { name } });
    const got = await runFake(['apply', '-f', 'one.yaml,dir', '--filename', 'https://files.example.com/x.yaml', '-f', '-'], {
      files: {
        'one.yaml': 'kind: ConfigMap\nmetadata: {name: a}\n---\n# nothing\n---\nkind: ConfigMap\nmetadata: {name: b}\n',
        'dir/b.yml': 'kind: ConfigMap\nmetadata: {name: d}\n',
        'dir/a.json': '{"kind":"List","items":[{"kind":"ConfigMap","metadata":{"name":"c"}}]}',
        'dir/readme.md': 'not a manifest',
        'dir/sub/z.yaml': 'kind: ConfigMap\nmetadata: {name: z}\n',
      },
      stdin: 'kind: ConfigMap\nmetadata: {name: f}\n',
      routes: {
        'GET https://files.example.com/x.yaml': { text: 'kind: ConfigMap\nmetadata: {name: e}\n' },
        'PUT /v1beta1/resources?upsert=true': { json: { results: [] } },
      },
    });
    expect(got).toMatchObject({ code: 0, stderr: '' });
    expect(documents(got.requests.at(-1)?.body)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].map(named));
    expect(got.requests[0]?.headers).not.toHaveProperty('Authorization');
  });

  it('sends texts as the texts they are, whichever YAML the receiver speaks', async () => {
    const texts = [
      'yes',
      'off',
      'null',
      '~',
      '1e3',
      '0x1F',
      '010',
      '1:30',
      '2024-01-01',
      '1_000',
      '.5',
      '',
      ' a ',
      'a: b',
      '# c',
      '- d',
      '${{ e }}',
      'f\n\n  g\n',
      '\t',
      '"',
      "'",
      '%h',
      '@i',
      '`j',
      '\u00e9\ud83d\ude00',
      'x'.repeat(200),
    ];
    const manifest = {
      kind: 'ConfigMap',
      metadata: { name: 'c' },
      data: Object.fromEntries(texts.map((text, i) => [`k${i}`, text])),
    };
    const got = await runFake(['apply', '-f', 'x.json'], {
      files: { 'x.json': JSON.stringify(manifest) },
      routes: { 'PUT /v1beta1/resources?upsert=true': { json: { results: [] } } },
    });
    expect(got.code).toBe(0);
    for (const version of ['1.1', '1.2'] as const) {
      const [sent] = parseAllDocuments(got.requests[0]?.body ?? '', { version }) as { toJS(): unknown }[];
      expect(sent?.toJS()).toEqual(manifest);
    }
  });

  it('descends into folders with -R', async () => {
    const got = await runFake(['apply', '-R', '-f', '.'], {
      files: { 'a/b/z.yaml': PROJECT_YAML },
      routes: { 'PUT /v1beta1/resources?upsert=true': { json: { results: [] } } },
    });
    expect(documents(got.requests[0]?.body)).toEqual([project]);
  });

  it('prints what succeeded, then fails with all errors', async () => {
    const got = await runFake(['create', '-f', 'x.yaml'], {
      files: { 'x.yaml': PROJECT_YAML },
      routes: {
        'POST /v1beta1/resources': {
          status: 201,
          json: {
            results: [{ error: 'create resource: a already exists' }, { createdResourceManifest: config }, { error: 'second' }],
          },
        },
      },
    });
    expect(got).toMatchObject({
      code: 1,
      stdout: 'configmap/c created\n',
      stderr: 'Error: create resource: a already exists\nsecond\n',
    });
  });

  it('shows the failure of a single object', async () => {
    const got = await runFake(['create', '-f', 'x.yaml'], {
      files: { 'x.yaml': PROJECT_YAML },
      routes: { 'POST /v1beta1/resources': { status: 422, json: { error: 'spec.requestedFreight: Required value' } } },
    });
    expect(got).toMatchObject({
      code: 1,
      stderr: 'Error: 422 Unprocessable Entity: {"error":"spec.requestedFreight: Required value"}\n',
    });
  });

  it('prints objects with -o', async () => {
    const got = await runFake(['create', '-f', 'x.yaml', '-o', 'jsonpath={.metadata.name}'], {
      files: { 'x.yaml': PROJECT_YAML },
      routes: { 'POST /v1beta1/resources': { status: 201, json: { results: [{ createdResourceManifest: stage('test') }] } } },
    });
    expect(got).toMatchObject({ code: 0, stdout: 'test' });
  });

  it.each([
    [['create'], /required flag\(s\) "filename" not set/],
    [['create', '-f', 'gone.yaml'], /the path "gone.yaml" does not exist/],
    [['create', '-f', 'bad.yaml'], /cannot parse bad.yaml: .* at line 3, column 1\n$/],
    [['create', '-f', 'text.yaml'], /cannot parse text.yaml: a document is not an object/],
    [['create', '-f', 'empty.yaml'], /no objects found in empty.yaml/],
  ])('%j fails before anything is sent', async (argv, message) => {
    const got = await runFake(argv, {
      files: { 'bad.yaml': 'a: 1\nb: [\n', 'text.yaml': 'hello\n', 'empty.yaml': '# nothing\n' },
    });
    expect(got.code).toBe(1);
    expect(got.stderr).toMatch(message);
    expect(got.requests).toEqual([]);
  });

  it('create project NAME sends a minimal manifest', async () => {
    const got = await runFake(['create', 'project', 'Demo'], {
      routes: { 'POST /v1beta1/resources': { status: 201, json: { results: [{ createdResourceManifest: project }] } } },
    });
    expect(got).toMatchObject({ code: 0, stdout: 'project.kargo.akuity.io/demo created\n' });
    expect(documents(got.requests[0]?.body)).toEqual([project]);
  });
});

describe('delete by name', () => {
  it.each([
    ['stage', ['delete', 'stage', 'a', 'B', '-p', 'demo'], 'stages'],
    ['warehouse', ['delete', 'warehouse', 'a', 'b', '-p', 'demo'], 'warehouses'],
    ['freight', ['delete', 'freight', '--name', 'a', '--alias', 'b', '-p', 'demo'], 'freight'],
  ])('deletes each %s [S39]', async (kind, argv, plural) => {
    const got = await runFake(argv, {
      routes: {
        [`DELETE /v1beta1/projects/demo/${plural}/a`]: { status: 404, json: { error: 'gone' } },
        [`DELETE /v1beta1/projects/demo/${plural}/b`]: { status: 204 },
      },
    });
    expect(got).toMatchObject({
      code: 5,
      stdout: `${kind}.kargo.akuity.io/b deleted\n`,
      stderr: `Error: delete ${kind}: 404 Not Found: {"error":"gone"}\n`,
    });
  });

  it('deletes a Project', async () => {
    const got = await runFake(['delete', 'project', 'demo'], { routes: { 'DELETE /v1beta1/projects/demo': { status: 204 } } });
    expect(got).toMatchObject({ code: 0, stdout: 'project.kargo.akuity.io/demo deleted\n' });
  });

  it.each([
    [['delete', 'freight', '-p', 'demo'], 'Error: name or alias is required\n'],
    [['delete', 'stage', 'test'], 'Error: project is required\n'],
  ])('%j is refused', async (argv, stderr) => {
    expect(await runFake(argv)).toMatchObject({ code: 1, stderr, requests: [] });
  });
});
