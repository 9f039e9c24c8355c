import { allKinds, type Freight, Project, Stage, ulidGenerator, Warehouse, type KubeObject } from '@kargo/api';
import { openApiServer, SYSTEM_ADMIN, type ApiServer } from '@kargo/apiserver';
import { admissionRules, eventRecorder } from '@kargo/controllers';
import {
  nextTurn,
  seededRandom,
  VirtualClock,
  type AdmissionRules,
  type Authorizer,
  type Client,
  type UserInfo,
} from '@kargo/kube';
import { Trace } from '@kargo/kube/testing';
import { stepRegistry } from '@kargo/promotion';
import { createRestServer, normalBasePath, type RestServerOptions } from '@kargo/server';
import { hashSync } from 'bcryptjs';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';

export const PASSWORD = 'correct horse';
export const HASH: string = hashSync(PASSWORD, 4);

/** `path`: file of the database, default memory. `as`: the clients of the server as its process has them. */
export type HarnessOptions = Partial<RestServerOptions> & { rbac?: boolean; path?: string; as?: (client: Client) => Client };

/** A REST server over an API in memory, on virtual time. */
export interface Harness {
  server: FastifyInstance;
  client: Client;
  /** The API below, to change its rules. */
  api: ApiServer;
  clock: VirtualClock;
  trace: Trace;
  /** Whose token this is, as the API sees it. */
  reviewToken: (token: string) => Promise<UserInfo | undefined>;
  /** The token of the administrator. */
  token: string;
  /** A request of the administrator below `/v1beta1`; objects as body are sent as JSON. */
  call: (method: string, path: string, body?: string | object, headers?: Record<string, string>) => Promise<Answer>;
}

export interface Answer {
  status: number;
  /** The body as JSON, or undefined if there is none. */
  body: never;
  text: string;
  headers: LightMyRequestResponse['headers'];
}

/** Kinds whose rules are in force here. Those of Freight are not, so that tests can choose names. */
const RULED = new Set(['Project', 'Stage', 'Promotion']);

function rules(client: Client, clock: VirtualClock, trace: Trace, authorizer: Authorizer | undefined): readonly AdmissionRules[] {
  const random = seededRandom('admission');
  const events = eventRecorder({ client, clock, random, log: trace.log('events'), component: 'webhook' });
  return admissionRules({
    client,
    clock,
    random,
    authorizer: {
      authorize: async (user, attributes) =>
        user.username === SYSTEM_ADMIN.username
          ? { allowed: true }
          : ((await authorizer?.authorize(user, attributes)) ?? { allowed: false }),
    },
    ulid: ulidGenerator({ now: () => clock.now(), random: random.next }),
    isControlPlane: ({ username }) => username === SYSTEM_ADMIN.username,
    events: { freight: events, promotion: events },
    steps: new Set(stepRegistry().keys()),
  }).filter(({ kind }) => RULED.has(kind.kind));
}

