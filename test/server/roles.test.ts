import { Namespace, Project, Role, RoleBinding, Secret, ServiceAccount } from '@kargo/api';
import { beforeAll, describe, expect, it } from 'vitest';
import { openContractWorld, type ContractWorld } from './contract-world.ts';
import { userToken } from './harness.ts';
import { CLIENT, ISSUER, openIssuer } from './oidc-issuer.ts';

const asAlice = { authorization: `Bearer ${userToken('alice')}` };
const rule = (resource: string, verbs: string[], group = 'kargo.akuity.io') => ({
  apiGroups: [group],
  resources: [resource],
  verbs,
});
const error = (body: never): string => (body as { error: string }).error;

/** Lets Kubernetes' user alice do that in the Project demo. */
async function letAlice({ client }: ContractWorld, rules: Role['rules']): Promise<void> {
  const metadata = { name: 'alice', namespace: 'demo' };
  const type = 'rbac.authorization.k8s.io/v1';
  await client.create(Role, { apiVersion: type, kind: 'Role', metadata, rules: rules ?? [] });
  await client.create(RoleBinding, {
    apiVersion: type,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'alice' },
    subjects: [{ kind: 'User', name: 'alice' }],
  });
}

describe('roles of a Project', () => {
  let world: ContractWorld;
  beforeAll(async () => {
    world = await openContractWorld();
  });

  it('are made of a ServiceAccount, a Role and a RoleBinding, in a normal form', async () => {
    const { call, client } = world;
    const draft = {
      metadata: { name: 'release', annotations: { 'kargo.akuity.io/description': 'Releases' } },
      claims: [{ name: 'groups', values: ['b', 'a', 'a'] }],
      rules: [
        { resources: ['stages', 'warehouses'], verbs: ['list', 'get'] },
        { resources: ['stages'], verbs: ['*'], resourceNames: ['prod'] },
        { resources: ['stages'], verbs: ['get', 'watch'] },
      ],
    };
    const created = await call('POST', '/projects/demo/roles', draft);
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      kargoManaged: true,
      metadata: { name: 'release', namespace: 'demo', annotations: { 'kargo.akuity.io/description': 'Releases' } },
      claims: [{ name: 'groups', values: ['a', 'b'] }],
      rules: [
        rule('stages', ['get', 'list', 'watch']),
        {
          ...rule('stages', ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'promote', 'update', 'watch']),
          resourceNames: ['prod'],
        },
        rule('warehouses', ['get', 'list']),
      ],
    });
    const { metadata } = await client.get(ServiceAccount, { namespace: 'demo', name: 'release' });
    expect(metadata.annotations).toMatchObject({
      'rbac.kargo.akuity.io/managed': 'true',
      'rbac.kargo.akuity.io/claims': '{"groups":["a","b"]}',
    });
    expect((await call('POST', '/projects/demo/roles', draft)).status).toBe(409);
    expect((await call('DELETE', '/projects/demo/roles/release')).status).toBe(204);
    for (const kind of [ServiceAccount, Role, RoleBinding])
      await expect(client.get(kind as typeof Role, { namespace: 'demo', name: 'release' })).rejects.toThrow(/not found/);
  });

  const refused: { name: string; method: string; path: string; body?: object; status: number; text: RegExp }[] = [
    { name: 'without a name', method: 'POST', path: 'roles', body: {}, status: 400, text: /name should not be empty/ },
    {
      name: 'of another namespace',
      method: 'POST',
      path: 'roles',
      body: { metadata: { name: 'x', namespace: 'y' } },
      status: 409,
      text: /namespace "y"/,
    },
    {
      name: 'for a singular type',
      method: 'POST',
      path: 'roles',
      body: { metadata: { name: 'x' }, rules: [{ resources: ['stage'], verbs: ['get'] }] },
      status: 400,
      text: /unrecognized resource type "stage"; did you mean "stages"\?/,
    },
    {
      name: 'for all types',
      method: 'POST',
      path: 'roles',
      body: { metadata: { name: 'x' }, rules: [{ resources: ['*'], verbs: ['get'] }] },
      status: 400,
      text: /wildcards are not allowed/,
    },
    {
      name: 'put under another name',
      method: 'PUT',
      path: 'roles/dev',
      body: { metadata: { name: 'x', namespace: 'demo' } },
      status: 400,
      text: /is not "dev"/,
    },
    {
      name: 'put without a namespace',
      method: 'PUT',
      path: 'roles/dev',
      body: { metadata: { name: 'dev' } },
      status: 400,
      text: /namespace "" of the role/,
    },
    {
      name: 'that is not there',
      method: 'PUT',
      path: 'roles/none',
      body: { metadata: { name: 'none', namespace: 'demo' } },
      status: 404,
      text: /not found/,
    },
    {
      name: 'granted to nobody',
      method: 'POST',
      path: 'roles/grants',
      body: { role: 'dev' },
      status: 400,
      text: /one of userClaims, serviceAccounts, or resourceDetails/,
    },
    { name: 'granted without a role', method: 'POST', path: 'roles/grants', body: {}, status: 400, text: /^role is required$/ },
  ];
  it.each(refused)('are refused $name', async ({ method, path, body, status, text }) => {
    const answer = await world.call(method, `/projects/demo/${path}`, body);
    expect([answer.status, error(answer.body)]).toEqual([status, expect.stringMatching(text)]);
  });

  it('are given to people and take permissions, and lose both again', async () => {
    const { call } = world;
    const claims = { claims: [{ name: 'email', values: ['a@b.c'] }] };
    const given = await call('POST', '/projects/demo/roles/grants', { role: 'dev', userClaims: claims });
    expect(given.body).toMatchObject({
      claims: [
        { name: 'email', values: ['a@b.c'] },
        { name: 'groups', values: ['devs'] },
      ],
    });
    const details = { resourceType: 'promotions', resourceName: 'p', verbs: ['get'] };
    const more = await call('POST', '/projects/demo/roles/grants', { role: 'dev', resourceDetails: details });
    expect((more.body as { rules: object[] }).rules).toContainEqual({ ...rule('promotions', ['get']), resourceNames: ['p'] });
    await call('POST', '/projects/demo/roles/revocations', { role: 'dev', userClaims: claims });
    await call('POST', '/projects/demo/roles/revocations', { role: 'dev', resourceDetails: { ...details, verbs: ['watch'] } });
    const less = await call('POST', '/projects/demo/roles/revocations', { role: 'dev', resourceDetails: details });
    expect(less.body).toMatchObject({ claims: [{ name: 'groups', values: ['devs'] }], rules: [rule('stages', ['get', 'list'])] });
  });

  it('that others manage are left to them', async () => {
    const { call, client } = world;
    await client.create(ServiceAccount, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'theirs', namespace: 'demo' },
    });
    const answer = await call('DELETE', '/projects/demo/roles/theirs');
    expect([answer.status, error(answer.body)]).toEqual([400, expect.stringMatching(/not managed by Kargo/)]);
    const all = (await call('GET', '/projects/demo/roles')).body as { metadata: { name: string }; kargoManaged: boolean }[];
    expect(all.map(({ metadata, kargoManaged }) => [metadata.name, kargoManaged])).toEqual([
      ['dev', true],
      ['theirs', false],
    ]);
  });
});

