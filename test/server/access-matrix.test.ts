import { allKinds, ClusterRole, ClusterRoleBinding, RoleBinding, Secret, ServiceAccount, type PolicyRule } from '@kargo/api';
import { nextTurn } from '@kargo/kube';
import { operations, type Operation } from '@kargo/server';
import { beforeAll, describe, expect, it } from 'vitest';
import { callOf, ELSEWHERE, inCallingOrder, samples } from './contract-samples.ts';
import { openContractWorld, type ContractWorld } from './contract-world.ts';
import { HASH, PASSWORD, userToken } from './harness.ts';
import { CLIENT, ISSUER, openIssuer, type Issuer } from './oidc-issuer.ts';

interface Called extends Operation {
  method: string;
  path: string;
}

const byId = new Map<string, Called>(
  Object.entries(operations).map(([key, operation]) => {
    const [method = '', path = ''] = key.split(' ');
    return [operation.id, { ...operation, method, path }];
  }),
);
const ids = inCallingOrder(
  [...byId.keys()].filter((id) => !ELSEWHERE.has(id)),
  (id) => byId.get(id)?.method ?? '',
);

/** What samples need besides what is said of the operation: permissions on what they choose to be about. */
const OF_BODIES: Readonly<Record<string, readonly string[]>> = {
  CreateResource: ['create configmaps'],
  UpdateResource: ['get configmaps', 'update configmaps'],
  DeleteResource: ['get configmaps', 'delete configmaps'],
  // Views leave out what may not be seen, and refuse where that is everything: the sample asks for one sort alone.
  WatchProject: ['list stages', 'watch stages'],
  WatchCluster: ['list projects', 'watch projects'],
};

/** What roles are given by samples: nobody gives what they do not have. */
const GIVEN: Readonly<Record<string, readonly string[]>> = {
  CreateProjectRole: ['get stages'],
  UpdateRole: ['get stages'],
  Grant: ['get stages', 'list stages'],
  Revoke: ['get stages'],
  CreateProjectAPIToken: ['get stages', 'list stages'],
  CreateSystemAPIToken: ['get stages', 'list stages'],
};

function needsOf(id: string): readonly string[] {
  return [...(byId.get(id)?.needs ?? []), ...(OF_BODIES[id] ?? [])];
}

function namespaceOf(path: string): string {
  if (path.startsWith('/shared')) return 'kargo-shared-resources';
  if (/^\/system\/(roles|api-tokens)/.test(path)) return 'kargo';
  return path.startsWith('/system') ? 'kargo-system-resources' : 'demo';
}

const CLUSTER_WIDE = new Set(allKinds.filter(({ scope }) => scope === 'Cluster').map(({ plural }) => plural));

function ruleOf(need: string): PolicyRule {
  const [verb = '', resource = ''] = need.split(' ');
  const plural = resource.split('/')[0];
  const group = allKinds.find((kind) => kind.plural === plural)?.group ?? 'kargo.akuity.io';
  return { verbs: [verb], apiGroups: [group], resources: [resource] };
}

/** A world whose callers are given permissions one by one. */
class Matrix {
  readonly world: ContractWorld;
  readonly issuer: Issuer;

  constructor(world: ContractWorld, issuer: Issuer) {
    this.world = world;
    this.issuer = issuer;
  }

