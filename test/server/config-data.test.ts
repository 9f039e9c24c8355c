import { ConfigMap, Event, type KubeList, Namespace, Secret, Stage } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { openPipeline } from './harness.ts';

const names = (body: never): string[] => (body as KubeList).items.map(({ metadata }) => metadata.name ?? '');
const decoded = (data: Record<string, string> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));

async function open(options = {}): ReturnType<typeof openPipeline> {
  const harness = await openPipeline(options);
  for (const name of ['kargo-shared-resources', 'kargo-system-resources'])
    await harness.client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return harness;
}

describe('config maps', () => {
  it.each([
    ['/projects/demo', 'demo'],
    ['/shared', 'kargo-shared-resources'],
    ['/system', 'kargo-system-resources'],
  ])('of %s are created, replaced, changed and deleted', async (scope, namespace) => {
    const { call, client } = await open();
    const path = `${scope}/configmaps`;
    const stored = (): Promise<ConfigMap> => client.get(ConfigMap, { namespace, name: 'c' });
    expect((await call('POST', path, { name: 'c', description: 'why', replicate: true, data: { a: '1', b: '2' } })).status).toBe(
      201,
    );
    expect((await stored()).metadata.annotations).toEqual({
      'kargo.akuity.io/description': 'why',
      'kargo.akuity.io/replicate-to': '*',
    });
    expect((await call('PATCH', `${path}/c`, { data: { c: '3' }, removeKeys: ['a'] })).status).toBe(200);
    expect(await stored()).toMatchObject({
      data: { b: '2', c: '3' },
      metadata: { annotations: { 'kargo.akuity.io/description': 'why' } },
    });
    expect((await call('PATCH', `${path}/c`, { description: '' })).body).toMatchObject({ data: { b: '2', c: '3' } });
    expect((await call('PUT', `${path}/c`, { data: { z: '9' } })).body).toMatchObject({ data: { z: '9' } });
    expect((await stored()).metadata.annotations).toBeUndefined();
    expect((await stored()).data).toEqual({ z: '9' });
    expect(names((await call('GET', path)).body)).toEqual(['c']);
    expect((await call('GET', `${path}/c`)).body).toMatchObject({ kind: 'ConfigMap', data: { z: '9' } });
    expect((await call('DELETE', `${path}/c`)).status).toBe(204);
    expect((await call('GET', `${path}/c`)).status).toBe(404);
  });

  const refusals: { method: string; path: string; body: object; status: number; error: RegExp }[] = [
    { method: 'POST', path: '', body: { name: ' ', data: { a: '1' } }, status: 400, error: /^name should not be empty$/ },
    { method: 'POST', path: '', body: { name: 'n' }, status: 400, error: /^ConfigMap data cannot be empty$/ },
    { method: 'POST', path: '', body: { name: 'n', data: { a: 1 } }, status: 400, error: /data\.a must be a string/ },
    { method: 'POST', path: '', body: { name: 'c', data: { a: '1' } }, status: 409, error: /already exists/ },
    { method: 'PUT', path: '/c', body: { data: {} }, status: 400, error: /cannot be empty/ },
    { method: 'PUT', path: '/none', body: { data: { a: '1' } }, status: 404, error: /not found/ },
    {
      method: 'PATCH',
      path: '/c',
      body: { removeKeys: ['a'] },
      status: 400,
      error: /^ConfigMap data cannot be empty after patch$/,
    },
    { method: 'PATCH', path: '/c', body: { removeKeys: 'a' }, status: 400, error: /removeKeys/ },
  ];
  it.each(refusals)('$method $path of $body is refused', async ({ method, path, body, status, error }) => {
    const { call } = await open();
    await call('POST', '/projects/demo/configmaps', { name: 'c', data: { a: '1' } });
    const answer = await call(method, `/projects/demo/configmaps${path}`, body);
    expect(answer.status).toBe(status);
    expect((answer.body as { error: string }).error).toMatch(error);
  });
});

describe('generic credentials', () => {
  const path = '/projects/demo/generic-credentials';

  it('are written but never shown', async () => {
    const { call, client } = await open();
    const stored = (): Promise<Secret> => client.get(Secret, { namespace: 'demo', name: 's' });
    const created = await call('POST', path, { name: 's', description: 'why', type: 'kargo/x', data: { a: 'one', b: 'two' } });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ type: 'kargo/x', stringData: { a: '*** REDACTED ***', b: '*** REDACTED ***' } });
    expect(created.body).not.toHaveProperty('data');
    expect(decoded((await stored()).data)).toEqual({ a: 'one', b: 'two' });
    await call('PUT', `${path}/s`, { data: { a: '', c: 'three' } });
    expect(decoded((await stored()).data)).toEqual({ a: 'one', c: 'three' });
    expect((await stored()).metadata.annotations).toBeUndefined();
    await call('PATCH', `${path}/s`, { data: { d: 'four' }, removeKeys: ['a'] });
    expect(decoded((await stored()).data)).toEqual({ c: 'three', d: 'four' });
    const list = await call('GET', path);
    expect(names(list.body)).toEqual(['s']);
    expect(list.text + (await call('GET', `${path}/s`)).text).not.toMatch(/three|dGhyZWU/);
    expect((await call('PATCH', `${path}/s`, { removeKeys: ['c', 'd'] })).body).toEqual({ error: 'cannot have empty secret' });
    expect((await call('DELETE', `${path}/s`)).status).toBe(204);
  });

  it('are no other Secrets', async () => {
    const { call, client } = await open();
    await client.create(Secret, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'other', namespace: 'demo' }, data: {} });
    expect(names((await call('GET', path)).body)).toEqual([]);
    for (const [method, body] of [['GET'], ['PUT', { data: { a: '1' } }], ['PATCH', { data: { a: '1' } }], ['DELETE']] as const)
      expect((await call(method, `${path}/other`, body)).status).toBe(409);
  });

  it('are read only where Secrets are managed elsewhere', async () => {
    const { call } = await open({ secretManagement: false });
    expect((await call('GET', path)).status).toBe(200);
    expect((await call('POST', path, '{ broken')).body).toEqual({ error: 'secret management is not enabled' });
    expect((await call('GET', `${path}/s`)).status).toBe(501);
    expect((await call('POST', '/projects/none/generic-credentials', {})).status).toBe(404);
  });
});