describe('nobody gives what they do not have', () => {
  const roles = rule('roles', ['create', 'update', 'get'], 'rbac.authorization.k8s.io');
  const bindings = rule('rolebindings', ['create', 'get'], 'rbac.authorization.k8s.io');
  const accounts = rule('serviceaccounts', ['create', 'get', 'update'], '');

  it('neither in a role of Kargo, nor in one of Kubernetes, nor by claims, nor by a token', async () => {
    const world = await openContractWorld();
    const { call } = world;
    await letAlice(world, [roles, bindings, accounts, rule('secrets', ['create', 'get'], ''), rule('stages', ['get'])]);
    const draft = (verbs: string[]): object => ({ metadata: { name: 'r' }, rules: [{ resources: ['stages'], verbs }] });
    const more = await call('POST', '/projects/demo/roles', draft(['get', 'promote']), asAlice);
    expect([more.status, error(more.body)]).toEqual([
      403,
      'requester may not grant permissions it does not hold: verb promote on resource stages.kargo.akuity.io',
    ]);
    expect((await call('POST', '/projects/demo/roles', draft(['get']), asAlice)).status).toBe(201);
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'k', namespace: 'demo' },
      rules: [rule('stages', ['delete'])],
    };
    expect((await call('POST', '/resources', role, asAlice)).status).toBe(403);
    // The role dev may list Stages too.
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'dev', namespace: 'demo', annotations: { 'rbac.kargo.akuity.io/claims': '{"email":["alice@test"]}' } },
    };
    const claimed = await call('PUT', '/resources', account, asAlice);
    expect([claimed.status, error(claimed.body)]).toEqual([403, expect.stringMatching(/verb list on resource stages/)]);
    const token = await call('POST', '/projects/demo/roles/dev/api-tokens', { name: 't' }, asAlice);
    expect([token.status, error(token.body)]).toEqual([403, expect.stringMatching(/verb list on resource stages/)]);
    expect((await call('POST', '/projects/demo/roles/r/api-tokens', { name: 't' }, asAlice)).status).toBe(201);
  });
});

