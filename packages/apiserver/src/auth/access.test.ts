import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { allKinds, ClusterRole, ClusterRoleBinding, Namespace, Role, RoleBinding, Secret, ServiceAccount } from '@kargo/api';
import { seededRandom, VirtualClock, type Client, type UserInfo } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openApiServer, type ApiServer } from '../api-server.ts';

const RBAC = { apiVersion: 'rbac.authorization.k8s.io/v1' } as const;
const GROUP = { apiGroup: 'rbac.authorization.k8s.io' } as const;

let server: ApiServer;
let client: Client;
let http: Server;
let url: string;
let clock: VirtualClock;

beforeEach(async () => {
  clock = new VirtualClock();
  server = openApiServer({
    path: ':memory:',
    kinds: allKinds,
    clock,
    random: seededRandom(1),
    // The name of the user is the password; `root` is a master.
    authenticate: ({ headers }) => {
      const name = /^User (.+)$/.exec(headers.authorization ?? '')?.[1];
      return name === undefined ? undefined : user(name);
    },
  });
  client = server.client();
  http = createServer(server.handler);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  for (const name of ['one', 'two']) await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
});
afterEach(async () => {
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  await server.close();
});

function user(name: string): UserInfo {
  return { username: name, groups: [...(name === 'root' ? ['system:masters'] : ['staff']), 'system:authenticated'] };
}

interface Answer {
  status: number;
  body: { message?: string; status?: unknown; [field: string]: unknown };
}

