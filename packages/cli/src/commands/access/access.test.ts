import { describe, expect, it } from 'vitest';
import { runFake } from '../../testing/run.ts';
import { claimsOf } from './claims.ts';

const ROLES = '/v1beta1/projects/demo/roles';
const role = { metadata: { name: 'dev', namespace: 'demo', creationTimestamp: '2026-01-02T03:00:05Z' }, kargoManaged: true };

describe('claims', () => {
  it.each([
    [['sub=jane'], [{ name: 'sub', values: ['jane'] }]],
    [['groups=a,b'], [{ name: 'groups', values: ['a', 'b'] }]],
    [
      ['sub=jane,groups=a', 'groups=b'],
      [
        { name: 'sub', values: ['jane'] },
        { name: 'groups', values: ['a', 'b'] },
      ],
    ],
  ])('%j', (flags, claims) => {
    expect(claimsOf(flags)).toEqual(claims);
  });

  it.each([['jane'], ['=jane'], ['sub='], ['sub=a,,b']])('%j is refused', (flag) => {
    expect(() => claimsOf([flag])).toThrow(/claim should be in the format <claim-name>=<claim-value>/);
  });
});

describe('roles', () => {
  it('are listed, and shown as what they are made of', async () => {
    const routes = {
      [`GET ${ROLES}`]: { json: [role] },
      [`GET ${ROLES}?as-resources=true`]: {
        json: [
          {
            metadata: role.metadata,
            serviceAccount: { metadata: { name: 'dev' } },
            roles: [{ metadata: { name: 'dev' } }],
            clusterRoles: [{ metadata: { name: 'view' } }],
            roleBindings: [{ metadata: { name: 'dev' } }, { metadata: { name: 'dev-view' } }],
          },
        ],
      },
    };
    const plain = await runFake(['get', 'roles', '-p', 'demo'], { routes });
    expect(plain.stdout).toBe('NAME   KARGO MANAGED   AGE\ndev    true            4m\n');
    const resources = await runFake(['get', 'roles', '-p', 'demo', '-k'], { routes });
    expect(resources.stdout).toBe(
      'NAME   K8S SERVICE ACCOUNT   K8S ROLE BINDINGS   K8S ROLES   AGE\ndev    dev                   dev,dev-view        dev,view    4m\n',
    );
  });

  it('are created with claims and a description, and deleted', async () => {
    const routes = { [`POST ${ROLES}`]: { status: 201, json: role }, [`DELETE ${ROLES}/dev`]: { status: 204 } };
    const created = await runFake(['create', 'role', 'Dev', '-p', 'demo', '--claim', 'groups=a,b', '--description', 'for devs'], {
      routes,
    });
    expect(created).toMatchObject({ code: 0, stdout: 'role.rbac.kargo.akuity.io/dev created\n' });
    expect(JSON.parse(created.requests[0]?.body ?? '')).toEqual({
      metadata: { name: 'dev', namespace: 'demo', annotations: { 'kargo.akuity.io/description': 'for devs' } },
      claims: [{ name: 'groups', values: ['a', 'b'] }],
    });
    const deleted = await runFake(['delete', 'role', 'dev', '-p', 'demo'], { routes });
    expect(deleted.stdout).toBe('role.rbac.kargo.akuity.io/dev deleted\n');
  });

  it.each([
    ['grant', 'grants', ['--claim', 'sub=jane'], { userClaims: { claims: [{ name: 'sub', values: ['jane'] }] } }],
    ['revoke', 'revocations', ['--claim', 'sub=jane'], { userClaims: { claims: [{ name: 'sub', values: ['jane'] }] } }],
    [
      'grant',
      'grants',
      ['--resource-type', 'stage', '--resource-name', 'Prod', '--verb', 'get,promote'],
      { resourceDetails: { resourceType: 'stages', resourceName: 'prod', verbs: ['get', 'promote'] } },
    ],
  ])('%s asks for %s with %j', async (verb, collection, flags, body) => {
    const routes = { [`POST ${ROLES}/${collection}`]: { json: role }, [`GET ${ROLES}/dev`]: { json: role } };
    const got = await runFake([verb, '-p', 'demo', '--role', 'dev', ...flags], { routes });
    expect(got).toMatchObject({ code: 0, stdout: 'role.rbac.kargo.akuity.io/dev updated\n' });
    expect(JSON.parse(got.requests[0]?.body ?? '')).toEqual({ role: 'dev', ...body });
  });

  it.each([
    ['no role', ['--claim', 'sub=jane'], /role is required/],
    ['nothing to change', ['--role', 'dev'], /either --claim, or --resource-type with --verb, is required/],
    ['both', ['--role', 'dev', '--claim', 'sub=jane', '--verb', 'get'], /either --claim, or --resource-type/],
    ['no verb', ['--role', 'dev', '--resource-type', 'stages'], /at least one verb is required/],
  ])('grant refuses %s', async (_, flags, stderr) => {
    const got = await runFake(['grant', '-p', 'demo', ...flags]);
    expect(got).toMatchObject({ code: 1, requests: [] });
    expect(got.stderr).toMatch(stderr);
  });
});