describe('claims', () => {
  it('may be called whatever an identity provider calls them', async () => {
    const { call } = await openContractWorld();
    const names = ['toString', 'constructor', '__proto__'];
    const claims = (...values: string[]): { name: string; values: string[] }[] => names.map((name) => ({ name, values }));
    const role = { metadata: { name: 'odd', namespace: 'demo' }, claims: claims('a'), rules: [] };
    expect((await call('POST', '/projects/demo/roles', role)).status).toBe(201);
    const granted = await call('POST', '/projects/demo/roles/grants', { role: 'odd', userClaims: { claims: claims('b') } });
    expect([granted.status, (granted.body as { claims: { name: string }[] }).claims]).toEqual([
      200,
      claims('a', 'b').toSorted((x, y) => (x.name < y.name ? -1 : 1)),
    ]);
    const left = await call('POST', '/projects/demo/roles/revocations', {
      role: 'odd',
      userClaims: { claims: claims('a', 'b') },
    });
    expect([left.status, (left.body as { claims: unknown[] }).claims]).toEqual([200, []]);
  });
});

describe('API tokens', () => {
  it('are shown once, work until they are deleted, and never work again', async () => {
    const { call, client } = await openContractWorld();
    const made = await call('POST', '/projects/demo/roles/dev/api-tokens', { name: 'ci' });
    const { data } = made.body as { data: { token: string } };
    const token = Buffer.from(data.token, 'base64').toString();
    const as = { authorization: `Bearer ${token}` };
    expect((await call('GET', '/access/whoami', undefined, as)).body).toMatchObject({
      username: 'system:serviceaccount:demo:dev',
    });
    expect((await call('GET', '/projects/demo/stages', undefined, as)).status).toBe(200);
    for (const path of [
      '/projects/demo/api-tokens/ci',
      '/projects/demo/api-tokens?role=dev',
      '/projects/demo/generic-credentials',
    ])
      expect((await call('GET', path)).text).not.toContain(data.token);
    const shown = (await call('GET', '/projects/demo/api-tokens/ci')).body as { data: { token: string } };
    expect(Buffer.from(shown.data.token, 'base64').toString()).toBe('*** REDACTED ***');
    expect((await call('DELETE', '/projects/demo/api-tokens/ci')).status).toBe(204);
    expect((await call('GET', '/projects/demo/stages', undefined, as)).status).toBe(401);
    await expect(client.get(Secret, { namespace: 'demo', name: 'ci' })).rejects.toThrow(/not found/);
  });

  const refused: [string, string, object | undefined, number][] = [
    ['POST', 'roles/none/api-tokens', { name: 'x' }, 404],
    ['POST', 'roles/dev/api-tokens', { name: '' }, 400],
    ['POST', 'roles/dev/api-tokens', { name: 'tok' }, 409],
    ['GET', 'api-tokens?role=none', undefined, 404],
    ['GET', 'api-tokens/gc', undefined, 400],
    ['DELETE', 'api-tokens/gc', undefined, 409],
  ];
  it.each(refused)('%s %s is refused with %4$d', async (method, path, body, status) => {
    const { call } = await openContractWorld();
    expect((await call(method, `/projects/demo/${path}`, body)).status).toBe(status);
  });
});

