import { AnalysisTemplate, Event, Freight, type KubeObject, Promotion, Secret, Stage } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { addFreight, allowing, aStage, openHarness, openPipeline, someFreight, userToken } from './harness.ts';

interface Result {
  createdResourceManifest?: KubeObject;
  updatedResourceManifest?: KubeObject;
  deletedResourceManifest?: KubeObject;
  error?: string;
}

const results = (body: never): Result[] => (body as { results: Result[] }).results;
const asAlice = { authorization: `Bearer ${userToken('alice')}` };

const stage = (name: string): object => aStage(name, { direct: true });
const config = (name: string, namespace = 'demo'): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: { a: '1' },
});

/** The document's pipeline, as a person writes it. */
const PIPELINE = `
apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata:
  name: new
  namespace: demo
spec:
  requestedFreight:
  - origin: {kind: Warehouse, name: w}
    sources:
      direct: true
---
# nothing
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: demo}
data: {started: 2026-01-01T00:00:00Z, "on": "yes"}
`;

describe('creating from manifests', () => {
  const bodies: { name: string; body: string; want: string[] }[] = [
    { name: 'a YAML stream', body: PIPELINE, want: ['Stage new', 'ConfigMap c'] },
    { name: 'a JSON object', body: JSON.stringify(config('a')), want: ['ConfigMap a'] },
    {
      name: 'JSON objects one after the other',
      body: `${JSON.stringify(config('a'))}\n${JSON.stringify(config('{"}'.length === 3 ? 'b' : 'x'))}`,
      want: ['ConfigMap a', 'ConfigMap b'],
    },
    { name: 'a JSON array', body: JSON.stringify([config('a'), stage('s')]), want: ['ConfigMap a', 'Stage s'] },
    {
      name: 'a List',
      body: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [config('a'), config('b')] }),
      want: ['ConfigMap a', 'ConfigMap b'],
    },
    {
      name: 'YAML in flow style',
      body: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: demo}}',
      want: ['ConfigMap a'],
    },
  ];
  it.each(bodies)('[S37] takes $name', async ({ body, want }) => {
    const { call } = await openPipeline();
    const answer = await call('POST', '/resources', body, { 'content-type': 'text/plain' });
    expect(answer.status).toBe(201);
    const made = results(answer.body).map(({ createdResourceManifest: object }) => `${object?.kind} ${object?.metadata.name}`);
    expect(made).toEqual(want);
  });

  it('leaves what looks like a time or a switch as it was written', async () => {
    const { call } = await openPipeline();
    const [, second] = results((await call('POST', '/resources', PIPELINE)).body);
    expect(second?.createdResourceManifest).toMatchObject({ data: { started: '2026-01-01T00:00:00Z', on: 'yes' } });
  });

  const refusals: { name: string; body: string; status: number; error: RegExp }[] = [
    { name: 'nothing', body: '', status: 400, error: /^no resources found in request body$/ },
    { name: 'only empty documents', body: '---\n---\n', status: 400, error: /no resources/ },
    { name: 'what is no YAML', body: 'a: [', status: 400, error: /cannot be read as YAML/ },
    { name: 'a broken second document', body: 'a: 1\n---\nb: [', status: 400, error: /document 2/ },
    { name: 'a word', body: 'hello', status: 400, error: /"hello", which is no resource/ },
    { name: 'no kind', body: 'apiVersion: v1', status: 400, error: /no kind/ },
    {
      name: 'a kind that does not exist',
      body: '{"apiVersion":"v1","kind":"Stage","metadata":{"name":"a"}}',
      status: 400,
      error: /did you mean Stage of kargo/,
    },
    { name: 'a bomb of aliases', body: bomb(), status: 400, error: /cannot be read as YAML/ },
    {
      name: 'unknown fields and wrong values, all at once',
      body: JSON.stringify({
        ...stage('s'),
        spec: { requestedFright: [], requestedFreight: [{ origin: { kind: 'Repo', name: 'w' }, sources: {} }] },
      }),
      status: 400,
      error: /spec\.requestedFright.*spec\.requestedFreight\[0\]\.origin\.kind/s,
    },
  ];
  it.each(refusals)('refuses $name', async ({ body, status, error }) => {
    const { call } = await openPipeline();
    const answer = await call('POST', '/resources', body);
    expect(answer.status).toBe(status);
    expect((answer.body as { error: string }).error).toMatch(error);
  });

  it('answers the failure of one object as the failure of the request, and of several in their entries', async () => {
    const { call } = await openPipeline();
    const alone = await call('POST', '/resources', stage('test'));
    expect([alone.status, alone.body]).toEqual([409, { error: 'stages.kargo.akuity.io "test" already exists' }]);
    const several = await call('POST', '/resources', [stage('test'), stage('s')]);
    expect(several.status).toBe(201);
    const [first, second] = results(several.body);
    expect(first).toEqual({ error: 'create resource: stage.kargo.akuity.io "test" already exists' });
    expect(second?.createdResourceManifest).toMatchObject({ metadata: { name: 's' } });
  });

  it('makes Projects first, and lets who makes one fill it', async () => {
    const { call } = await openHarness({ authorizer: allowing('create projects') });
    const project = {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Project',
      metadata: { name: 'mine', annotations: { 'kargo.akuity.io/create-actor': 'forged' } },
    };
    const { body } = await call('POST', '/resources', [config('c', 'mine'), config('d', 'other'), project], asAlice);
    const [first, second, third] = results(body);
    expect(first?.createdResourceManifest).toMatchObject({
      kind: 'Project',
      metadata: { annotations: { 'kargo.akuity.io/create-actor': 'kubernetes:alice' } },
    });
    expect(second?.createdResourceManifest).toMatchObject({ kind: 'ConfigMap', metadata: { namespace: 'mine' } });
    expect(third?.error).toBe('create resource: configmaps is forbidden: create is not permitted');
  });

  it('tells that Freight was created, once, and not for an upsert', async () => {
    const { call, client } = await openPipeline();
    await call('POST', '/resources', someFreight('f1', '1.0.0'));
    await call('PUT', '/resources?upsert=true', someFreight('f2', '2.0.0'));
    await call('POST', '/resources', stage('s'));
    const { items } = await client.list(Event, { namespace: 'demo' });
    expect(items.map(({ reason, involvedObject }) => `${reason} ${involvedObject?.name}`)).toEqual(['FreightCreated f1']);
  });

  it('of a Promotion needs the permission to promote', async () => {
    const { call, client } = await openPipeline({ authorizer: allowing('create promotions', 'get promotions') });
    await addFreight(client, someFreight('f1', '1.0.0'));
    const promotion = {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Promotion',
      metadata: { generateName: 'p-', namespace: 'demo' },
      spec: { stage: 'test', freight: 'f1' },
    };
    expect((await call('POST', '/resources', promotion, asAlice)).body).toEqual({
      error: 'stages.kargo.akuity.io "test" is forbidden: promote is not permitted',
    });
    const named = { ...promotion, metadata: { name: 'p', namespace: 'demo' } };
    expect((await call('PUT', '/resources?upsert=true', named, asAlice)).status).toBe(403);
    expect((await client.list(Promotion)).items).toEqual([]);
  });

  it('never shows a secret, and refuses Secrets where they are not managed', async () => {
    const { call, client } = await openPipeline();
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 's',
        namespace: 'demo',
        annotations: { note: 'private' },
        labels: { 'kargo.akuity.io/cred-type': 'git' },
      },
      stringData: { repoURL: 'https://r', username: 'u', password: 'hunter2' },
    };
    const answer = await call('POST', '/resources', secret);
    expect(answer.text).not.toContain('hunter2');
    expect(answer.text).not.toContain(Buffer.from('hunter2').toString('base64'));
    expect(results(answer.body)[0]?.createdResourceManifest).toMatchObject({
      metadata: { labels: { 'kargo.akuity.io/cred-type': 'git' }, annotations: { note: '*** REDACTED ***' } },
      stringData: { repoURL: 'https://r', username: 'u', password: '*** REDACTED ***' },
    });
    expect((await client.get(Secret, { namespace: 'demo', name: 's' })).data?.['password']).toBe(
      Buffer.from('hunter2').toString('base64'),
    );
    const off = await openPipeline({ secretManagement: false });
    const refused = await off.call('POST', '/resources', secret);
    expect([refused.status, refused.body]).toEqual([501, { error: 'secret management is not enabled' }]);
  });
});

