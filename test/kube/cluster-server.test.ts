/** `kargo server` over an API elsewhere, with nothing but the rights of its own account. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  allKinds,
  apiVersionOf,
  Freight,
  Project,
  Stage,
  Warehouse,
  type Kind,
  type KubeObject,
  type Promotion,
} from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import { admissionFor, clusterManifests, kubeconfig, parseUpConfig, runServer } from '@kargo/controlplane';
import { seededRandom, silentLog, systemClock, type UserInfo } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'kargo-server-'));
/** bcrypt of `secret`. */
const HASH = '$2b$04$Ux6brIqes4lPt35W5cCWuuA65MIG9oiyeV..XqUvEnPO7wt0Mznz2';
const account = (name: string): UserInfo => ({
  username: `system:serviceaccount:kargo:${name}`,
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kargo', 'system:authenticated'],
});
const TOKENS: Readonly<Record<string, UserInfo>> = {
  server: account('kargo-api'),
  kim: { username: 'kim', groups: ['system:authenticated'] },
  lee: { username: 'lee', groups: ['system:authenticated'] },
};
const seen: string[] = [];
const stopping = new AbortController();
let api: ApiServer;
let http: Server;
let running: Promise<void>;
let address: string;

async function apply(objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const kind = allKinds.find((each) => each.kind === object.kind && apiVersionOf(each) === object.apiVersion);
    await api.client().create(kind as Kind, object);
  }
}

const object = (kind: Kind<never>, metadata: KubeObject['metadata'], rest: object): KubeObject => ({
  apiVersion: apiVersionOf(kind as unknown as Kind),
  kind: kind.kind,
  metadata,
  ...rest,
});
const rbac = (kind: string, name: string, rest: object): KubeObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  metadata: { name, namespace: 'shop' },
  ...rest,
});
const kargoRule = (resources: string[], verbs: string[]): object => ({ apiGroups: ['kargo.akuity.io'], resources, verbs });

