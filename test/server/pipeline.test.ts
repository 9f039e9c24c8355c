import { Event, Freight, type KubeList, Promotion, Stage } from '@kargo/api';
import type { Client } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { addFreight, allowing, aStage, openHarness, openPipeline, someFreight, userToken } from './harness.ts';

const names = (body: never): string[] => (body as KubeList).items.map(({ metadata }) => metadata.name ?? '');
const asAlice = { authorization: `Bearer ${userToken('alice')}` };

async function setStatus(client: Client, name: string, status: Stage['status']): Promise<void> {
  const stage = await client.get(Stage, { namespace: 'demo', name });
  await client.updateStatus(Stage, { ...stage, status } as Stage);
}

async function reasons(client: Client): Promise<(string | undefined)[]> {
  return (await client.list(Event, { namespace: 'demo' })).items.map(({ reason }) => reason);
}

describe('projects', () => {
  it('are listed by name, filtered and paged', async () => {
    const { call, client } = await openHarness();
    const { Project } = await import('@kargo/api');
    for (const name of ['gamma', 'alpha', 'alphabet', 'beta', 'delta'])
      await client.create(Project, { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Project', metadata: { name } });
    const list = async (query: string): Promise<[string[], number]> => {
      const { body } = await call('GET', `/projects${query}`);
      return [names(body), (body as { total: number }).total];
    };
    expect(await list('')).toEqual([['alpha', 'alphabet', 'beta', 'delta', 'gamma'], 5]);
    expect(await list('?filter=ALPH')).toEqual([['alpha', 'alphabet'], 2]);
    expect(await list('?pageSize=2&page=1')).toEqual([['beta', 'delta'], 5]);
    expect(await list('?pageSize=2&page=9')).toEqual([[], 5]);
    expect(await list('?pageSize=x&page=y')).toEqual([['alpha', 'alphabet', 'beta', 'delta', 'gamma'], 5]);
    expect(await list('?mine=true')).toEqual([[], 0]);
    const uids = (await client.list(Project)).items.slice(0, 2).map(({ metadata }) => metadata.uid);
    expect((await list(`?uid=${uids[0]}&uid=${uids[1]}`))[1]).toBe(2);
  });

  it('are read and deleted', async () => {
    const { call } = await openPipeline();
    expect((await call('GET', '/projects/demo')).body).toMatchObject({ kind: 'Project', metadata: { name: 'demo' } });
    expect((await call('GET', '/projects/demo/config')).body).toEqual({
      error: 'ProjectConfig.kargo.akuity.io "demo" not found',
    });
    const deleted = await call('DELETE', '/projects/demo');
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expect((await call('GET', '/projects/demo')).status).toBe(404);
  });
});

describe('stages', () => {
  it('[S37] are listed, read and [S39] deleted', async () => {
    const { call } = await openPipeline();
    const list = await call('GET', '/projects/demo/stages');
    expect(names(list.body)).toEqual(['prod', 'test', 'uat']);
    expect(list.body).toMatchObject({
      kind: 'StageList',
      metadata: { resourceVersion: expect.stringMatching(/^\d+$/) as unknown },
    });
    expect((list.body as KubeList).items[0]).toMatchObject({ apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Stage' });
    expect((await call('GET', '/projects/demo/stages/test')).body).toMatchObject({ kind: 'Stage', metadata: { name: 'test' } });
    expect((await call('DELETE', '/projects/demo/stages/test')).status).toBe(204);
    const gone = await call('GET', '/projects/demo/stages/test');
    expect([gone.status, gone.body]).toEqual([404, { error: 'Stage.kargo.akuity.io "test" not found' }]);
    expect((await call('DELETE', '/projects/demo/stages/test')).body).toEqual({
      error: 'stages.kargo.akuity.io "test" not found',
    });
  });

  it('are selected by the origins they request, repeated or joined by commas', async () => {
    const { call, client } = await openPipeline();
    const other = aStage('other', { direct: true });
    await client.create(Stage, {
      ...other,
      spec: { ...other.spec, requestedFreight: [{ origin: { kind: 'Warehouse', name: 'v' }, sources: { direct: true } }] },
    });
    expect(names((await call('GET', '/projects/demo/stages?freightOrigins=v')).body)).toEqual(['other']);
    expect(names((await call('GET', '/projects/demo/stages?freightOrigins=v,w')).body)).toHaveLength(4);
    expect(names((await call('GET', '/projects/demo/stages?freightOrigins=v&freightOrigins=w')).body)).toHaveLength(4);
    expect(names((await call('GET', '/projects/demo/stages?freightOrigins=x')).body)).toEqual([]);
  });

  it('[S40] are refreshed together with their current Promotion, by a new token each time', async () => {
    const { call, client, clock } = await openPipeline();
    await addFreight(client, someFreight('f1', '1.0.0'));
    const promotion = (await call('POST', '/projects/demo/stages/test/promotions', { freight: 'f1' })).body as Promotion;
    await setStatus(client, 'test', { currentPromotion: { name: promotion.metadata.name ?? '' } });
    const token = async (): Promise<string | undefined> =>
      (await client.get(Stage, { namespace: 'demo', name: 'test' })).metadata.annotations?.['kargo.akuity.io/refresh'];
    const answer = await call('POST', '/projects/demo/stages/test/refresh');
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([200, '', undefined]);
    const first = await token();
    expect(first).toBe('2026-01-01T00:00:00Z');
    const refreshed = await client.get(Promotion, { namespace: 'demo', name: promotion.metadata.name ?? '' });
    expect(refreshed.metadata.annotations?.['kargo.akuity.io/refresh']).toBe(first);
    await clock.advanceBy(10);
    await call('POST', '/projects/demo/stages/test/refresh');
    expect(await token()).not.toBe(first);
    expect((await call('POST', '/projects/demo/stages/none/refresh')).status).toBe(404);
  });

  it('[S42] [S43] are verified again or no longer, by the id of the current verification', async () => {
    const { call, client } = await openPipeline();
    const annotationsOf = async (): Promise<unknown> =>
      (await client.get(Stage, { namespace: 'demo', name: 'test' })).metadata.annotations;
    const none = await call('POST', '/projects/demo/stages/test/verification');
    expect(none.status).toBe(409);
    expect((none.body as { error: string }).error).toContain('has no current Freight');
    await setStatus(client, 'test', { freightHistory: [{ id: 'c1', items: {} }] });
    expect((await call('POST', '/projects/demo/stages/test/verification')).status).toBe(409);
    await setStatus(client, 'test', {
      freightHistory: [
        {
          id: 'c1',
          verificationHistory: [
            { id: 'v2', phase: 'Running' },
            { id: 'v1', phase: 'Failed' },
          ],
        },
      ],
    });
    expect((await call('POST', '/projects/demo/stages/test/verification')).status).toBe(200);
    expect(await annotationsOf()).toEqual({ 'kargo.akuity.io/reverify': '{"id":"v2","actor":"admin","controlPlane":true}' });
    expect((await call('POST', '/projects/demo/stages/test/verification/abort')).status).toBe(200);
    expect(await annotationsOf()).toMatchObject({ 'kargo.akuity.io/abort': '{"id":"v2","actor":"admin","controlPlane":true}' });
    await setStatus(client, 'uat', { freightHistory: [{ id: 'c1', verificationHistory: [{ id: 'v', phase: 'Successful' }] }] });
    expect((await call('POST', '/projects/demo/stages/uat/verification/abort')).status).toBe(200);
    expect((await client.get(Stage, { namespace: 'demo', name: 'uat' })).metadata.annotations).toBeUndefined();
    expect((await call('POST', '/projects/demo/stages/none/verification')).status).toBe(404);
  });
});

describe('promoting', () => {
  const path = '/projects/demo/stages/test/promotions';

  it('[S38] creates a Promotion of Freight by name or alias, in the name of who asked', async () => {
    const { call, client } = await openPipeline();
    await addFreight(client, someFreight('f1', '1.0.0'));
    const byName = await call('POST', path, { freight: 'f1', freightAlias: '', origin: '' });
    expect(byName.status).toBe(201);
    expect(byName.body).toMatchObject({
      kind: 'Promotion',
      metadata: { namespace: 'demo', annotations: { 'kargo.akuity.io/create-actor': 'admin' } },
      spec: { stage: 'test', freight: 'f1', steps: [{ uses: 'git-clear' }] },
    });
    expect((byName.body as Promotion).metadata.name).toMatch(/^test\.[0-9a-z]{26}\.f1$/);
    expect((await call('POST', path, { freightAlias: 'alias-f1' })).body).toMatchObject({ spec: { freight: 'f1' } });
    expect((await call('POST', path, { origin: 'Warehouse/w' })).body).toMatchObject({ spec: { freight: 'f1' } });
    expect(await reasons(client)).toEqual(['PromotionCreated', 'PromotionCreated', 'PromotionCreated']);
  });

  const refusals: { name: string; path?: string; body: object | string; status: number; error: RegExp }[] = [
    { name: 'nothing to promote', body: {}, status: 400, error: /exactly one of/ },
    { name: 'two things to promote', body: { freight: 'f1', origin: 'Warehouse/w' }, status: 400, error: /exactly one of/ },
    { name: 'what is no origin', body: { origin: 'Stage/x' }, status: 400, error: /invalid origin "Stage\/x"/ },
    { name: 'what is no JSON', body: '{', status: 400, error: /not JSON/ },
    { name: 'a name that is none', body: { freight: 7 }, status: 400, error: /freight must be a string/ },
    {
      name: 'a Stage that does not exist',
      path: '/projects/demo/stages/none/promotions',
      body: { freight: 'f1' },
      status: 404,
      error: /Stage/,
    },
    { name: 'Freight that does not exist', body: { freight: 'none' }, status: 404, error: /Freight with name "none" not found/ },
    {
      name: 'Freight that is not available',
      path: '/projects/demo/stages/uat/promotions',
      body: { freight: 'f1' },
      status: 400,
      error: /^Freight "f1" is not available to Stage "uat": not verified in Stage test$/,
    },
  ];
  it.each(refusals)('refuses $name', async ({ path: where = path, body, status, error }) => {
    const { call, client } = await openPipeline();
    await addFreight(client, someFreight('f1', '1.0.0'));
    const answer = await call('POST', where, body);
    expect(answer.status).toBe(status);
    expect((answer.body as { error: string }).error).toMatch(error);
    expect((await client.list(Promotion)).items).toEqual([]);
  });

  it('needs the permission to promote, which is looked at before the Freight', async () => {
    const { call } = await openPipeline({ authorizer: allowing('get stages', 'get freights', 'create promotions') });
    const answer = await call('POST', path, { freight: 'none' }, asAlice);
    expect([answer.status, answer.body]).toEqual([
      403,
      { error: 'stages.kargo.akuity.io "test" is forbidden: promote is not permitted' },
    ]);
  });

  it('creates one Promotion for every Stage behind another', async () => {
    const { call, client } = await openPipeline();
    await client.create(Stage, aStage('uat-2', { stages: ['test'] }));
    await client.create(Stage, aStage('flow', { stages: ['test'] }, { promotionTemplate: undefined }));
    await addFreight(client, someFreight('f1', '1.0.0', { verifiedIn: { test: {} } }));
    const answer = await call('POST', `${path}/downstream`, { freight: 'f1' });
    expect(answer.status).toBe(201);
    const { promotions } = answer.body as { promotions: Promotion[] };
    expect(promotions.map(({ spec }) => spec.stage)).toEqual(['uat', 'uat-2']);
  });

  it('behind a Stage is refused as a whole when one Stage cannot or may not take the Freight', async () => {
    const { call, client } = await openPipeline({
      authorizer: allowing('get stages', 'list stages', 'get freights', 'create promotions', 'promote stages uat'),
    });
    await client.create(Stage, aStage('uat-2', { stages: ['test'] }));
    await addFreight(client, someFreight('f1', '1.0.0', { verifiedIn: { test: {} } }));
    await addFreight(client, someFreight('f2', '2.0.0', {}));
    expect((await call('POST', `${path}/downstream`, { freight: 'f1' }, asAlice)).status).toBe(403);
    expect((await call('POST', `${path}/downstream`, { freight: 'f2' })).body).toEqual({
      error: 'Freight "f2" is not available to downstream Stage "uat": not verified in Stage test',
    });
    expect((await call('POST', '/projects/demo/stages/prod/promotions/downstream', { freight: 'f1' })).body).toEqual({
      error: 'Stage "prod" has no downstream stages',
    });
    expect((await client.list(Promotion)).items).toEqual([]);
  });
});

describe('promotions', () => {
  it('are listed by Stage, refreshed and aborted once', async () => {
    const { call, client } = await openPipeline();
    await addFreight(client, someFreight('f1', '1.0.0', { approvedFor: { uat: {} } }));
    const first = (await call('POST', '/projects/demo/stages/test/promotions', { freight: 'f1' })).body as Promotion;
    await call('POST', '/projects/demo/stages/uat/promotions', { freight: 'f1' });
    expect(names((await call('GET', '/projects/demo/promotions')).body)).toHaveLength(2);
    expect(names((await call('GET', '/projects/demo/promotions?stage=')).body)).toHaveLength(2);
    expect(names((await call('GET', '/projects/demo/promotions?stage=test')).body)).toEqual([first.metadata.name]);
    const path = `/projects/demo/promotions/${first.metadata.name}`;
    expect((await call('POST', `${path}/refresh`)).status).toBe(200);
    expect((await call('POST', `${path}/abort`)).status).toBe(200);
    const key = { namespace: 'demo', name: first.metadata.name ?? '' };
    const aborted = await client.get(Promotion, key);
    expect(aborted.metadata.annotations).toMatchObject({
      'kargo.akuity.io/abort': '{"action":"terminate","actor":"admin","controlPlane":true}',
      'kargo.akuity.io/refresh': '2026-01-01T00:00:00Z',
    });
    await client.patch(Promotion, key, { type: 'merge', body: { metadata: { annotations: { 'kargo.akuity.io/abort': null } } } });
    await client.patch(Promotion, key, { type: 'merge', body: { status: { phase: 'Succeeded' } } }, { subresource: 'status' });
    expect((await call('POST', `${path}/abort`)).status).toBe(200);
    expect((await client.get(Promotion, key)).metadata.annotations).not.toHaveProperty('kargo.akuity.io/abort');
    expect((await call('POST', '/projects/demo/promotions/none/abort')).status).toBe(404);
  });
});

describe('names', () => {
  it('may be as long as Kubernetes allows', async () => {
    const { call, client } = await openPipeline();
    const name = `${'s'.repeat(200)}.01jr09g6caw14bzvtdr16cm1fg.f5f87aa`;
    await client.create(Stage, aStage(name, { direct: true }));
    expect((await call('GET', `/projects/demo/stages/${name}`)).body).toMatchObject({ metadata: { name } });
    const none = await call('GET', `/projects/demo/promotions/${'%61'.repeat(253)}`);
    expect(none.body).toEqual({ error: `Promotion.kargo.akuity.io "${'a'.repeat(253)}" not found` });
  });
});

describe('freight', () => {
  const at = (day: number): object => ({ discoveredAt: `2026-01-0${day}T00:00:00Z` });

  async function withFreight(): ReturnType<typeof openPipeline> {
    const harness = await openPipeline();
    await addFreight(harness.client, someFreight('f1', '1.10.0', { verifiedIn: { test: {} } }, at(3)));
    await addFreight(
      harness.client,
      someFreight('f2', '1.9.0', {}, { ...at(1), charts: [{ repoURL: 'https://charts', name: 'app', version: '1.0.0' }] }),
    );
    await addFreight(harness.client, someFreight('f3', '1.2.0', {}, at(2)));
    return harness;
  }

  const groupsOf = (body: never): Record<string, string[]> =>
    Object.fromEntries(
      Object.entries((body as { groups: Record<string, { items: Freight[] }> }).groups).map(([key, { items }]) => [
        key,
        items.map(({ metadata }) => metadata.name ?? ''),
      ]),
    );

  const queries: { query: string; want: Record<string, string[]> }[] = [
    { query: '', want: { '': ['f2', 'f3', 'f1'] } },
    { query: '?reverse=true', want: { '': ['f1', 'f3', 'f2'] } },
    { query: '?groupBy=image_repo&orderBy=tag', want: { 'registry/app': ['f3', 'f2', 'f1'] } },
    { query: '?groupBy=image_repo&orderBy=tag&reverse=true', want: { 'registry/app': ['f1', 'f2', 'f3'] } },
    { query: '?groupBy=chart_repo', want: { 'https:/charts/app': ['f2'] } },
    { query: '?groupBy=image_repo&group=other', want: {} },
    { query: '?origins=w,x', want: { '': ['f2', 'f3', 'f1'] } },
    { query: '?origins=x', want: {} },
    { query: '?stage=uat', want: { '': ['f1'] } },
  ];
  it.each(queries)('is grouped and ordered: $query', async ({ query, want }) => {
    const { call } = await withFreight();
    const { body } = await call('GET', `/projects/demo/freight${query}`);
    expect(groupsOf(body)).toEqual(want);
    expect('resourceVersion' in (body as object)).toBe(!query.includes('stage='));
  });

  it.each(['?groupBy=x', '?orderBy=x', '?group=x', '?groupBy=git_repo&orderBy=tag', '?orderBy=tag'])(
    'refuses %s',
    async (query) => {
      const { call } = await withFreight();
      const { status, body } = await call('GET', `/projects/demo/freight${query}`);
      expect(status).toBe(400);
      expect((body as { error: string }).error).toMatch(/^invalid_argument: /);
    },
  );

  it('is found by name and by alias, deleted by alias', async () => {
    const { call } = await withFreight();
    expect((await call('GET', '/projects/demo/freight/f1')).body).toMatchObject({ metadata: { name: 'f1' } });
    expect((await call('GET', '/projects/demo/freight/alias-f1')).body).toMatchObject({ metadata: { name: 'f1' } });
    expect((await call('DELETE', '/projects/demo/freight/alias-f1')).status).toBe(204);
    const gone = await call('GET', '/projects/demo/freight/f1');
    expect([gone.status, gone.body]).toEqual([404, { error: 'Freight with name or alias "f1" not found in project "demo"' }]);
    expect((await call('GET', '/projects/demo/freight/not%20a%20label')).status).toBe(404);
    expect((await call('GET', '/projects/demo/freight?stage=none')).status).toBe(404);
  });

  it('[S07] is approved by hand, once, by those who may promote', async () => {
    const { call, client, clock } = await withFreight();
    expect((await call('POST', '/projects/demo/freight/f3/approve')).status).toBe(400);
    expect((await call('POST', '/projects/demo/freight/none/approve?stage=uat')).status).toBe(404);
    expect((await call('POST', '/projects/demo/freight/f3/approve?stage=none')).status).toBe(404);
    expect((await call('POST', '/projects/demo/freight/alias-f3/approve?stage=uat')).status).toBe(200);
    await clock.advanceBy(60_000);
    expect((await call('POST', '/projects/demo/freight/f3/approve?stage=uat')).status).toBe(200);
    const { status } = await client.get(Freight, { namespace: 'demo', name: 'f3' });
    expect(status?.approvedFor).toEqual({ uat: { approvedAt: '2026-01-01T00:00:00Z', approvedBy: 'admin' } });
    expect(await reasons(client)).toEqual(['FreightApproved']);
    const viewer = await openPipeline({ authorizer: allowing('get freights', 'get stages', 'patch freights/status') });
    await addFreight(viewer.client, someFreight('f1', '1.0.0'));
    expect((await viewer.call('POST', '/projects/demo/freight/f1/approve?stage=uat', undefined, asAlice)).status).toBe(403);
  });

  it('is not approved for a Stage that does not request its origin', async () => {
    const { call, client } = await withFreight();
    await addFreight(client, someFreight('f9', '1.0.0', {}, { origin: { kind: 'Warehouse', name: 'v' } }));
    const answer = await call('POST', '/projects/demo/freight/f9/approve?stage=uat');
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: 'Stage "uat" does not request Freight from origin "Warehouse/v"' },
    ]);
  });

  it('gets another alias that nobody has', async () => {
    const { call, client } = await withFreight();
    expect((await call('PATCH', '/projects/demo/freight/f1/alias')).status).toBe(400);
    expect((await call('PATCH', '/projects/demo/freight/f1/alias?newAlias=alias-f2')).status).toBe(409);
    expect((await call('PATCH', '/projects/demo/freight/alias-f1/alias?newAlias=bold-bear')).status).toBe(200);
    const renamed = await client.get(Freight, { namespace: 'demo', name: 'f1' });
    expect([renamed.alias, renamed.metadata.labels?.['kargo.akuity.io/alias']]).toEqual(['bold-bear', 'bold-bear']);
  });
});

describe('warehouses and analyses', () => {
  it('are read, refreshed and deleted', async () => {
    const { call } = await openPipeline();
    expect(names((await call('GET', '/projects/demo/warehouses')).body)).toEqual(['w']);
    expect((await call('POST', '/projects/demo/warehouses/w/refresh')).status).toBe(200);
    expect((await call('GET', '/projects/demo/warehouses/w')).body).toMatchObject({
      metadata: { annotations: { 'kargo.akuity.io/refresh': '2026-01-01T00:00:00Z' } },
    });
    expect((await call('DELETE', '/projects/demo/warehouses/w')).status).toBe(204);
    expect(names((await call('GET', '/projects/demo/analysis-templates')).body)).toEqual([]);
    expect((await call('GET', '/projects/demo/analysis-runs/none')).status).toBe(404);
  });

  it('are said to be off where nothing runs analyses', async () => {
    const { call } = await openPipeline({ analysis: false });
    const answer = await call('GET', '/projects/demo/analysis-templates');
    expect([answer.status, answer.body]).toEqual([501, { error: 'Argo Rollouts integration is not enabled' }]);
    expect((await call('GET', '/projects/none/analysis-templates')).status).toBe(404);
  });
});