async function call(
  as: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: as.includes(' ') ? as : `User ${as}`,
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const role = (namespace: string, name: string, rules: Role['rules']): Promise<Role> =>
  client.create(Role, { ...RBAC, kind: 'Role', metadata: { namespace, name }, rules: rules ?? [] });
const clusterRole = (name: string, rules: Role['rules'], labels = {}): Promise<ClusterRole> =>
  client.create(ClusterRole, { ...RBAC, kind: 'ClusterRole', metadata: { name, labels }, rules: rules ?? [] });
const bind = (
  namespace: string,
  kind: 'Role' | 'ClusterRole',
  name: string,
  subject: RoleBinding['subjects'],
): Promise<RoleBinding> =>
  client.create(RoleBinding, {
    ...RBAC,
    kind: 'RoleBinding',
    metadata: { namespace, generateName: 'b-' },
    roleRef: { ...GROUP, kind, name },
    subjects: subject ?? [],
  });
const bindEverywhere = (name: string, subject: RoleBinding['subjects']): Promise<ClusterRoleBinding> =>
  client.create(ClusterRoleBinding, {
    ...RBAC,
    kind: 'ClusterRoleBinding',
    metadata: { generateName: 'b-' },
    roleRef: { ...GROUP, kind: 'ClusterRole', name },
    subjects: subject ?? [],
  });
const person = (name: string): NonNullable<RoleBinding['subjects']> => [{ ...GROUP, kind: 'User', name }];

describe('access', () => {
  beforeEach(async () => {
    await clusterRole('reader', [{ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['configmaps'] }]);
    await clusterRole('metrics', [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }]);
    await role('one', 'writer', [
      { verbs: ['create', 'get'], apiGroups: [''], resources: ['configmaps'] },
      { verbs: ['get', 'list', 'delete'], apiGroups: [''], resources: ['secrets'], resourceNames: ['mine'] },
      { verbs: ['patch'], apiGroups: ['kargo.akuity.io'], resources: ['freights/status'] },
    ]);
    await bindEverywhere('reader', person('auditor'));
    await bindEverywhere('metrics', person('auditor'));
    await bind('one', 'ClusterRole', 'reader', person('guest'));
    await bind('one', 'Role', 'writer', person('writer'));
    await bind('two', 'ClusterRole', 'reader', [{ ...GROUP, kind: 'Group', name: 'staff' }]);
    await bind('one', 'ClusterRole', 'none such', person('lost'));
  });

  const maps = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`;
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' } };
  const secrets = '/api/v1/namespaces/one/secrets';
  const cases: [string, string, string, number, unknown?][] = [
    ['root', 'GET', '/api/v1/configmaps', 200],
    ['auditor', 'GET', '/api/v1/configmaps', 200],
    ['auditor', 'GET', maps('one'), 200],
    ['auditor', 'GET', '/api/v1/secrets', 403],
    ['auditor', 'POST', maps('one'), 403, map],
    ['auditor', 'GET', '/metrics', 404],
    ['guest', 'GET', '/metrics', 403],
    ['guest', 'GET', maps('one'), 200],
    ['guest', 'GET', maps('two'), 200],
    ['guest', 'GET', '/api/v1/configmaps', 403],
    ['guest', 'DELETE', maps('one'), 403],
    ['writer', 'POST', maps('one'), 201, map],
    ['writer', 'POST', maps('two'), 403, map],
    ['writer', 'GET', maps('one'), 403],
    ['writer', 'GET', `${secrets}/mine`, 404],
    ['writer', 'GET', `${secrets}/other`, 403],
    ['writer', 'GET', secrets, 403],
    ['writer', 'GET', `${secrets}?fieldSelector=metadata.name%3Dmine`, 200],
    ['writer', 'GET', `${secrets}?fieldSelector=metadata.name%3Dother`, 403],
    ['writer', 'DELETE', `${secrets}/mine`, 404],
    ['writer', 'PATCH', '/apis/kargo.akuity.io/v1alpha1/namespaces/one/freights/f/status', 404, {}],
    ['writer', 'PATCH', '/apis/kargo.akuity.io/v1alpha1/namespaces/one/freights/f', 403, {}],
    ['lost', 'GET', maps('one'), 403],
    ['lost', 'GET', '/apis', 200],
    ['lost', 'GET', '/version', 200],
    ['lost', 'POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', 403, {}],
    ['lost', 'POST', '/apis/authentication.k8s.io/v1/tokenreviews', 403, {}],
    ['lost', 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', 201, {}],
    ['Bearer nothing', 'GET', maps('one'), 401],
  ];
  it.each(cases)('%s: %s %s is answered with %i', async (as, method, path, status, body) => {
    expect((await call(as, method, path, body)).status).toBe(status);
  });

  it('ends with its binding, and follows the role', async () => {
    expect((await call('guest', 'GET', maps('one'))).status).toBe(200);
    await client.patch(ClusterRole, { name: 'reader' }, { type: 'merge', body: { rules: [] } });
    expect((await call('guest', 'GET', maps('one'))).status).toBe(403);
    const { items } = await client.list(RoleBinding, { namespace: 'one' });
    const writer = items.find(({ roleRef }) => roleRef.name === 'writer');
    await client.delete(RoleBinding, { namespace: 'one', name: writer?.metadata.name ?? '' });
    expect((await call('writer', 'POST', maps('one'), map)).status).toBe(403);
  });

  it('is explained where it is reviewed', async () => {
    const ask = async (user: string, verb: string, namespace: string): Promise<unknown> => {
      const spec = { user, resourceAttributes: { verb, resource: 'configmaps', namespace } };
      return (await call('root', 'POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec })).body.status;
    };
    expect(await ask('guest', 'get', 'one')).toMatchObject({
      allowed: true,
      reason: expect.stringContaining('of ClusterRole "reader" to User "guest"'),
    });
    expect(await ask('guest', 'create', 'one')).toEqual({ allowed: false });
    const local = (namespace: string): Promise<Answer> =>
      call('root', 'POST', '/apis/authorization.k8s.io/v1/namespaces/one/localsubjectaccessreviews', {
        spec: { user: 'guest', resourceAttributes: { verb: 'get', resource: 'configmaps', namespace } },
      });
    expect((await local('one')).body.status).toMatchObject({ allowed: true });
    expect((await local('two')).status).toBe(422);
  });

  it('is listed for its owner', async () => {
    const { body } = await call('guest', 'POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
      spec: { namespace: 'one' },
    });
    expect(body.status).toMatchObject({
      incomplete: false,
      resourceRules: expect.arrayContaining([{ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['configmaps'] }]),
    });
  });

  it('needs create besides patch to make something by applying it', async () => {
    await role('one', 'patcher', [{ verbs: ['patch'], apiGroups: [''], resources: ['configmaps'] }]);
    await bind('one', 'Role', 'patcher', person('patcher'));
    const apply = (as: string): Promise<Answer> =>
      call(
        as,
        'PATCH',
        `${maps('one')}/applied?fieldManager=test`,
        { ...map, metadata: { name: 'applied' } },
        {
          'content-type': 'application/apply-patch+yaml',
        },
      );
    expect(await apply('patcher')).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining('User "patcher" cannot create resource "configmaps"') },
    });
    expect(await apply('root')).toMatchObject({ status: 201 });
    expect(await apply('patcher')).toMatchObject({ status: 200 });
  });
});

describe('aggregated ClusterRoles', () => {
  it('have the rules of those they select, whatever comes and goes', async () => {
    const wanted = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
    await client.create(ClusterRole, {
      ...RBAC,
      kind: 'ClusterRole',
      metadata: { name: 'sum' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] },
    });
    const rules = async (): Promise<unknown> => (await client.get(ClusterRole, { name: 'sum' })).rules ?? [];
    await clusterRole('a', [wanted], { part: 'yes' });
    await clusterRole('b', [{ ...wanted, verbs: ['list'] }], { part: 'no' });
    await vi.waitFor(async () => expect(await rules()).toEqual([wanted]));
    await client.patch(ClusterRole, { name: 'b' }, { type: 'merge', body: { metadata: { labels: { part: 'yes' } } } });
    await vi.waitFor(async () => expect(await rules()).toEqual([wanted, { ...wanted, verbs: ['list'] }]));
    await client.delete(ClusterRole, { name: 'a' });
    await vi.waitFor(async () => expect(await rules()).toEqual([{ ...wanted, verbs: ['list'] }]));
  });
});

describe('who may manage roles', () => {
  const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/one/roles';
  const bindings = '/apis/rbac.authorization.k8s.io/v1/namespaces/one/rolebindings';
  const readSecrets = { verbs: ['get'], apiGroups: [''], resources: ['secrets'] };
  const readMaps = { verbs: ['get'], apiGroups: [''], resources: ['configmaps'] };
  const newRole = (rules: unknown[]): object => ({ ...RBAC, kind: 'Role', metadata: { name: 'r' }, rules });
  const newBinding = (name: string): object => ({
    ...RBAC,
    kind: 'RoleBinding',
    metadata: { generateName: 'x-' },
    roleRef: { kind: 'Role', name },
    subjects: [{ kind: 'User', name: 'boss' }],
  });

  beforeEach(async () => {
    await role('one', 'manager', [
      { verbs: ['*'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'] },
      readMaps,
    ]);
    // The verbs `escalate` and `bind` are among `*`.
    await role('one', 'plain', [
      {
        verbs: ['create', 'update', 'patch', 'get'],
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['roles', 'rolebindings'],
      },
      readMaps,
    ]);
    await role('one', 'secret', [readSecrets]);
    await role('one', 'maps', [readMaps]);
    await bind('one', 'Role', 'manager', person('boss'));
    await bind('one', 'Role', 'plain', person('clerk'));
    await bind('one', 'Role', 'secret', person('spy'));
  });

  it('may give what they hold, and nothing more', async () => {
    expect((await call('clerk', 'POST', roles, newRole([readMaps]))).status).toBe(201);
    expect(await call('clerk', 'PATCH', `${roles}/r`, { rules: [readSecrets] })).toMatchObject({
      status: 403,
      body: {
        message:
          'roles.rbac.authorization.k8s.io "r" is forbidden: user "clerk" (groups=["staff" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
      },
    });
    expect((await call('clerk', 'PATCH', `${roles}/secret`, { metadata: { labels: { a: 'b' } } })).status).toBe(200);
  });

  it('may bind what they hold, and nothing more', async () => {
    expect((await call('clerk', 'POST', bindings, newBinding('maps'))).status).toBe(201);
    expect((await call('clerk', 'POST', bindings, newBinding('secret'))).status).toBe(403);
    expect((await call('clerk', 'POST', bindings, newBinding('missing'))).status).toBe(404);
  });

  it('may do more with the verbs for it', async () => {
    expect((await call('boss', 'POST', roles, newRole([readSecrets]))).status).toBe(201);
    expect((await call('boss', 'POST', bindings, newBinding('secret'))).status).toBe(201);
  });

  it('cannot turn a binding to another role', async () => {
    const { body } = await call('boss', 'POST', bindings, newBinding('maps'));
    const { name } = (body as { metadata?: { name: string } }).metadata ?? { name: '' };
    expect(await call('root', 'PATCH', `${bindings}/${name}`, { roleRef: { name: 'secret' } })).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('cannot change roleRef') },
    });
  });

  it('is told what is wrong with rules and subjects', async () => {
    const role = await call(
      'root',
      'POST',
      roles,
      newRole([
        { apiGroups: [''], resources: ['pods'] },
        { verbs: ['get'], nonResourceURLs: ['/x'] },
      ]),
    );
    expect(role.body.message).toContain('rules[0].verbs: Required value');
    expect(role.body.message).toContain('namespaced rules cannot apply to non-resource URLs');
    const binding = await call('root', 'POST', bindings, { ...newBinding('maps'), subjects: [{ kind: 'Robot', name: 'r2' }] });
    expect(binding.body.message).toContain('supported values: "ServiceAccount", "User", "Group"');
  });
});

describe('impersonation', () => {
  const as = (headers: Record<string, string>, who = 'helper'): Promise<Answer> =>
    call(who, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, headers);

  beforeEach(async () => {
    await clusterRole('impersonator', [
      { verbs: ['impersonate'], apiGroups: [''], resources: ['users'], resourceNames: ['guest'] },
      { verbs: ['impersonate'], apiGroups: [''], resources: ['groups'], resourceNames: ['staff'] },
      { verbs: ['impersonate'], apiGroups: ['authentication.k8s.io'], resources: ['userextras/reason'] },
    ]);
    await bindEverywhere('impersonator', person('helper'));
  });

  it('makes the request one of that user', async () => {
    const { body } = await as({ 'impersonate-user': 'guest', 'impersonate-group': 'staff', 'impersonate-extra-reason': 'why' });
    expect(body.status).toEqual({
      userInfo: { username: 'guest', groups: ['staff', 'system:authenticated'], extra: { reason: ['why'] } },
    });
    const account = await as({ 'impersonate-user': 'system:serviceaccount:one:bot' }, 'root');
    expect(account.body.status).toMatchObject({
      userInfo: { groups: ['system:serviceaccounts', 'system:serviceaccounts:one', 'system:authenticated'] },
    });
  });

  const refused: [string, Record<string, string>, number][] = [
    ['another user', { 'impersonate-user': 'root' }, 403],
    ['another group', { 'impersonate-user': 'guest', 'impersonate-group': 'system:masters' }, 403],
    ['a uid', { 'impersonate-user': 'guest', 'impersonate-uid': '1' }, 403],
    ['a ServiceAccount', { 'impersonate-user': 'system:serviceaccount:one:bot' }, 403],
    ['a group alone', { 'impersonate-group': 'staff' }, 400],
  ];
  it.each(refused)('of %s is refused', async (_, headers, status) => {
    expect((await as(headers)).status).toBe(status);
  });
});

describe('tokens of ServiceAccounts', () => {
  const path = '/api/v1/namespaces/one/serviceaccounts/bot/token';
  const request = (spec: object = {}): object => ({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec });

  async function token(spec: object = {}): Promise<string> {
    const { status, body } = await call('root', 'POST', path, request(spec));
    expect(status).toBe(201);
    return (body.status as { token: string }).token;
  }
  async function review(token: string, audiences?: string[]): Promise<unknown> {
    return (await call('root', 'POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token, audiences } })).body
      .status;
  }
  const whoami = (token: string): Promise<Answer> =>
    call(`Bearer ${token}`, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {});

  beforeEach(async () => {
    await client.create(ServiceAccount, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace: 'one', name: 'bot' },
    });
  });

  it('stand for their ServiceAccount until they end', async () => {
    const { body } = await call('root', 'POST', path, request({ expirationSeconds: 600 }));
    const { token, expirationTimestamp } = body.status as { token: string; expirationTimestamp: string };
    expect(Date.parse(expirationTimestamp) - clock.now()).toBe(600_000);
    expect((await whoami(token)).body.status).toMatchObject({
      userInfo: { username: 'system:serviceaccount:one:bot', groups: expect.arrayContaining(['system:serviceaccounts:one']) },
    });
    expect(await server.reviewToken(token)).toMatchObject({ username: 'system:serviceaccount:one:bot' });
    await clock.advanceBy(600_000);
    expect((await whoami(token)).status).toBe(401);
    expect(await review(token)).toMatchObject({ authenticated: false });
  });

  it('have the rights that are bound to their ServiceAccount', async () => {
    await clusterRole('reader', [{ verbs: ['get'], apiGroups: [''], resources: ['serviceaccounts'] }]);
    const bearer = `Bearer ${await token()}`;
    const account = '/api/v1/namespaces/one/serviceaccounts/bot';
    expect((await call(bearer, 'GET', account)).status).toBe(403);
    await bind('one', 'ClusterRole', 'reader', [{ kind: 'ServiceAccount', name: 'bot', namespace: 'one' }]);
    expect((await call(bearer, 'GET', account)).status).toBe(200);
    expect((await call(bearer, 'GET', '/api/v1/namespaces/two/serviceaccounts/bot')).status).toBe(403);
    expect((await call(bearer, 'POST', path, request())).status).toBe(403);
  });

  it('end with their ServiceAccount, even if it comes back', async () => {
    const made = await token();
    await client.delete(ServiceAccount, { namespace: 'one', name: 'bot' });
    expect((await whoami(made)).status).toBe(401);
    await client.create(ServiceAccount, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace: 'one', name: 'bot' },
    });
    expect((await whoami(made)).status).toBe(401);
  });

  it('are for their audiences alone', async () => {
    const made = await token({ audiences: ['vault'] });
    expect((await whoami(made)).status).toBe(401);
    expect(await review(made, ['vault', 'other'])).toMatchObject({ authenticated: true, audiences: ['vault'] });
    expect(await review(made)).toMatchObject({ authenticated: false });
  });

  it('end with the Secret they are bound to', async () => {
    const key = { namespace: 'one', name: 's' };
    await client.create(Secret, { apiVersion: 'v1', kind: 'Secret', metadata: key });
    const made = await token({ boundObjectRef: { kind: 'Secret', name: 's' } });
    expect((await whoami(made)).status).toBe(201);
    await client.delete(Secret, key);
    expect((await whoami(made)).status).toBe(401);
  });

  it('cannot be forged', async () => {
    const made = await token();
    const [header = '', body = '', signature = ''] = made.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = [
      `${header}.${encode({ ...claims, sub: 'system:serviceaccount:kube-system:x' })}.${signature}`,
      `${encode({ alg: 'none', typ: 'JWT' })}.${body}.`,
      `${encode({ alg: 'HS256', typ: 'JWT' })}.${body}.${signature}`,
      `${header}.${body}.${Buffer.alloc(64).toString('base64url')}`,
      `${header}.${body}`,
      `${made}.x`,
    ];
    for (const text of forged) expect((await whoami(text)).status).toBe(401);
  });

  const refused: [string, object, number][] = [
    ['too short', { expirationSeconds: 599 }, 422],
    ['too long', { expirationSeconds: 2 ** 32 + 1 }, 422],
    ['bound to a Secret that is not there', { boundObjectRef: { kind: 'Secret', name: 'none' } }, 404],
    ['bound to something else', { boundObjectRef: { kind: 'ConfigMap', name: 'none' } }, 400],
  ];
  it.each(refused)('that are %s are refused', async (_, spec, status) => {
    expect((await call('root', 'POST', path, request(spec))).status).toBe(status);
  });

  it('are put into the Secrets made for them', async () => {
    const key = { namespace: 'one', name: 'api-token' };
    await client.create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: { ...key, annotations: { 'kubernetes.io/service-account.name': 'bot' } },
    });
    const filled = await vi.waitFor(async () => {
      const { data } = await client.get(Secret, key);
      expect(data?.['token']).toBeDefined();
      return Buffer.from(data?.['token'] ?? '', 'base64').toString();
    });
    expect((await whoami(filled)).status).toBe(201);
    await client.delete(ServiceAccount, { namespace: 'one', name: 'bot' });
    expect((await whoami(filled)).status).toBe(401);
    await vi.waitFor(async () => expect((await client.list(Secret, { namespace: 'one' })).items).toEqual([]));
  });
});
