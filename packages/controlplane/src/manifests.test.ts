import { allKinds, apiVersionOf, Namespace, type Kind, type KubeObject } from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import { seededRandom, VirtualClock, type AccessAttributes, type UserInfo } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterManifests } from './manifests.ts';

const options = { namespace: 'kargo', image: 'example.com/kargo:1', crds: true, analysis: false };

async function applied(objects: readonly KubeObject[]): Promise<ReturnType<typeof openApiServer>> {
  const server = openApiServer({ path: ':memory:', kinds: allKinds, clock: new VirtualClock(), random: seededRandom(1) });
  const client = server.client();
  for (const object of objects) {
    const kind = allKinds.find((candidate) => candidate.kind === object.kind && apiVersionOf(candidate) === object.apiVersion);
    if (kind === undefined) throw new Error(`there is no ${object.apiVersion} ${object.kind}`);
    await client.create(kind as Kind, object, { fieldValidation: 'Strict' });
  }
  return server;
}

describe('the manifests for a cluster', () => {
  it('can be applied as they are', async () => {
    const server = await applied(clusterManifests({ ...options, analysis: true }));
    expect((await server.client().get(Namespace, { name: 'kargo' })).metadata.name).toBe('kargo');
    await server.close();
  });

  it('leave out what they are told to', () => {
    const kinds = (more: object): Set<string> => new Set(clusterManifests({ ...options, ...more }).map(({ kind }) => kind));
    expect(kinds({})).toContain('CustomResourceDefinition');
    expect(kinds({ crds: false })).not.toContain('CustomResourceDefinition');
    const count = (analysis: boolean): number =>
      clusterManifests({ ...options, analysis }).filter(({ kind }) => kind === 'CustomResourceDefinition').length;
    expect(count(true) - count(false)).toBe(3);
  });

  it('tell everyone who reads Secrets of the system where they are', () => {
    const objects = clusterManifests({ ...options, shards: ['eu'], gitOpsAgent: true, systemNamespace: 'elsewhere' });
    const told = objects.flatMap(({ kind, metadata, ...rest }) => {
      if (kind !== 'Deployment') return [];
      const { spec } = rest as unknown as { spec: { template: { spec: { containers: { args: string[] }[] } } } };
      const args = spec.template.spec.containers[0]?.args ?? [];
      return args[args.indexOf('--system-namespace') + 1] === 'elsewhere' ? [metadata.name] : [];
    });
    expect(told).toEqual(['kargo-controller', 'kargo-controller-eu', 'kargo-api', 'kargo-gitops-agent']);
  });

  it('give every component the environment that is asked for, and what is secret of it from a Secret of its name', () => {
    const objects = clusterManifests({ ...options, shards: ['eu'], environment: { IMAGE_REGISTRY_RATE_LIMIT: '50' } });
    const deployments = objects.filter(({ kind }) => kind === 'Deployment') as unknown as {
      metadata: { name: string };
      spec: { template: { spec: { serviceAccountName: string; containers: object[] } } };
    }[];
    expect(deployments).toHaveLength(4);
    for (const { spec } of deployments)
      expect(spec.template.spec.containers[0]).toMatchObject({
        env: [
          { name: 'HOME', value: '/data' },
          { name: 'IMAGE_REGISTRY_RATE_LIMIT', value: '50' },
        ],
        envFrom: [{ secretRef: { name: spec.template.spec.serviceAccountName, optional: true } }],
      });
  });

  const user = (name: string): UserInfo => ({
    username: `system:serviceaccount:kargo:${name}`,
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kargo', 'system:authenticated'],
  });
  const may = (verb: string, group: string, resource: string, namespace?: string, name?: string): AccessAttributes => ({
    verb,
    group,
    resource,
    namespace,
    name,
  });
  const RBAC = 'rbac.authorization.k8s.io';
  const HOOKS = 'admissionregistration.k8s.io';
  const cases: [string, string, AccessAttributes, boolean][] = [
    [
      'kargo-controller',
      'update status of Stages',
      { ...may('update', 'kargo.akuity.io', 'stages', 'p'), subresource: 'status' },
      true,
    ],
    ['kargo-controller', 'promote', may('promote', 'kargo.akuity.io', 'stages', 'p', 's'), true],
    ['kargo-controller', 'write Events', may('create', '', 'events', 'p'), true],
    ['kargo-controller', 'read shared Secrets', may('list', '', 'secrets', 'kargo-shared-resources'), true],
    ['kargo-controller', 'read Secrets of any namespace', may('get', '', 'secrets', 'p'), false],
    ['kargo-controller', 'write Secrets', may('update', '', 'secrets', 'kargo-shared-resources'), false],
    [
      'kargo-controller',
      'bind its own roles in Projects',
      may('bind', RBAC, 'clusterroles', undefined, 'kargo-project-admin'),
      true,
    ],
    ['kargo-controller', 'bind other roles', may('bind', RBAC, 'clusterroles', undefined, 'cluster-admin'), false],
    ['kargo-controller', 'widen ClusterRoles', may('escalate', RBAC, 'clusterroles'), false],
    ['kargo-controller', 'sync Applications', may('patch', 'argoproj.io', 'applications', 'argocd'), true],
    ['kargo-controller', 'delete Applications', may('delete', 'argoproj.io', 'applications', 'argocd'), false],
    ['kargo-controller', 'hold Leases of Kargo', may('update', 'coordination.k8s.io', 'leases', 'kargo'), true],
    ['kargo-controller', 'hold other Leases', may('update', 'coordination.k8s.io', 'leases', 'kube-system'), false],
    ['kargo-controller', 'touch workloads', may('update', 'apps', 'deployments', 'p'), false],
    ['kargo-controller', 'run Jobs', may('create', 'batch', 'jobs', 'p'), false],
    ['kargo-controller-east', 'update Promotions', may('update', 'kargo.akuity.io', 'promotions', 'p'), true],
    ['kargo-controller-east', 'read the key that signs', may('get', '', 'secrets', 'kargo-system-resources', 'key'), true],
    ['kargo-controller-east', 'list Secrets of the system', may('list', '', 'secrets', 'kargo-system-resources'), false],
    ['kargo-controller', 'list Secrets of the system', may('list', '', 'secrets', 'kargo-system-resources'), true],
    ['kargo-controller-east', 'make namespaces', may('create', '', 'namespaces'), false],
    ['kargo-controller-east', 'delete Freight', may('delete', 'kargo.akuity.io', 'freights', 'p'), false],
    ['kargo-api', 'ask who may do what', may('create', 'authorization.k8s.io', 'subjectaccessreviews'), true],
    ['kargo-api', 'act as others', may('impersonate', '', 'users', undefined, 'admin'), false],
    ['kargo-api', 'read Secrets of any namespace', may('get', '', 'secrets', 'p'), false],
    ['kargo-webhooks', 'see which Freight is being promoted', may('list', 'kargo.akuity.io', 'promotions', 'p'), true],
    ['kargo-controller', 'read shared ConfigMaps', may('list', '', 'configmaps', 'kargo-shared-resources'), true],
    [
      'kargo-controller',
      'bind the role of copies',
      may('bind', RBAC, 'clusterroles', undefined, 'kargo-controller-replicate'),
      true,
    ],
    ['kargo-controller-east', 'read shared ConfigMaps', may('list', '', 'configmaps', 'kargo-shared-resources'), false],
    ['kargo-webhooks', 'read its certificate', may('get', '', 'secrets', 'kargo', 'kargo-webhooks-tls'), true],
    ['kargo-webhooks', 'read other Secrets', may('get', '', 'secrets', 'kargo', 'kargo-api'), false],
    ['kargo-webhooks', 'be trusted', may('patch', HOOKS, 'validatingwebhookconfigurations', undefined, 'kargo'), true],
    ['kargo-webhooks', 'change other webhooks', may('patch', HOOKS, 'validatingwebhookconfigurations', undefined, 'x'), false],
    ['kargo-webhooks', 'write Stages', may('update', 'kargo.akuity.io', 'stages', 'p'), false],
  ];
  describe('let components do what they must and no more', () => {
    let server: ApiServer;
    beforeAll(async () => {
      server = await applied(clusterManifests({ ...options, crds: false, shards: ['east'] }));
    });
    afterAll(() => server.close());
    it.each(cases)('%s: %s (%o)', async (name, _, attributes, allowed) => {
      expect((await server.authorizer.authorize(user(name), attributes)).allowed).toBe(allowed);
    });
  });

  it('ask the webhooks about every kind that has a rule, and refuse what they do not answer', () => {
    const configurations = clusterManifests(options).filter(({ kind }) => kind.endsWith('WebhookConfiguration')) as unknown as {
      kind: string;
      webhooks: {
        name: string;
        failurePolicy: string;
        sideEffects: string;
        rules: { operations: string[]; resources: string[] }[];
      }[];
    }[];
    const asked = configurations.flatMap(({ kind, webhooks }) =>
      webhooks.map(({ name, rules }) => `${kind[0]} ${name} ${rules.map(({ operations }) => operations.join('+')).join()}`),
    );
    expect(asked).toMatchInlineSnapshot(`
      [
        "M warehouses.kargo.akuity.io CREATE+UPDATE",
        "M freights.kargo.akuity.io CREATE+UPDATE",
        "M stages.kargo.akuity.io CREATE+UPDATE",
        "M promotions.kargo.akuity.io CREATE+UPDATE",
        "V projects.kargo.akuity.io CREATE",
        "V projectconfigs.kargo.akuity.io CREATE+UPDATE",
        "V clusterconfigs.kargo.akuity.io CREATE+UPDATE",
        "V warehouses.kargo.akuity.io CREATE+UPDATE",
        "V freights.kargo.akuity.io CREATE+UPDATE+DELETE",
        "V stages.kargo.akuity.io CREATE+UPDATE",
        "V promotiontasks.kargo.akuity.io CREATE+UPDATE",
        "V clusterpromotiontasks.kargo.akuity.io CREATE+UPDATE",
        "V promotions.kargo.akuity.io CREATE+UPDATE+DELETE",
        "V promotionrequests.kargo.akuity.io CREATE+UPDATE",
      ]
    `);
    for (const { webhooks } of configurations)
      for (const { failurePolicy, sideEffects } of webhooks) {
        expect(failurePolicy).toBe('Fail');
        expect(['None', 'NoneOnDryRun']).toContain(sideEffects);
      }
  });
});
