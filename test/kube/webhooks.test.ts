/** Admission served as webhooks to an API that has no rules of its own, beside one that has the same rules in its process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  allKinds,
  ApiError,
  apiVersionOf,
  Event,
  Freight,
  Namespace,
  Project,
  Promotion,
  Secret,
  Stage,
  ValidatingWebhookConfiguration,
  Warehouse,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import { openApiServer, SYSTEM_ADMIN, type ApiServer, type ApiServerOptions } from '@kargo/apiserver';
import { admissionFor, clusterManifests, kubeconfig, runWebhooks } from '@kargo/controlplane';
import { clone, seededRandom, silentLog, systemClock, systemWebhookCaller, type Client, type UserInfo } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post } from './webhook-post.ts';

const folder = mkdtempSync(join(tmpdir(), 'kargo-webhooks-'));
const KIM: UserInfo = { username: 'kim', groups: ['system:authenticated'] };
const WEBHOOKS: UserInfo = {
  username: 'system:serviceaccount:kargo:kargo-webhooks',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kargo', 'system:authenticated'],
};
/** What the environment says of the installation: `CACHE_BY_TAG_POLICY`. */
const INSTALLATION = { images: { cacheByTag: 'Require' } } as const;
const stopping = new AbortController();
const ports: number[] = [];
const replicas: Promise<void>[] = [];
let reviews = 0;
let embedded: ApiServer;
let cluster: ApiServer;
let http: Server;
let bundle = '';

function open(webhooks?: ApiServerOptions['webhooks']): ApiServer {
  return openApiServer({
    webhooks,
    path: ':memory:',
    kinds: allKinds,
    clock: systemClock,
    random: seededRandom(1),
    authenticate: ({ headers }) => (headers.authorization === 'Bearer webhooks' ? WEBHOOKS : undefined),
  });
}

async function apply(client: Client, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const kind = allKinds.find((each) => each.kind === object.kind && apiVersionOf(each) === object.apiVersion);
    await client.create(kind as Kind, object);
  }
}

/** Kim may promote to `test` alone. */
const ROLES: readonly KubeObject[] = [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'promoter' },
    rules: [{ apiGroups: ['kargo.akuity.io'], resources: ['stages'], resourceNames: ['test'], verbs: ['promote'] }],
  } as KubeObject,
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'promoter' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'promoter' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'kim' }],
  } as KubeObject,
];

async function until(what: string, done: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await done())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

