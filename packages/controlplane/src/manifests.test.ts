import { allKinds, apiVersionOf, Namespace, type Kind, type KubeObject } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { seededRandom, VirtualClock, type AccessAttributes } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
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

  const account = { username: 'system:serviceaccount:kargo:kargo-controller', groups: ['system:authenticated'] };
  const may = (verb: string, group: string, resource: string, namespace?: string): AccessAttributes => ({
    verb,
    group,
    resource,
    namespace,
  });
  const cases: [string, AccessAttributes, boolean][] = [
    ['update status of Stages', { ...may('update', 'kargo.akuity.io', 'stages', 'p'), subresource: 'status' }, true],
    ['read Secrets', may('get', '', 'secrets', 'p'), true],
    ['write Events', may('create', '', 'events', 'p'), true],
    ['bind roles in Projects', may('bind', 'rbac.authorization.k8s.io', 'clusterroles'), true],
    ['sync Applications', may('patch', 'argoproj.io', 'applications', 'argocd'), true],
    ['delete Applications', may('delete', 'argoproj.io', 'applications', 'argocd'), false],
    ['hold Leases of Kargo', may('update', 'coordination.k8s.io', 'leases', 'kargo'), true],
    ['hold other Leases', may('update', 'coordination.k8s.io', 'leases', 'kube-system'), false],
    ['touch workloads', may('update', 'apps', 'deployments', 'p'), false],
    ['change ClusterRoles', may('update', 'rbac.authorization.k8s.io', 'clusterroles'), false],
  ];
  it.each(cases)('let the controllers %s: %o', async (_, attributes, allowed) => {
    const server = await applied(clusterManifests({ ...options, crds: false }));
    expect((await server.authorizer.authorize(account, attributes)).allowed).toBe(allowed);
    await server.close();
  });
});
