import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { allKinds, ConfigMap } from '@kargo/api';
import { seededRandom, systemClock, VirtualClock, type UserInfo } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openApiServer, SYSTEM_ADMIN, type ApiServer } from '../api-server.ts';

let server: ApiServer;
let http: Server;
let url: string;
let clock: VirtualClock;

beforeEach(async () => {
  clock = new VirtualClock();
  await open();
});
afterEach(close);

async function open(historyLimit?: number): Promise<void> {
  server = openApiServer({
    path: ':memory:',
    kinds: allKinds,
    clock,
    random: seededRandom(1),
    authenticate: userOf,
    historyLimit,
  });
  http = createServer(server.handler);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

async function close(): Promise<void> {
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  await server.close();
}

function userOf({ headers }: IncomingMessage): UserInfo | undefined {
  if (headers.authorization === 'Bearer admin') return SYSTEM_ADMIN;
  return headers.authorization === 'Bearer guest' ? { username: 'guest', groups: ['system:authenticated'] } : undefined;
}

interface Call {
  method?: string;
  path: string;
  body?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
}

async function call({
  method = 'GET',
  path,
  body,
  headers = {},
}: Call): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: 'Bearer admin', 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text },
  };
}

const maps = '/api/v1/namespaces/default/configmaps';
const map = (name: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: 'b' } });