beforeAll(async () => {
  // Where the Service of the webhooks leads to.
  const serviceAddress = (): string => `https://127.0.0.1:${ports[reviews++ % 2] ?? 0}`;
  [embedded, cluster] = [open(), open({ call: systemWebhookCaller, serviceAddress })];
  const manifests = clusterManifests({ namespace: 'kargo', image: 'kargo:test', crds: false, analysis: false });
  for (const server of [embedded, cluster]) await apply(server.client(), [...manifests, ...ROLES]);
  const client = embedded.client();
  const { authorizer } = embedded;
  const random = seededRandom(2);
  embedded.setAdmission(admissionFor({ client, clock: systemClock, random, log: silentLog, authorizer, config: INSTALLATION }));

  http = createServer(cluster.handler);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, kubeconfig({ address, token: 'webhooks', certificate: '' }).replace('https:', 'http:'));
  const config = { ...INSTALLATION, kubeconfig: file, host: '127.0.0.1', port: 0, namespace: 'kargo', hosts: [] };
  for (let replica = 0; replica < 2; replica++)
    replicas.push(runWebhooks({ config, log: silentLog, env: {}, onListening: (port) => ports.push(port) }, stopping.signal));
  await until('both replicas', () => ports.length === 2);
  await until('trust', async () => {
    const { webhooks = [] } = await cluster.client().get(ValidatingWebhookConfiguration, { name: 'kargo' });
    bundle = webhooks.at(-1)?.clientConfig.caBundle ?? '';
    return bundle !== '';
  });
}, 60_000);
afterAll(async () => {
  stopping.abort();
  await Promise.all(replicas);
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  await Promise.all([embedded.close(), cluster.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const shop = { namespace: 'shop' };
const object = <T extends KubeObject>(kind: Kind<T>, metadata: KubeObject['metadata'], rest: object): T =>
  ({ apiVersion: apiVersionOf(kind), kind: kind.kind, metadata, ...rest }) as T;
const warehouse = object(
  Warehouse,
  { ...shop, name: 'app' },
  {
    spec: { shard: 'east', subscriptions: [{ image: { repoURL: 'ghcr.io/acme/web', cacheByTag: true } }] },
  },
);
const stage = (name: string, more: object = {}): Stage =>
  object(
    Stage,
    { ...shop, name },
    {
      spec: {
        shard: 'east',
        requestedFreight: [{ origin: { kind: 'Warehouse', name: 'app' }, sources: { direct: true } }],
        promotionTemplate: { spec: { steps: [{ uses: 'git-clear', config: { path: './out' } }] } },
        ...more,
      },
    },
  );
const freight = object(
  Freight,
  { ...shop },
  {
    alias: 'happy-herring',
    origin: { kind: 'Warehouse', name: 'app' },
    images: [{ repoURL: 'ghcr.io/acme/web', tag: '1.0.0', digest: 'sha256:00' }],
  },
);

/** One write after the other, as a story; each says what it came to. */
const story: [string, (system: Client, kim: Client, freight: string) => Promise<unknown>][] = [
  ['a Stage before its Project', (_, kim) => kim.create(Stage, stage('early'))],
  ['a Project', (system) => system.create(Project, object(Project, { name: 'shop' }, {}))],
  ['its namespace', (system) => system.get(Namespace, { name: 'shop' })],
  ['a Project over a namespace of others', (system) => system.create(Project, object(Project, { name: 'kargo' }, {}))],
  ['a Warehouse', (_, kim) => kim.create(Warehouse, warehouse)],
  [
    'a malformed Warehouse',
    (_, kim) => kim.create(Warehouse, { ...warehouse, metadata: { ...shop, name: 'b' }, spec: { subscriptions: 'x' } } as never),
  ],
  [
    'a Warehouse with many mistakes',
    (_, kim) =>
      kim.create(
        Warehouse,
        object(
          Warehouse,
          { ...shop, name: 'b' },
          {
            spec: {
              subscriptions: [{ image: { repoURL: 'a' } }, { image: { repoURL: 'a' } }],
              freightCreationCriteria: { expression: '1 +' },
            },
          },
        ),
      ),
  ],
  [
    'a Warehouse whose image may not be cached by tag, which the installation requires',
    (_, kim) =>
      kim.create(
        Warehouse,
        object(Warehouse, { ...shop, name: 'b' }, { spec: { subscriptions: [{ image: { repoURL: 'ghcr.io/acme/api' } }] } }),
      ),
  ],
  ['a Stage', (_, kim) => kim.create(Stage, stage('test'))],
  ['another Stage', (_, kim) => kim.create(Stage, stage('prod'))],
  [
    'a Stage that waits for itself, with an unknown step',
    (_, kim) =>
      kim.create(
        Stage,
        stage('bad', {
          requestedFreight: [{ origin: { kind: 'Warehouse', name: 'app' }, sources: { stages: ['bad'] } }],
          promotionTemplate: { spec: { steps: [{ uses: 'git-clown' }] } },
        }),
      ),
  ],
  [
    'a Stage that waits for nobody, with a warning',
    (_, kim) =>
      kim.create(
        Stage,
        stage('odd', { requestedFreight: [{ origin: { kind: 'Warehouse', name: 'app' }, sources: { stages: ['nobody'] } }] }),
        {
          onWarning: (text) => {
            throw new ApiError('BadRequest', `warned: ${text}`);
          },
        },
      ),
  ],
  ['Freight', (_, kim) => kim.create(Freight, freight)],
  [
    'Freight of the same alias',
    (_, kim) => kim.create(Freight, { ...freight, images: [{ repoURL: 'ghcr.io/acme/web', tag: '2', digest: 'sha256:11' }] }),
  ],
  [
    'changed Freight',
    async (_, kim, name) => {
      const found = await kim.get(Freight, { ...shop, name });
      return kim.update(Freight, { ...found, images: [] });
    },
  ],
  [
    'a dry run of a Promotion',
    (_, kim, name) =>
      kim.create(Promotion, object(Promotion, { ...shop, generateName: 'p-' }, { spec: { stage: 'test', freight: name } }), {
        dryRun: true,
      }),
  ],
  [
    'a Promotion whose steps are its own',
    (_, kim, name) =>
      kim.create(
        Promotion,
        object(
          Promotion,
          { ...shop, generateName: 'p-', annotations: { 'kargo.akuity.io/create-actor': 'admin' } },
          {
            spec: { stage: 'test', freight: name, steps: [{ uses: 'http', config: {} }] },
          },
        ),
      ),
  ],
  [
    'a Promotion to a Stage that kim may not promote to',
    (_, kim, name) =>
      kim.create(Promotion, object(Promotion, { ...shop, generateName: 'p-' }, { spec: { stage: 'prod', freight: name } })),
  ],
  [
    'a Promotion of Freight that there is not',
    (_, kim) =>
      kim.create(Promotion, object(Promotion, { ...shop, generateName: 'p-' }, { spec: { stage: 'test', freight: 'none' } })),
  ],
  [
    'a Promotion to nowhere',
    (_, kim, name) =>
      kim.create(Promotion, object(Promotion, { ...shop, generateName: 'p-' }, { spec: { stage: 'nowhere', freight: name } })),
  ],
  [
    'an approval',
    (_, kim, name) =>
      kim.patch(
        Freight,
        { ...shop, name },
        { type: 'merge', body: { status: { approvedFor: { prod: {} } } } },
        { subresource: 'status' },
      ),
  ],
  [
    'a change of the steps of a Promotion',
    async (_, kim) => {
      const [first] = (await kim.list(Promotion, shop)).items;
      const changed = clone(first) as Promotion;
      changed.spec.steps = [{ uses: 'http', config: { url: 'https://example.com' } }];
      return kim.update(Promotion, changed);
    },
  ],
  [
    'a request to verify anew',
    (_, kim) =>
      kim.patch(
        Stage,
        { ...shop, name: 'test' },
        { type: 'merge', body: { metadata: { annotations: { 'kargo.akuity.io/reverify': 'some-id' } } } },
      ),
  ],
  [
    'a shard that changes',
    (_, kim) => kim.patch(Stage, { ...shop, name: 'test' }, { type: 'merge', body: { spec: { shard: null } } }),
  ],
  [
    'Freight that is in use',
    async (system, kim, name) => {
      const status = { freightHistory: [{ id: 'x', items: { 'Warehouse/app': { name, origin: freight.origin } } }] };
      await system.patch(
        Stage,
        { ...shop, name: 'test' },
        { type: 'merge', body: { status } as never },
        { subresource: 'status' },
      );
      return kim.delete(Freight, { ...shop, name });
    },
  ],
  [
    'a Promotion that is moved to another Stage',
    async (_, kim) => {
      const [first] = (await kim.list(Promotion, shop)).items;
      const name = first?.metadata.name ?? '';
      const body = { spec: { stage: 'prod' } } as const;
      await kim.patch(Promotion, { ...shop, name }, { type: 'merge', body });
    },
  ],
  [
    'the deletion of a Promotion',
    async (_, kim) => {
      const [first] = (await kim.list(Promotion, shop)).items;
      await kim.delete(Promotion, { ...shop, name: first?.metadata.name ?? '' }, { dryRun: true });
    },
  ],
];

/** What a write came to, without what differs from one API to the other. */
function outcome(value: unknown): unknown {
  const text = JSON.stringify(value ?? null, (key, each: unknown) =>
    ['uid', 'resourceVersion', 'creationTimestamp', 'managedFields', 'discoveredAt', 'approvedAt', 'time'].includes(key)
      ? undefined
      : each,
  );
  return JSON.parse(text.replaceAll(/[0-9a-hjkmnp-tv-z]{26}/g, 'ULID').replaceAll(/\bp-[a-z0-9]{5}\b/g, 'p')) as unknown;
}

async function tell(server: ApiServer): Promise<Record<string, unknown>> {
  const [system, kim] = [server.client(SYSTEM_ADMIN), server.client(KIM)];
  const told: Record<string, unknown> = {};
  let name = '';
  for (const [what, act] of story) {
    try {
      const result = await act(system, kim, name);
      if ((result as KubeObject | undefined)?.kind === 'Freight') name = (result as KubeObject).metadata.name ?? '';
      told[what] = outcome(result);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { message, ...status } = error.toStatus();
      told[what] = outcome({ ...status, message: message.replace(/^admission webhook "[^"]+" denied the request: /, '') });
    }
  }
  const events = (await system.list(Event, shop)).items.map(({ reason, message }) => ({ reason, message }));
  told['events'] = outcome(events);
  return told;
}

describe('webhooks', () => {
  it('decide, complete and refuse exactly as the rules inside the embedded API do', { timeout: 60_000 }, async () => {
    const [inProcess, overTLS] = [await tell(embedded), await tell(cluster)];
    expect(overTLS).toEqual(inProcess);
    expect(reviews).toBeGreaterThan(story.length);
    const promotion = overTLS['a Promotion whose steps are its own'] as Promotion;
    expect(promotion.spec.steps?.map(({ uses }) => uses)).toEqual(['git-clear']);
    expect(promotion.metadata).toMatchObject({
      annotations: { 'kargo.akuity.io/create-actor': 'kubernetes:kim' },
      labels: { 'kargo.akuity.io/shard': 'east' },
    });
    expect(overTLS['a Promotion to a Stage that kim may not promote to']).toMatchObject({ reason: 'Forbidden' });
    const uncached = overTLS['a Warehouse whose image may not be cached by tag, which the installation requires'];
    expect(uncached).toMatchObject({ reason: 'Invalid', details: { causes: [{ field: expect.stringMatching(/cacheByTag$/) }] } });
    expect(overTLS['a malformed Warehouse']).toMatchObject({ reason: 'Invalid' });
    expect((await cluster.client().list(Promotion, shop)).items).toHaveLength(1);
  });

  const servername = 'kargo-webhooks.kargo.svc';
  const ca = (): string => Buffer.from(bundle, 'base64').toString();
  const garbage: [string, Partial<Parameters<typeof post>[0]>, RegExp][] = [
    ['no JSON', { body: '{' }, /HTTP 400/],
    ['something else', { body: '{"kind":"Pod"}' }, /HTTP 400/],
    [
      'another version',
      { body: '{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"x"}}' },
      /HTTP 400/,
    ],
    ['too much', { body: ' '.repeat(9 * 1024 * 1024) }, /HTTP 413|EPIPE|ECONNRESET/],
    ['another type', { contentType: 'text/plain' }, /HTTP 415/],
    ['another path', { path: '/x' }, /HTTP 404/],
  ];
  it.each(garbage)('answer %s with what is wrong', async (_, given, says) => {
    const [port = 0] = ports;
    await expect(post({ port, path: '/mutate', servername, ca: ca(), body: '{}', ...given })).rejects.toThrow(says);
  });

  it('are not trusted under another name, and share their certificate through a Secret', async () => {
    const [port = 0] = ports;
    const wrong = post({ port, path: '/mutate', servername: 'other.svc', ca: ca(), body: '{}' });
    await expect(wrong).rejects.toThrow(/does not match/);
    const secret = await cluster.client().get(Secret, { namespace: 'kargo', name: 'kargo-webhooks-tls' });
    expect(Object.keys(secret.data ?? {}).toSorted()).toEqual(['authorities.json', 'ca.crt', 'tls.crt', 'tls.key']);
    expect(secret.data?.['ca.crt']).toBe(bundle);
  });

  it('leave kinds alone that no rule is about', async () => {
    const { items } = await cluster.client().list(ValidatingWebhookConfiguration);
    const groups = items.flatMap(({ webhooks = [] }) =>
      webhooks.flatMap(({ rules = [] }) => rules.flatMap((rule) => rule.apiGroups)),
    );
    expect(new Set(groups)).toEqual(new Set(['kargo.akuity.io']));
  });
});