describe('updating from manifests', () => {
  it('replaces what exists whatever version and status the manifest has, and keeps status', async () => {
    const { call, client } = await openPipeline();
    const stored = await client.get(Stage, { namespace: 'demo', name: 'test' });
    await client.updateStatus(Stage, { ...stored, status: { observedGeneration: 7 } });
    const manifest = {
      ...stored,
      spec: { ...stored.spec, shard: 'x' },
      status: { observedGeneration: 1, phase: 'Steady' },
      metadata: { ...stored.metadata, resourceVersion: '1', managedFields: [{ manager: 'm' }] },
    };
    const answer = await call('PUT', '/resources', manifest);
    expect(answer.status).toBe(200);
    expect(results(answer.body)[0]?.updatedResourceManifest).toMatchObject({
      spec: { shard: 'x' },
      status: { observedGeneration: 7 },
    });
    expect(results(answer.body)[0]?.updatedResourceManifest).not.toHaveProperty('status.phase');
  });

  it('makes what is missing only when asked to', async () => {
    const { call } = await openPipeline();
    const alone = await call('PUT', '/resources', stage('s'));
    expect([alone.status, alone.body]).toEqual([404, { error: 'resource does not exist' }]);
    const several = results((await call('PUT', '/resources', [stage('s'), stage('test')])).body);
    expect(several[0]).toEqual({ error: 'update resource: resource does not exist' });
    expect(Object.keys(several[1] ?? {})).toEqual(['updatedResourceManifest']);
    const upsert = await call('PUT', '/resources?upsert=true', [stage('s'), stage('test')]);
    expect(upsert.status).toBe(200);
    expect(results(upsert.body).map((result) => Object.keys(result))).toEqual([
      ['createdResourceManifest'],
      ['updatedResourceManifest'],
    ]);
  });

  it('refuses unknown fields and names the nearest known one', async () => {
    const { call } = await openPipeline();
    const template = {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Stage',
      metadata: { name: 'test', namespace: 'demo' },
      spec: { ...aStage('test', { direct: true }).spec, sharrd: 'x' },
    };
    const answer = await call('PUT', '/resources', template);
    expect(answer.status).toBe(400);
    expect((answer.body as { error: string }).error).toContain('unknown field "spec.sharrd", did you mean "spec.shard"');
  });

  it('[S24] takes a template whose metadata is null', async () => {
    const { call, client } = await openPipeline();
    const yaml = `
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: t, namespace: demo}
spec:
  metrics:
  - name: test
    provider:
      job:
        metadata:
        spec:
          backoffLimit: 1
          template:
            spec:
              containers: [{name: c, image: alpine, command: [sleep, "10"]}]
              restartPolicy: Never
`;
    expect((await call('POST', '/resources', yaml)).status).toBe(201);
    expect((await client.get(AnalysisTemplate, { namespace: 'demo', name: 't' })).spec.metrics).toHaveLength(1);
  });
});