describe('tokens', () => {
  const token = {
    metadata: {
      name: 'ci',
      namespace: 'demo',
      creationTimestamp: '2026-01-02T03:00:05Z',
      annotations: { 'kubernetes.io/service-account.name': 'dev', 'rbac.kargo.akuity.io/managed': 'true' },
    },
    data: { token: Buffer.from('the-token').toString('base64') },
  };

  it.each([
    ['a project', ['-p', 'demo'], '/v1beta1/projects/demo'],
    ['the system', ['--system'], '/v1beta1/system'],
  ])('of %s are made, shown once, listed and deleted', async (_, scope, base) => {
    const routes = {
      [`POST ${base}/roles/dev/api-tokens`]: { status: 201, json: token },
      [`GET ${base}/api-tokens?role=dev`]: { json: { items: [token] } },
      [`DELETE ${base}/api-tokens/ci`]: { status: 204 },
    };
    const created = await runFake(['create', 'token', 'ci', '--role', 'dev', ...scope], { routes });
    expect(created.stdout).toMatch(/^secret\/ci created\n\nSave this token now.*\n\nToken: the-token\n$/);
    const listed = await runFake(['get', 'tokens', '--role', 'dev', ...scope], { routes });
    expect(listed.stdout).toBe('NAME   ROLE   KARGO MANAGED   AGE\nci     dev    true            4m\n');
    expect((await runFake(['delete', 'token', 'ci', ...scope], { routes })).stdout).toBe('secret/ci deleted\n');
  });
});

describe('auth', () => {
  const caller = {
    kind: 'person',
    actor: 'email:jane@example.com',
    claims: { groups: ['devs'] },
    accounts: [{ namespace: 'demo', name: 'dev' }],
  };

  it('tells who one is', async () => {
    const got = await runFake(['auth', 'whoami'], { routes: { 'GET /v1beta1/access/whoami': { json: caller } } });
    expect(got.stdout).toBe('email:jane@example.com (person)\n  groups: devs\n  role: demo/dev\n');
  });

  it.each([
    [true, 0, 'yes: by the role dev'],
    [false, 4, 'no: no rule allows it'],
  ])('explains access that is %s', async (allowed, code, first) => {
    const rule = { apiGroups: ['kargo.akuity.io'], resources: ['stages'], verbs: ['promote'] };
    const got = await runFake(['auth', 'explain', 'promote', 'stage/Prod', '-p', 'demo', '--claim', 'groups=devs'], {
      routes: {
        'GET /v1beta1/access/explain?verb=promote&resource=stages&name=prod&project=demo&claim=groups%3Ddevs': {
          json: {
            ...caller,
            allowed,
            reason: first.replace(/^\w+: /, ''),
            subjects: [
              {
                subject: 'role demo/dev',
                allowed,
                reason: '',
                rules: [{ allows: allowed, rule, role: { kind: 'Role', namespace: 'demo', name: 'dev' } }],
              },
            ],
          },
        },
      },
    });
    expect(got.code).toBe(code);
    expect(got.stdout.split('\n')[0]).toBe(first);
    expect(got.stdout).toContain(`${allowed ? 'allows' : 'does not'}: ${JSON.stringify(rule)} of Role demo/dev`);
    expect(got.stderr).toBe(allowed ? '' : 'Error: email:jane@example.com may not promote stage/Prod\n');
  });
});