  static async open(): Promise<Matrix> {
    let now = (): number => 0;
    const issuer = await openIssuer({ now: () => now() });
    const world = await openContractWorld({
      fetch: issuer.fetch,
      auth: {
        adminPasswordHash: HASH,
        tokenSigningKey: 'signing key of these tests, long enough',
        reviewToken: (token) => reviewToken(token),
        oidc: { issuerURL: ISSUER, clientID: CLIENT },
      },
    });
    const reviewToken = world.reviewToken;
    now = () => world.clock.now();
    const { client } = world;
    for (const [name, claims] of [
      ['caller', '{"email":["person@test"]}'],
      ['other', '{"email":["other@test"]}'],
    ] as const)
      await client.create(ServiceAccount, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name, namespace: 'kargo', annotations: { 'rbac.kargo.akuity.io/claims': claims } },
      });
    await client.create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: { name: 'caller', namespace: 'kargo', annotations: { 'kubernetes.io/service-account.name': 'caller' } },
    });
    for (const name of ['granted', 'granted-everywhere'])
      await client.create(ClusterRole, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name },
        rules: [],
      });
    const subjects = [
      { kind: 'ServiceAccount', namespace: 'kargo', name: 'caller' },
      { kind: 'User', name: 'alice' },
    ];
    const bound = (name: string): { apiVersion: string; roleRef: RoleBinding['roleRef']; subjects: typeof subjects } => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects,
    });
    for (const namespace of ['demo', 'kargo', 'kargo-shared-resources', 'kargo-system-resources'])
      await client.create(RoleBinding, { ...bound('granted'), kind: 'RoleBinding', metadata: { name: 'granted', namespace } });
    await client.create(ClusterRoleBinding, {
      ...bound('granted-everywhere'),
      kind: 'ClusterRoleBinding',
      metadata: { name: 'granted' },
    });
    return new Matrix(world, issuer);
  }

  /** Lets the callers do exactly that, in the namespace that the operation is about. */
  async grant(id: string, needs: readonly string[]): Promise<void> {
    const { client } = this.world;
    const isEverywhere = (need: string): boolean =>
      CLUSTER_WIDE.has(need.split(' ')[1] ?? '') ||
      (need === 'list auditlogs' && byId.get(id)?.path.startsWith('/system') === true);
    for (const [name, wanted] of [
      ['granted', needs.filter((need) => !isEverywhere(need))],
      ['granted-everywhere', needs.filter(isEverywhere)],
    ] as const) {
      const role = await client.get(ClusterRole, { name });
      await client.update(ClusterRole, { ...role, rules: wanted.map(ruleOf) });
    }
    // Only where the operation is: what is bound elsewhere must not help.
    const where = namespaceOf(byId.get(id)?.path ?? '');
    for (const namespace of ['demo', 'kargo', 'kargo-shared-resources', 'kargo-system-resources']) {
      const binding = await client.get(RoleBinding, { namespace, name: 'granted' });
      const subjects = where === namespace ? this.#subjects : [];
      await client.update(RoleBinding, { ...binding, subjects });
    }
    await nextTurn();
  }

  readonly #subjects = [
    { kind: 'ServiceAccount', namespace: 'kargo', name: 'caller' },
    { kind: 'User', name: 'alice' },
  ];

  async call(id: string, token: string): Promise<{ status: number; text: string }> {
    const { method = '' } = byId.get(id) ?? {};
    const sample = samples[id];
    if (sample === undefined) throw new Error(`there is no sample of ${id}`);
    // Whoever guesses too fast is not answered at all.
    await this.world.clock.advanceBy(1000);
    const { path, body } = callOf(this.world, sample);
    const authorization = id === 'AdminLogin' ? `Bearer ${PASSWORD}` : token === '' ? '' : `Bearer ${token}`;
    return this.world.call(method, path, body, { authorization });
  }

  async token(caller: 'alice' | 'person' | 'stranger' | 'token'): Promise<string> {
    if (caller === 'alice') return userToken('alice');
    if (caller === 'person') return this.issuer.sign({ email: 'person@test' });
    if (caller === 'stranger') return this.issuer.sign({ email: 'stranger@test' });
    const { data } = await this.world.client.get(Secret, { namespace: 'kargo', name: 'caller' });
    return Buffer.from(data?.['token'] ?? '', 'base64').toString();
  }
}

describe('every route and every sort of caller', () => {
  let matrix: Matrix;
  beforeAll(async () => {
    matrix = await Matrix.open();
  });

  it.each(ids)('%s is closed to those who do not say who they are, or lie', async (id) => {
    const expired = await matrix.issuer.sign({ email: 'person@test', exp: Math.floor(matrix.world.clock.now() / 1000) - 3600 });
    for (const token of ['', 'garbage', userToken('nobody'), expired]) {
      const { status, text } = await matrix.call(id, token);
      if (byId.get(id)?.open === true) expect([status, text.slice(0, 100)]).toEqual([samples[id]?.status, expect.anything()]);
      else expect([status, text]).toEqual([401, token === '' ? '{"error":"no token provided"}' : '{"error":"invalid token"}']);
    }
  });

  it.each(ids)('%s is closed to those who are given nothing', async (id) => {
    await matrix.grant(id, []);
    for (const caller of ['alice', 'person', 'stranger', 'token'] as const) {
      const { status, text } = await matrix.call(id, await matrix.token(caller));
      const wanted = needsOf(id).length === 0 ? samples[id]?.status : 403;
      expect([caller, status, status === 403 ? '' : text.slice(0, 200)]).toEqual([
        caller,
        wanted,
        wanted === 403 ? '' : expect.anything(),
      ]);
    }
  });

  it.each(ids.filter((id) => needsOf(id).length > 0))('%s needs every permission that it is said to need', async (id) => {
    const needs = needsOf(id);
    for (const missing of needs) {
      await matrix.grant(
        id,
        [...needs, ...(GIVEN[id] ?? [])].filter((need) => need !== missing),
      );
      for (const caller of ['alice', 'person'] as const) {
        const { status, text } = await matrix.call(id, await matrix.token(caller));
        expect([caller, missing, status, text.slice(0, 200)]).toEqual([caller, missing, 403, expect.anything()]);
      }
    }
  });
});

describe.each(['alice', 'person', 'token'] as const)('with exactly what each operation needs, %s', (caller) => {
  let matrix: Matrix;
  beforeAll(async () => {
    matrix = await Matrix.open();
  });

  it.each(ids)('may call %s', async (id) => {
    await matrix.grant(id, [...needsOf(id), ...(GIVEN[id] ?? [])]);
    const { status, text } = await matrix.call(id, await matrix.token(caller));
    expect([status, status < 400 ? '' : text]).toEqual([samples[id]?.status, '']);
  });
});