/** `rbac`: Kubernetes users may do what roles in the store give them. */
export async function openHarness({
  rbac = false,
  path = ':memory:',
  as = (given) => given,
  ...options
}: HarnessOptions = {}): Promise<Harness> {
  const clock = new VirtualClock('2026-01-01T00:00:00Z');
  const random = seededRandom(1);
  const trace = new Trace(clock);
  const api = openApiServer({ path, kinds: allKinds, clock, random, log: trace.log('api'), historyLimit: 50 });
  const client = api.client();
  const authorizer = rbac ? api.authorizer : options.authorizer;
  api.setAdmission(rules(client, clock, trace, authorizer));
  const reviewToken = async (token: string): Promise<UserInfo | undefined> =>
    USERS[token] ?? USERS[token.split('.')[2] ?? ''] ?? (await api.reviewToken(token));
  const server = createRestServer({
    client: (user) => as(api.client(user)),
    privileged: as(client),
    auth: {
      adminPasswordHash: HASH,
      tokenSigningKey: 'signing key of these tests, long enough',
      ttl: 3_600_000,
      reviewToken,
    },
    clock,
    random,
    log: trace.log('server'),
    builtInController: '',
    ...options,
    ...(authorizer === undefined ? {} : { authorizer }),
  });
  const request = async (inject: InjectOptions): Promise<Answer> => {
    const isStream = STREAMS.test(String(inject.url));
    const response = await server.inject(isStream ? { ...inject, payloadAsStream: true } : inject);
    const text = isStream ? await readForAWhile(response) : response.body;
    const isJson = String(response.headers['content-type'] ?? '').startsWith('application/json');
    return {
      status: response.statusCode,
      body: (isJson ? JSON.parse(text) : undefined) as never,
      text,
      headers: response.headers,
    };
  };
  const prefix = `${normalBasePath(options.basePath)}/v1beta1`;
  const login = await request({ method: 'POST', url: `${prefix}/login`, headers: { authorization: `Bearer ${PASSWORD}` } });
  const token = (login.body as { idToken?: string } | undefined)?.idToken ?? '';
  return {
    server,
    client,
    api,
    clock,
    trace,
    token,
    reviewToken,
    call: (method, path, body, headers = {}) =>
      request({
        method: method as 'GET',
        url: `${prefix}${path}`,
        headers: { authorization: `Bearer ${token}`, ...headers },
        ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
  };
}

/** Requests whose answers have no end. */
const STREAMS = /\/watch(\?|$)|[?&]watch=true/;
/** Turns of the event loop without news after which a stream has told what there is. */
const QUIET = 5;

/** What a stream tells at first. Then its reader leaves. */
async function readForAWhile(response: LightMyRequestResponse): Promise<string> {
  let text = '';
  let isOpen = true;
  const stream = response.stream();
  let quiet = 0;
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    quiet = 0;
  });
  stream.on('close', () => (isOpen = false));
  stream.on('error', () => (isOpen = false));
  for (; isOpen && quiet < QUIET; quiet++) await nextTurn();
  if (isOpen) response.raw.res.destroy();
  await nextTurn();
  return text;
}

/** Users by the last part of their tokens. */
const USERS: Readonly<Record<string, UserInfo>> = {
  alice: { username: 'alice', groups: ['dev'] },
  'opaque-token': { username: 'opaque' },
};

/** A token that the token review knows. */
export function userToken(name: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part({ iss: 'https://kubernetes' })}.${name}`;
}

/** Allows what `rules` lists as `verb resource[/subresource] [name]`. */
export function allowing(...rules: string[]): Authorizer {
  return {
    authorize: async (_user, { verb, resource, subresource, name }) => {
      const what = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
      return { allowed: rules.includes(what) || rules.includes(`${what} ${name ?? ''}`) };
    },
  };
}

const V1 = 'kargo.akuity.io/v1alpha1';

/** A Project with a Warehouse, Freight of it, and the Stages test, uat and prod behind each other. */
export async function openPipeline(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await openHarness(options);
  const { client } = harness;
  await client.create(Project, { apiVersion: V1, kind: 'Project', metadata: { name: 'demo' } });
  await client.create(Warehouse, {
    apiVersion: V1,
    kind: 'Warehouse',
    metadata: { name: 'w', namespace: 'demo' },
    spec: { subscriptions: [{ image: { repoURL: 'registry/app' } }] },
  } as Warehouse);
  await client.create(Stage, aStage('test', { direct: true }));
  await client.create(Stage, aStage('uat', { stages: ['test'] }));
  await client.create(Stage, aStage('prod', { stages: ['uat'] }));
  return harness;
}

export function aStage(name: string, sources: object, more: object = {}): Stage {
  return {
    apiVersion: V1,
    kind: 'Stage',
    metadata: { name, namespace: 'demo' },
    spec: {
      requestedFreight: [{ origin: { kind: 'Warehouse', name: 'w' }, sources }],
      promotionTemplate: { spec: { steps: [{ uses: 'git-clear', config: { path: '.' } }] } },
      ...more,
    },
  } as Stage;
}

export function someFreight(name: string, tag: string, status: Freight['status'] = {}, more: object = {}): Freight {
  return {
    apiVersion: V1,
    kind: 'Freight',
    metadata: { name, namespace: 'demo', labels: { 'kargo.akuity.io/alias': `alias-${name}` } },
    alias: `alias-${name}`,
    origin: { kind: 'Warehouse', name: 'w' },
    images: [{ repoURL: 'registry/app', tag }],
    status,
    ...more,
  } as Freight;
}

/** Creates Freight with its status. */
export async function addFreight(client: Client, freight: Freight, kind = FREIGHT): Promise<void> {
  const created = await client.create(kind, freight);
  await client.updateStatus(kind, { ...created, status: freight.status } as KubeObject);
}

const FREIGHT = allKinds.find(({ kind }) => kind === 'Freight') as (typeof allKinds)[number];