describe('deleting from manifests', () => {
  it('answers with what was deleted, and with the failures of the others', async () => {
    const { call } = await openPipeline();
    const alone = await call('DELETE', '/resources', stage('none'));
    expect([alone.status, alone.body]).toEqual([404, { error: 'stages.kargo.akuity.io "none" not found' }]);
    const several = await call('DELETE', '/resources', [stage('none'), stage('test')]);
    expect(several.status).toBe(200);
    const [first, second] = results(several.body);
    expect(first?.error).toBe('delete resource: stages.kargo.akuity.io "none" not found');
    expect(second?.deletedResourceManifest).toMatchObject({ metadata: { name: 'test' } });
    expect(
      results(
        (
          await call('DELETE', '/resources', [
            { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Project', metadata: { name: 'demo' } },
            stage('uat'),
          ])
        ).body,
      ).map(({ deletedResourceManifest: object }) => object?.kind),
    ).toEqual(['Stage', 'Project']);
  });
});

describe('fields beyond the description of the API', () => {
  const reference = { 'x-kargo-cli-version': 'v1.12.0' };
  const ours = { 'x-kargo-cli-version': 'v0.1.0', 'x-kargo-client': 'ts' };

  it('go to everybody but the reference CLI, which refuses them', async () => {
    const { call, client } = await openPipeline();
    const commits = [{ repoURL: 'https://r', id: 'c', healthCheckCommit: 'h' }];
    await addFreight(client, someFreight('f1', '1.0.0', {}, { commits }));
    const items = { 'Warehouse/w': { name: 'f1', commits } };
    const stored = await client.get(Stage, { namespace: 'demo', name: 'test' });
    await client.updateStatus(Stage, {
      ...stored,
      status: {
        phase: 'Steady',
        processedPromotions: ['p'],
        freightHistory: [{ id: 'c', items }],
        health: { status: 'Healthy', argoCDApps: [{ name: 'app', namespace: 'argocd' }] },
        lastPromotion: {
          name: 'p',
          status: { freightCollection: { id: 'c', items }, state: { step: { commits: [{ healthCheckCommit: 'an output' }] } } },
        },
      },
    } as Stage);
    for (const path of [
      '/projects/demo/stages/test',
      '/projects/demo/stages',
      '/projects/demo/freight/f1',
      '/projects/demo/freight',
    ]) {
      const full = (await call('GET', path, undefined, ours)).text;
      const plain = (await call('GET', path, undefined, reference)).text.replace('"an output"', '');
      expect(full).toContain('"healthCheckCommit":"h"');
      expect(plain).not.toContain('"healthCheckCommit":"h"');
      for (const field of ['"phase":"Steady"', 'argoCDApps', 'processedPromotions']) expect(plain).not.toContain(field);
    }
    const stage = (await call('GET', '/projects/demo/stages/test', undefined, reference)).body as Stage;
    expect(stage.status?.health).toEqual({ status: 'Healthy' });
    expect(stage.status?.lastPromotion?.status?.state).toEqual({ step: { commits: [{ healthCheckCommit: 'an output' }] } });
    expect((await call('GET', '/projects/demo/stages/test', undefined, ours)).body).toMatchObject({
      status: { phase: 'Steady', health: { argoCDApps: [{ name: 'app' }] } },
    });
    expect((await client.get(Freight, { namespace: 'demo', name: 'f1' })).commits?.[0]).toHaveProperty('healthCheckCommit');
  });
});

/** A small document whose aliases stand for a huge one. */
function bomb(): string {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i++) {
    const [name, before] = [String.fromCharCode(97 + i), String.fromCharCode(96 + i)];
    lines.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(', ')}]`);
  }
  return lines.join('\n');
}

describe('rehearsing and guarding writes', () => {
  it('checks as if it wrote, and writes nothing', async () => {
    const { call, client } = await openPipeline();
    expect((await call('POST', '/resources?dryRun=true', stage('s'))).status).toBe(201);
    expect((await call('POST', '/resources?dryRun=true', stage('test'))).status).toBe(409);
    const steps = { promotionTemplate: { spec: { steps: [{ uses: 'git-clon' }] } } };
    const wrong = { ...aStage('s', { direct: true }), spec: { ...aStage('s', { direct: true }).spec, ...steps } };
    const refused = await call('POST', '/resources?dryRun=true', wrong);
    expect(refused).toMatchObject({ status: 422, text: expect.stringContaining('did you mean') as never });
    const stored = await client.get(Stage, { namespace: 'demo', name: 'test' });
    const changed = { ...aStage('test', { direct: true }), metadata: { ...stored.metadata, labels: { a: 'b' } } };
    expect((await call('PUT', '/resources?dryRun=true', changed)).status).toBe(200);
    expect((await client.get(Stage, { namespace: 'demo', name: 'test' })).metadata.labels).toEqual(stored.metadata.labels);
    await expect(client.get(Stage, { namespace: 'demo', name: 's' })).rejects.toThrow('not found');
  });

  it('shows what there is beside what there would be, and of Secrets which values would be others', async () => {
    const { call, client } = await openPipeline();
    const changed = { ...aStage('test', { direct: true }), metadata: { name: 'test', namespace: 'demo', labels: { a: 'b' } } };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'demo' } };
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    await client.create(Secret, { ...secret, data: { kept: base64('1'), changed: base64('old'), gone: base64('x') } });
    const stringData = { kept: '1', changed: 'new-secret', more: 'y' };
    const answer = await call('PUT', '/resources?dryRun=true', [changed, { ...secret, stringData }]);
    const { results } = answer.body as { results: Record<string, { metadata: { labels?: object } }>[] };
    expect(results[0]?.['currentResourceManifest']?.metadata.labels).toBeUndefined();
    expect(results[0]?.['updatedResourceManifest']?.metadata.labels).toEqual({ a: 'b' });
    expect(results[1]?.['changedSecretKeys']).toEqual(['changed', 'gone', 'more']);
    expect(answer.text).not.toContain('new-secret');
    expect((await call('PUT', '/resources', changed)).text).not.toContain('currentResourceManifest');
  });

  it('does not write rehearsals down in the audit trail, unless they are refused', async () => {
    const { call } = await openPipeline();
    const entries = async (): Promise<number> =>
      ((await call('GET', '/system/audit-log')).body as { items: unknown[] }).items.length;
    const before = await entries();
    await call('POST', '/resources?dryRun=true', stage('s'));
    expect(await entries()).toBe(before);
    await call('POST', '/resources', stage('s'));
    expect(await entries()).toBe(before + 1);
  });

  it('replaces only what its caller has seen, if asked to', async () => {
    const { call, client } = await openPipeline();
    const seen = await client.get(Stage, { namespace: 'demo', name: 'test' });
    const manifest = (labels: Record<string, string>): object => ({
      ...aStage('test', { direct: true }),
      metadata: { name: 'test', namespace: 'demo', resourceVersion: seen.metadata.resourceVersion, labels },
    });
    expect((await call('PUT', '/resources?sameVersion=true', manifest({ a: '1' }))).status).toBe(200);
    const second = await call('PUT', '/resources?sameVersion=true', manifest({ a: '2' }));
    expect(second).toMatchObject({ status: 409, text: expect.stringContaining('has been changed meanwhile') as never });
    expect((await call('PUT', '/resources', manifest({ a: '3' }))).status).toBe(200);
  });
});