describe('what is refused', () => {
  const cases: (Call & { name: string; status: number; reason: string; says?: RegExp })[] = [
    { name: 'nobody', path: maps, headers: { authorization: '' }, status: 401, reason: 'Unauthorized' },
    {
      name: 'who has no access',
      path: maps,
      headers: { authorization: 'Bearer guest' },
      status: 403,
      reason: 'Forbidden',
      says: /User "guest" cannot list resource "configmaps" in API group "" in the namespace "default"/,
    },
    { name: 'an unknown resource', path: '/apis/example.com/v1/things', status: 404, reason: 'NotFound' },
    { name: 'an unknown path', path: '/metrics', status: 404, reason: 'NotFound' },
    { name: 'a missing object', path: `${maps}/none`, status: 404, reason: 'NotFound', says: /^configmaps "none" not found$/ },
    { name: 'a subresource that does not exist', path: `${maps}/none/scale`, status: 404, reason: 'NotFound' },
    { name: 'a method', method: 'PUT', path: maps, status: 405, reason: 'MethodNotAllowed' },
    { name: 'a representation', path: maps, headers: { accept: 'image/png' }, status: 406, reason: 'NotAcceptable' },
    {
      name: 'a media type',
      method: 'POST',
      path: maps,
      body: 'x',
      headers: { 'content-type': 'text/plain' },
      status: 415,
      reason: 'UnsupportedMediaType',
    },
    { name: 'a patch type', method: 'PATCH', path: `${maps}/x`, body: '{}', status: 415, reason: 'UnsupportedMediaType' },
    { name: 'broken JSON', method: 'POST', path: maps, body: '{"a":', status: 400, reason: 'BadRequest', says: /not valid JSON/ },
    { name: 'a body that is no object', method: 'POST', path: maps, body: '[]', status: 400, reason: 'BadRequest' },
    {
      name: 'deep nesting',
      method: 'POST',
      path: maps,
      body: '['.repeat(100_000) + ']'.repeat(100_000),
      status: 400,
      reason: 'BadRequest',
      says: /nested deeper/,
    },
    {
      name: 'too much',
      method: 'POST',
      path: maps,
      body: ' '.repeat(3 * 1024 * 1024 + 1),
      status: 413,
      reason: 'RequestEntityTooLarge',
    },
    {
      name: 'broken protobuf',
      method: 'POST',
      path: maps,
      body: new Uint8Array([107, 56, 115, 0, 255, 255]),
      headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
      status: 400,
      reason: 'BadRequest',
    },
    {
      name: 'another kind',
      method: 'POST',
      path: maps,
      body: '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}',
      status: 400,
      reason: 'BadRequest',
    },
    {
      name: 'another namespace',
      method: 'POST',
      path: maps,
      body: '{"metadata":{"name":"x","namespace":"other"}}',
      status: 400,
      reason: 'BadRequest',
      says: /namespace of the provided object/,
    },
    {
      name: 'another name',
      method: 'PUT',
      path: `${maps}/a`,
      body: map('b'),
      status: 400,
      reason: 'BadRequest',
      says: /does not match the name on the URL/,
    },
    { name: 'a limit that is no number', path: `${maps}?limit=many`, status: 400, reason: 'BadRequest' },
    { name: 'a continue token of another world', path: `${maps}?continue=xyz`, status: 400, reason: 'BadRequest' },
    { name: 'a selector that cannot be read', path: `${maps}?labelSelector=a+in+(`, status: 400, reason: 'BadRequest' },
    {
      name: 'a kind of dry run',
      method: 'POST',
      path: `${maps}?dryRun=Some`,
      body: map('x'),
      status: 422,
      reason: 'Invalid',
      says: /^CreateOptions\.meta\.k8s\.io "" is invalid: dryRun: Unsupported value: "Some": supported values: "All"$/,
    },
    {
      name: 'a kind of field validation',
      method: 'PUT',
      path: `${maps}/x?fieldValidation=Hard`,
      body: map('x'),
      status: 422,
      reason: 'Invalid',
      says: /^UpdateOptions\.meta\.k8s\.io "" is invalid: fieldValidation: Unsupported value/,
    },
    {
      name: 'force where nothing is applied',
      method: 'PATCH',
      path: `${maps}/x?force=true`,
      body: '{}',
      headers: { 'content-type': 'application/merge-patch+json' },
      status: 422,
      reason: 'Invalid',
      says: /force: Forbidden: may not be specified for non-apply patch/,
    },
    {
      name: 'a manager with a name that is too long',
      method: 'POST',
      path: `${maps}?fieldManager=${'m'.repeat(129)}`,
      body: map('x'),
      status: 422,
      reason: 'Invalid',
    },
    {
      name: 'initial events of a list',
      path: `${maps}?sendInitialEvents=true`,
      status: 422,
      reason: 'Invalid',
      says: /sendInitialEvents is forbidden for list/,
    },
    {
      name: 'initial events without saying how new',
      path: `${maps}?watch=1&sendInitialEvents=true`,
      status: 422,
      reason: 'Invalid',
      says: /sendInitialEvents requires setting resourceVersionMatch to NotOlderThan/,
    },
    {
      name: 'a match without a version',
      path: `${maps}?resourceVersionMatch=Exact`,
      status: 422,
      reason: 'Invalid',
      says: /resourceVersionMatch is forbidden unless resourceVersion is provided/,
    },
    {
      name: 'two ways to propagate a deletion',
      method: 'DELETE',
      path: `${maps}/x`,
      body: '{"orphanDependents":true,"propagationPolicy":"Foreground"}',
      status: 422,
      reason: 'Invalid',
      says: /orphanDependents and deletionPropagation cannot be both set/,
    },
    {
      name: 'a deletion told by something else',
      method: 'DELETE',
      path: `${maps}/x`,
      body: '{"apiVersion":"v1","kind":"ConfigMap"}',
      status: 400,
      reason: 'BadRequest',
    },
    {
      name: 'a field that stands there twice, when strict',
      method: 'POST',
      path: `${maps}?fieldValidation=Strict`,
      body: '{"metadata":{"name":"twice"},"data":{"a":"1","b\\"":"2","a":"3"}}',
      status: 400,
      reason: 'BadRequest',
      says: /strict decoding error: duplicate field "data.a"/,
    },
    {
      name: 'a field that stands there twice in YAML, when strict',
      method: 'POST',
      path: `${maps}?fieldValidation=Strict`,
      body: 'metadata:\n  name: twice\ndata: {a: "1", a: "2"}\n',
      headers: { 'content-type': 'application/yaml' },
      status: 400,
      reason: 'BadRequest',
      says: /duplicate field "data.a"/,
    },
    {
      name: 'more data than a ConfigMap holds',
      method: 'POST',
      path: maps,
      body: JSON.stringify({ metadata: { name: 'big' }, data: { a: 'x'.repeat(1024 * 1024) } }),
      status: 422,
      reason: 'Invalid',
      says: /Too long: may not be more than 1048576 bytes/,
    },
    {
      name: 'an object that is too large',
      method: 'POST',
      path: '/apis/apps/v1/namespaces/default/deployments',
      body: JSON.stringify({ metadata: { name: 'big' }, spec: { a: 'x'.repeat(1.6 * 1024 * 1024) } }),
      status: 413,
      reason: 'RequestEntityTooLarge',
    },
    {
      name: 'YAML that would take too long to read',
      method: 'POST',
      path: maps,
      body: '- a\n'.repeat(200_000),
      headers: { 'content-type': 'application/yaml' },
      status: 413,
      reason: 'RequestEntityTooLarge',
    },
    {
      name: 'too many operations',
      method: 'PATCH',
      path: `${maps}/kept`,
      body: `[${'{"op":"test","path":"/kind","value":"ConfigMap"},'.repeat(10_000)}{"op":"remove","path":"/data"}]`,
      headers: { 'content-type': 'application/json-patch+json' },
      status: 413,
      reason: 'RequestEntityTooLarge',
    },
    {
      name: 'copies of copies',
      method: 'PATCH',
      path: `${maps}/kept`,
      body: JSON.stringify(Array.from({ length: 60 }, (_, index) => ({ op: 'copy', from: '', path: `/x${index}` }))),
      headers: { 'content-type': 'application/json-patch+json' },
      status: 413,
      reason: 'RequestEntityTooLarge',
      says: /accumulated size increase of copy/,
    },
    {
      name: 'a failed test of a patch',
      method: 'PATCH',
      path: `${maps}/kept`,
      body: '[{"op":"test","path":"/data/a","value":"z"}]',
      headers: { 'content-type': 'application/json-patch+json' },
      status: 422,
      reason: 'Invalid',
    },
    { name: 'a path that is not encoded right', path: `${maps}/%E0%A4%A`, status: 400, reason: 'BadRequest' },
    {
      name: 'a version from the future',
      path: `${maps}?resourceVersion=99999`,
      status: 504,
      reason: 'Timeout',
      says: /Too large resource version/,
    },
  ];
  beforeEach(() => call({ method: 'POST', path: maps, body: map('kept') }));
  it.each(cases)('$name', async ({ status, reason, says, ...sent }) => {
    const answer = await call(sent);
    expect({ status: answer.status, ...answer.body }).toMatchObject({
      status: 'Failure',
      kind: 'Status',
      apiVersion: 'v1',
      reason,
      code: status,
    });
    expect(answer.status).toBe(status);
    if (says !== undefined) expect(answer.body['message']).toMatch(says);
  });
});