beforeAll(async () => {
  const user = (token: string | undefined): UserInfo | undefined => TOKENS[token ?? ''];
  api = openApiServer({
    path: ':memory:',
    kinds: allKinds,
    clock: systemClock,
    random: seededRandom(1),
    tokenUser: user,
    authenticate: ({ headers, method, url }) => {
      const found = user(/^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]);
      seen.push(`${found?.username ?? '-'} ${method} ${url?.split('?')[0]}`);
      return found;
    },
  });
  const client = api.client();
  await apply(clusterManifests({ namespace: 'kargo', image: 'x', crds: false, analysis: true, webhooks: false }));
  const random = seededRandom(2);
  api.setAdmission(admissionFor({ client, clock: systemClock, random, log: silentLog, authorizer: api.authorizer }));
  const requestedFreight = [{ origin: { kind: 'Warehouse', name: 'app' }, sources: { direct: true } }];
  await apply([
    object(Project as never, { name: 'shop' }, {}),
    object(
      Warehouse as never,
      { name: 'app', namespace: 'shop' },
      { spec: { subscriptions: [{ image: { repoURL: 'ghcr.io/acme/web' } }] } },
    ),
    object(
      Stage as never,
      { name: 'test', namespace: 'shop' },
      {
        spec: { requestedFreight, promotionTemplate: { spec: { steps: [{ uses: 'git-clear', config: { path: './out' } }] } } },
      },
    ),
    object(
      Freight as never,
      { namespace: 'shop' },
      {
        alias: 'happy-herring',
        origin: { kind: 'Warehouse', name: 'app' },
        images: [{ repoURL: 'ghcr.io/acme/web', tag: '1.0.0', digest: 'sha256:00' }],
      },
    ),
    rbac('Role', 'promoter', {
      rules: [
        kargoRule(['stages'], ['get', 'list', 'promote']),
        kargoRule(['freights'], ['get', 'list']),
        kargoRule(['promotions'], ['create']),
      ],
    }),
    rbac('RoleBinding', 'promoter', {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'promoter' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'kim' }],
    }),
  ]);
  http = createServer(api.handler);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const file = join(folder, 'kubeconfig');
  const server = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  writeFileSync(file, kubeconfig({ address: server, token: 'server', certificate: '' }).replace('https:', 'http:'));
  const shared = parseUpConfig(['--listen', '127.0.0.1:0', '--data', join(folder, 'data')], {});
  if (shared === undefined) throw new Error('help was not asked for');
  const config = { ...shared, kubeconfig: file, namespace: 'kargo', systemNamespace: 'kargo-system-resources' };
  const env = {
    ADMIN_ACCOUNT_PASSWORD_HASH: HASH,
    ADMIN_ACCOUNT_TOKEN_SIGNING_KEY: 'key',
    ARGOCD_URLS: '=https://argocd.example.com, east=https://east.example.com',
  };
  const port = await new Promise<number>((onListening, reject) => {
    running = runServer({ config, log: silentLog, env, onListening }, stopping.signal);
    running.catch(reject);
  });
  address = `http://127.0.0.1:${port}/v1beta1`;
}, 60_000);
afterAll(async () => {
  stopping.abort();
  await running;
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

async function call(
  method: string,
  path: string,
  token?: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${address}${path}`, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('the REST API of a cluster', () => {
  it('lets people of the cluster do what the cluster lets them do, in their own name', async () => {
    expect((await call('GET', '/projects/shop/stages', 'kim')).status).toBe(200);
    expect((await call('GET', '/projects/shop/stages', 'lee')).status).toBe(403);
    expect((await call('GET', '/projects/shop/stages', 'nobody')).status).toBe(401);
    expect((await call('GET', '/projects/shop/warehouses', 'kim')).status).toBe(403);
    seen.length = 0;
    const promote = { freightAlias: 'happy-herring' };
    const made = await call('POST', '/projects/shop/stages/test/promotions', 'kim', promote);
    expect(made.status).toBe(201);
    const { metadata } = made.body as unknown as Promotion;
    expect(metadata.annotations?.['kargo.akuity.io/create-actor']).toBe('kubernetes:kim');
    expect(seen).toContain('kim POST /apis/kargo.akuity.io/v1alpha1/namespaces/shop/promotions');
    expect((await call('POST', '/projects/shop/stages/test/promotions', 'lee', promote)).status).toBe(403);
  });

  it('lets the administrator in, who acts as the server', async () => {
    expect((await call('POST', '/login', 'wrong')).status).toBe(403);
    const token = String((await call('POST', '/login', 'secret')).body['idToken']);
    expect((await call('GET', '/projects', token)).status).toBe(200);
    seen.length = 0;
    expect((await call('POST', '/projects/shop/stages/test/promotions', token, { freightAlias: 'happy-herring' })).status).toBe(
      201,
    );
    expect(seen).toContain(`${account('kargo-api').username} POST /apis/kargo.akuity.io/v1alpha1/namespaces/shop/promotions`);
    const manifest = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'kube-system' } });
    const { body } = await call('POST', '/resources', token, JSON.parse(manifest));
    expect(JSON.stringify(body)).toContain('forbidden');
  });

  it('tells what it was told about Argo CD', async () => {
    const { body } = await call('GET', '/system/server-config', 'kim');
    expect(body['argocdShards']).toEqual({
      '': { url: 'https://argocd.example.com', namespace: 'argocd' },
      east: { url: 'https://east.example.com', namespace: 'argocd' },
    });
  });
});

const unusable: [string, Record<string, string>, RegExp][] = [
  ['half an administrator', { ADMIN_ACCOUNT_PASSWORD_HASH: HASH }, /needs both/],
  ['a password that is no hash', { ADMIN_ACCOUNT_PASSWORD_HASH: 'x', ADMIN_ACCOUNT_TOKEN_SIGNING_KEY: 'k' }, /bcrypt/],
  ['a list that is none', { ARGOCD_URLS: 'https://argocd.example.com' }, /shard=url/],
  ['half of TLS', { TLS_KEY_PATH: '/x' }, /TLS_CERT_PATH/],
];
it.each(unusable)('does not start with %s', async (_, env, says) => {
  const shared = parseUpConfig(['--listen', '127.0.0.1:0', '--data', join(folder, 'other')], {});
  const file = join(folder, 'kubeconfig');
  const config = { ...shared, kubeconfig: file, namespace: 'kargo', systemNamespace: 's' } as Parameters<
    typeof runServer
  >[0]['config'];
  await expect(runServer({ config, log: silentLog, env }, stopping.signal)).rejects.toThrow(says);
});

describe('a server for one person, at their own machine', () => {
  const stop = new AbortController();
  let local: Promise<void>;
  let origin: string;
  let metrics: string;
  const get = async (path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> => {
    const response = await fetch(`${origin}${path}`, { headers });
    return { status: response.status, body: await response.text() };
  };

  beforeAll(async () => {
    const file = join(folder, 'kim.kubeconfig');
    const cluster = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    writeFileSync(file, kubeconfig({ address: cluster, token: 'kim', certificate: '' }).replace('https:', 'http:'));
    const shared = parseUpConfig(['--listen', '127.0.0.1:0', '--data', join(folder, 'local')], {});
    if (shared === undefined) throw new Error('help was not asked for');
    const config = { ...shared, isLocal: true, kubeconfig: file, namespace: 'kargo', systemNamespace: 'kargo-system-resources' };
    const env = { API_BASE_PATH: '/kargo', METRICS_BIND_ADDRESS: '127.0.0.1:0' };
    const lines: { message: string; port?: number }[] = [];
    const note = (fields: object, message: string): void => void lines.push({ ...fields, message });
    const log = { ...silentLog, info: note, child: () => log };
    const port = await new Promise<number>((onListening, reject) => {
      local = runServer({ config, log, env, onListening }, stop.signal);
      local.catch(reject);
    });
    origin = `http://127.0.0.1:${port}/kargo`;
    metrics = `http://127.0.0.1:${lines.find(({ message }) => message === 'metrics are served')?.port ?? 0}`;
  });
  afterAll(async () => {
    stop.abort();
    await local;
  });

  it('asks nobody who they are, and does what their kubeconfig may do', async () => {
    expect(JSON.parse((await get('/v1beta1/system/public-server-config')).body)).toMatchObject({ skipAuth: true });
    expect((await get('/v1beta1/projects/shop/stages')).status).toBe(200);
    expect((await get('/v1beta1/projects/shop/warehouses')).status).toBe(403);
    expect(JSON.parse((await get('/v1beta1/system/server-config')).body)).toMatchObject({ secretManagementEnabled: false });
  });

  it('answers nothing that a page of another site sends', async () => {
    expect((await get('/v1beta1/projects/shop/stages', { origin: 'https://elsewhere.example.com' })).status).toBe(403);
  });

  it('serves metrics at an address of their own, without a token', async () => {
    const answer = await fetch(`${metrics}/metrics`);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('kargo_http_request_duration_seconds')]);
    expect((await fetch(`${metrics}/healthz`)).status).toBe(200);
    expect((await fetch(`${metrics}/metrics`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${metrics}/other`)).status).toBe(404);
  });
});