describe('repository credentials', () => {
  const path = '/projects/demo/repo-credentials';
  const given = { name: 'r', type: 'git', repoUrl: 'https://git/r', username: 'u', password: 'hunter2' };

  it('are written in the form in which promotions look for them, and show all but the password', async () => {
    const { call, client } = await open();
    const stored = (): Promise<Secret> => client.get(Secret, { namespace: 'demo', name: 'r' });
    const created = await call('POST', path, { ...given, repoUrlIsRegex: true, description: 'why' });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      metadata: { labels: { 'kargo.akuity.io/cred-type': 'git' }, annotations: { 'kargo.akuity.io/description': 'why' } },
      stringData: { repoURL: 'https://git/r', repoURLIsRegex: 'true', username: 'u', password: '*** REDACTED ***' },
    });
    expect(decoded((await stored()).data)).toEqual({
      repoURL: 'https://git/r',
      repoURLIsRegex: 'true',
      username: 'u',
      password: 'hunter2',
    });
    await call('PATCH', `${path}/r`, { username: 'v', password: '', repoUrlIsRegex: false });
    expect(decoded((await stored()).data)).toEqual({
      repoURL: 'https://git/r',
      repoURLIsRegex: 'true',
      username: 'v',
      password: 'hunter2',
    });
    await call('PATCH', `${path}/r`, { repoUrl: 'https://git/s', type: 'helm' });
    expect(decoded((await stored()).data)).toEqual({ repoURL: 'https://git/s', username: 'v', password: 'hunter2' });
    expect((await stored()).metadata.labels).toEqual({ 'kargo.akuity.io/cred-type': 'helm' });
    await call('PUT', `${path}/r`, { ...given, type: 'image', password: 'other' });
    expect((await stored()).metadata).toMatchObject({ labels: { 'kargo.akuity.io/cred-type': 'image' } });
    expect((await stored()).metadata.annotations).toBeUndefined();
    expect(names((await call('GET', path)).body)).toEqual(['r']);
    expect((await call('GET', `${path}/r`)).text).not.toContain(Buffer.from('other').toString('base64'));
    expect((await call('DELETE', `${path}/r`)).status).toBe(204);
  });

  it.each(['type', 'repoUrl', 'username', 'password'])('need %s', async (field) => {
    const { call } = await open();
    expect((await call('POST', path, { ...given, [field]: '' })).status).toBe(400);
    await call('POST', path, given);
    expect((await call('PUT', `${path}/r`, { ...given, [field]: '' })).status).toBe(400);
    expect((await call('PATCH', `${path}/r`, { [field]: '' })).status).toBe(200);
  });

  it('are not of an unknown type', async () => {
    const { call } = await open();
    await call('POST', path, given);
    expect((await call('PATCH', `${path}/r`, { type: 'svn' })).body).toEqual({
      error: 'type "svn" is not one of git, helm, image',
    });
  });
});

describe('what is known of a Project', () => {
  it('are the images of its Stages, with how long ago they were there', async () => {
    const { call, client } = await open();
    const history = (tags: string[]): object[] =>
      tags.map((tag, i) => ({
        id: `c${i}`,
        items: { 'Warehouse/w': { name: tag, images: [{ repoURL: 'registry/app', tag }] } },
      }));
    for (const [name, tags] of [
      ['test', ['2', '1', '2']],
      ['uat', ['1']],
    ] as const) {
      const stage = await client.get(Stage, { namespace: 'demo', name });
      await client.updateStatus(Stage, { ...stage, status: { freightHistory: history([...tags]) } } as Stage);
    }
    expect((await call('GET', '/projects/demo/images')).body).toEqual({
      'registry/app': { tags: { 2: { stages: { test: 0 } }, 1: { stages: { test: 1, uat: 0 } } } },
    });
  });

  it('are events about its own objects, newest first', async () => {
    const { call, client } = await open();
    const about = [
      ['old', 'kargo.akuity.io/v1alpha1', '2026-01-01T00:00:00Z'],
      ['pod', 'v1', '2026-01-02T00:00:00Z'],
      ['new', 'kargo.akuity.io/v1alpha1', '2026-01-03T00:00:00Z'],
    ] as const;
    for (const [name, apiVersion, lastTimestamp] of about)
      await client.create(Event, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace: 'demo' },
        involvedObject: { apiVersion, kind: 'X', name },
        lastTimestamp,
      } as Event);
    expect(names((await call('GET', '/projects/demo/events')).body)).toEqual(['new', 'old']);
  });

  it('are its tasks, and what all Projects share', async () => {
    const { call } = await open();
    for (const path of [
      '/projects/demo/promotion-tasks',
      '/shared/cluster-promotion-tasks',
      '/shared/cluster-analysis-templates',
    ]) {
      expect(names((await call('GET', path)).body)).toEqual([]);
      expect((await call('GET', `${path}/none`)).status).toBe(404);
    }
  });
});