describe('what is answered', () => {
  it('objects, tables and metadata, as asked', async () => {
    expect((await call({ method: 'POST', path: maps, body: map('a') })).status).toBe(201);
    const table = await call({
      path: maps,
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io, application/json' },
    });
    expect(table.body).toMatchObject({
      kind: 'Table',
      rows: [{ cells: ['a', 1, '0s'], object: { kind: 'PartialObjectMetadata', metadata: { name: 'a' } } }],
    });
    const metadata = await call({
      path: maps,
      headers: { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
    });
    expect(metadata.body).toMatchObject({ kind: 'PartialObjectMetadataList', items: [{ metadata: { name: 'a' } }] });
    expect((await call({ path: `${maps}/a` })).body).toMatchObject({ kind: 'ConfigMap', data: { a: 'b' } });
    expect((await call({ method: 'HEAD', path: `${maps}/a` })).status).toBe(200);
  });

  it('YAML bodies and warnings', async () => {
    const body = `
apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: s}
spec:
  "fräight": 1
  requestedFreight: [{origin: {kind: Warehouse, name: w}, sources: {direct: yes}}]
`;
    const path = '/apis/kargo.akuity.io/v1alpha1/namespaces/default/stages';
    const answer = await call({ method: 'POST', path, body, headers: { 'content-type': 'application/yaml' } });
    expect(answer).toMatchObject({ status: 201, body: { spec: { requestedFreight: [{ sources: { direct: true } }] } } });
    expect(answer.headers.get('warning')).toBe(String.raw`299 - "unknown field \"spec[fr?ight]\""`);
  });

  it('the deletion of a collection', async () => {
    for (const name of ['a', 'b']) await call({ method: 'POST', path: maps, body: map(name) });
    const answer = await call({ method: 'DELETE', path: `${maps}?fieldSelector=metadata.name=a` });
    expect(answer.body).toMatchObject({ kind: 'ConfigMapList', items: [{ metadata: { name: 'a' } }] });
    expect((await call({ path: maps })).body).toMatchObject({ items: [{ metadata: { name: 'b' } }] });
  });

  it('discovery, plain and aggregated', async () => {
    expect((await call({ path: '/api' })).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    const groups = (await call({ path: '/apis' })).body as { groups: { name: string }[] };
    expect(groups.groups.map(({ name }) => name)).toContain('kargo.akuity.io');
    expect((await call({ path: '/apis/kargo.akuity.io' })).body).toMatchObject({
      kind: 'APIGroup',
      preferredVersion: { version: 'v1alpha1' },
    });
    const resources = (await call({ path: '/apis/kargo.akuity.io/v1alpha1' })).body as { resources: { name: string }[] };
    expect(resources.resources.map(({ name }) => name)).toEqual(expect.arrayContaining(['stages', 'stages/status']));
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const all = await call({ path: '/apis', headers: { accept } });
    expect(all.headers.get('content-type')).toContain('as=APIGroupDiscoveryList');
    expect((await call({ path: '/apis/unknown.io' })).status).toBe(404);
  });

  it('health without a user', async () => {
    expect((await call({ path: '/readyz', headers: { authorization: '' } })).body).toEqual({ text: 'ok' });
  });

  it('reviews of access', async () => {
    const body = JSON.stringify({
      spec: { user: 'guest', resourceAttributes: { verb: 'get', resource: 'stages', group: 'kargo.akuity.io' } },
    });
    const answer = await call({ method: 'POST', path: '/apis/authorization.k8s.io/v1/subjectaccessreviews', body });
    expect(answer).toMatchObject({ status: 201, body: { status: { allowed: false } } });
  });
});

describe('watches', () => {
  interface Line {
    type: string;
    object: Record<string, unknown>;
  }

  /** The lines of a watch, which ends by itself or when the clock has gone on for `time` milliseconds. */
  async function lines(
    path: string,
    { time = 0, headers = {} }: { time?: number; headers?: Record<string, string> } = {},
  ): Promise<Line[]> {
    const response = await fetch(`${url}${path}`, { headers: { authorization: 'Bearer admin', ...headers } });
    await clock.advanceBy(time);
    return (await response.text())
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }

  it('end when their time is up, and mark where initial events end', async () => {
    await call({ method: 'POST', path: maps, body: map('a') });
    const watching = lines(
      `${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=5`,
      { time: 5000 },
    );
    expect(await watching).toMatchObject([
      { type: 'ADDED', object: { metadata: { name: 'a' } } },
      { type: 'BOOKMARK', object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } },
    ]);
  });

  it('send tables whose columns come once', async () => {
    for (const name of ['a', 'b']) await call({ method: 'POST', path: maps, body: map(name) });
    const watching = lines(`${maps}?watch=true&timeoutSeconds=5`, {
      time: 5000,
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    const tables = (await watching).map(({ object }) => object as { columnDefinitions: unknown[]; rows: { cells: unknown[] }[] });
    expect(tables.map(({ columnDefinitions, rows }) => [columnDefinitions.length, rows[0]?.cells[0]])).toEqual([
      [3, 'a'],
      [0, 'b'],
    ]);
  });

  it('start with an error event when history does not reach back', async () => {
    await call({ method: 'POST', path: maps, body: map('a') });
    server.compact();
    expect(await lines(`${maps}?watch=true&resourceVersion=1`)).toMatchObject([
      { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
    ]);
  });

  it('of those who read too slowly end with an error, and hold no more than history', async () => {
    await close();
    await open(50);
    const stalled = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${url}${maps}?watch=true`, { headers: { authorization: 'Bearer admin' } }, resolve)
        .on('error', reject)
        .end();
    });
    stalled.pause();
    const client = server.client();
    const key = { namespace: 'default', name: 'big' };
    await client.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: key });
    for (let step = 0; step < 400; step++) {
      await client.patch(ConfigMap, key, { type: 'merge', body: { data: { step: String(step), padding: 'x'.repeat(50_000) } } });
      if (step % 20 === 0) await systemClock.sleep(1);
    }
    let text = '';
    for await (const chunk of stalled) text += String(chunk);
    expect(text.trim().split('\n').at(-1)).toContain('"code":410');
  });
});