describe('lists', () => {
  it('hold what the caller may see, and only that', async () => {
    const world = await openContractWorld();
    const { client, call } = world;
    for (const name of ['other', 'third']) {
      await client.create(Namespace, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { 'kargo.akuity.io/project': 'true' } },
      });
      await client.create(Project, { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Project', metadata: { name } });
    }
    await letAlice(world, [{ ...rule('stages', ['get']), resourceNames: ['uat'] }]);
    const stages = await call('GET', '/projects/demo/stages', undefined, asAlice);
    expect((stages.body as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name)).toEqual([
      'uat',
    ]);
    expect((await call('GET', '/projects/demo/warehouses', undefined, asAlice)).status).toBe(403);
    expect((await call('GET', '/projects', undefined, asAlice)).status).toBe(403);
  });

  it('of Projects can be those of the caller', async () => {
    const issuer = await openIssuer({ now: () => Date.parse('2026-01-01') });
    const { call } = await openContractWorld({ fetch: issuer.fetch, auth: { oidc: { issuerURL: ISSUER, clientID: CLIENT } } });
    const as = { authorization: `Bearer ${await issuer.sign({ groups: ['devs'] })}` };
    // The role dev of the Project, and ops of the system, have that claim; neither may list Projects.
    expect((await call('GET', '/projects?mine=true', undefined, as)).status).toBe(403);
    expect((await call('GET', '/access/whoami', undefined, as)).body).toMatchObject({
      accounts: [
        { namespace: 'demo', name: 'dev' },
        { namespace: 'kargo', name: 'ops' },
      ],
    });
  });
});

describe('explaining access', () => {
  it('names the rule that allows, or what comes near', async () => {
    const world = await openContractWorld();
    await letAlice(world, [{ ...rule('stages', ['get', 'promote']), resourceNames: ['test'] }]);
    const ask = async (query: string, as: Record<string, string> = asAlice) =>
      (await world.call('GET', `/access/explain?${query}`, undefined, as)).body;
    expect(await ask('verb=promote&resource=stages&project=demo&name=test')).toMatchObject({
      allowed: true,
      actor: 'kubernetes:alice',
      subjects: [
        {
          subject: 'alice',
          rules: [
            { allows: true, role: { kind: 'Role', namespace: 'demo', name: 'alice' }, rule: { verbs: ['get', 'promote'] } },
          ],
        },
      ],
    });
    expect(await ask('verb=promote&resource=stages&project=demo&name=prod')).toMatchObject({
      allowed: false,
      reason: 'nothing allows to promote stages "prod": Role "alice" allows get, promote on stages named test',
    });
    expect(await ask('verb=delete&resource=projects&name=demo')).toMatchObject({
      allowed: false,
      reason: 'no role that is bound to alice allows it',
    });
    expect(await ask('verb=get&resource=stages&project=demo&role=demo/dev', {})).toMatchObject({ allowed: true });
    expect(await ask('verb=promote&resource=stages&project=demo&name=test&claim=groups=devs', {})).toMatchObject({
      allowed: false,
      accounts: [
        { namespace: 'demo', name: 'dev' },
        { namespace: 'kargo', name: 'ops' },
      ],
    });
    const others = await world.call('GET', '/access/explain?verb=get&resource=stages&user=bob', undefined, asAlice);
    expect(others.status).toBe(403);
    expect((await world.call('GET', '/access/explain?verb=look&resource=stages')).status).toBe(400);
  });
});
