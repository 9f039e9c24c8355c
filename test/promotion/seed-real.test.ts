/** The promotion of "Working with Stages" with real git over HTTP and real kustomize; Argo CD is played by the test. */
import { join } from 'node:path';
import type { Application, Promotion, PromotionStatus } from '@kargo/api';
import { realWorkspaces } from '@kargo/integrations';
import { silentLog, type Client } from '@kargo/kube';
import { PromotionRunner, stepExpressions, stepRegistry, type RunEnd } from '@kargo/promotion';
import { describe, expect, it } from 'vitest';
import { useRealTools } from './real-tools.ts';
import { IMAGE, seedFiles, seedTemplate } from './seed-promotion.ts';

const real = useRealTools('the promotion with real tools');

/** Resources in memory: the Warehouse, and an Application that Argo CD syncs as soon as it is asked to. */
function resources(repository: string): Client {
  const warehouse = {
    kind: 'Warehouse',
    metadata: { name: 'kargo-demo' },
    spec: { subscriptions: [{ image: { repoURL: IMAGE } }] },
  };
  let app = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      namespace: 'argocd',
      name: 'kargo-demo-test',
      annotations: { 'kargo.akuity.io/authorized-stage': 'kargo-demo:test' },
    },
    spec: { project: 'default', destination: {}, source: { repoURL: repository, targetRevision: 'stage/test', path: '.' } },
  } as Application;
  return {
    get: async ({ kind }: { kind: string }) => (kind === 'Application' ? app : warehouse),
    create: async () => ({}),
    patch: async (_kind: unknown, _key: unknown, { body }: { body: Partial<Application> }) => {
      const revision = (await real.server.branches('demo'))['stage/test'] ?? '';
      const at = '2026-01-01T00:00:00Z';
      const operation = body.operation ?? {};
      app = {
        ...app,
        status: { operationState: { operation, phase: 'Succeeded', startedAt: at, finishedAt: at, syncResult: { revision } } },
      };
    },
  } as unknown as Client;
}

async function promote(repository: string, tag: string, uid: string): Promise<{ end: RunEnd; writes: PromotionStatus[] }> {
  const client = resources(repository);
  const ports = real.ports(client);
  const runner = new PromotionRunner({ registry: stepRegistry(), ports, expressions: stepExpressions({ client }) });
  const vars = seedTemplate.vars.map((one) => (one.name === 'gitopsRepo' ? { ...one, value: repository } : one));
  const freight = { name: tag, origin: { kind: 'Warehouse' as const, name: 'kargo-demo' }, images: [{ repoURL: IMAGE, tag }] };
  const collection = { id: tag, items: { 'Warehouse/kargo-demo': freight } };
  const { workspace } = await realWorkspaces({ directory: join(real.folder, 'workspaces') }).open(uid);
  const writes: PromotionStatus[] = [];
  const promotion: Promotion = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Promotion',
    metadata: { namespace: 'kargo-demo', name: `test.${uid}.${tag}`, uid },
    spec: { stage: 'test', freight: tag, vars, steps: seedTemplate.steps },
  };
  const run = {
    promotion,
    freight: collection,
    targetFreight: freight,
    targetFreightAlias: '',
    freightRequests: [{ origin: freight.origin, sources: { direct: true } }],
    workspace,
    fresh: false,
    persist: async (status: PromotionStatus) => void writes.push(status),
    log: silentLog,
    signal: new AbortController().signal,
  };
  let end = await runner.run({ ...run, status: { phase: 'Running' } });
  if (end.kind === 'waiting') end = await runner.run({ ...run, status: end.status });
  return { end, writes };
}

describe('[S10] the promotion of "Working with Stages", with real tools', () => {
  it('[S12] [S19] leaves the rendered manifests with the new tag on the branch of the Stage', async (context) => {
    if (real.skipped !== undefined) context.skip(real.skipped);
    const repository = await real.server.createRepository('demo', seedFiles);
    for (const [uid, tag] of [
      ['one', '1.27.0'],
      ['two', '1.27.10'],
    ] as const) {
      const { end } = await promote(repository, tag, uid);
      expect(end.status.message).toBeUndefined();
      expect(end).toMatchObject({ kind: 'finished', status: { phase: 'Succeeded' } });
      const [head] = await real.server.log('demo', 'stage/test');
      expect(head).toMatchObject({
        message: `Updated ./src/base to use new image\n\n- ${IMAGE}:${tag}`,
        author: 'Kargo <no-reply@kargo.io>',
        date: Date.parse(end.status.stepExecutionMetadata?.find(({ alias }) => alias === 'commit')?.startedAt ?? ''),
      });
      expect(end.status.state).toMatchObject({
        commit: { commit: head?.id },
        'step-6': { commit: head?.id, branch: 'stage/test' },
      });
      const files = await real.server.files('demo', 'stage/test');
      expect(Object.keys(files)).toEqual(['manifests.yaml']);
      expect(files['manifests.yaml']).toContain(`image: ${IMAGE}:${tag}`);
    }
    expect(await real.server.log('demo', 'stage/test')).toHaveLength(3);
    expect(await real.server.log('demo', 'main')).toHaveLength(1);
  });

  it('does nothing but sync when there is nothing new', async (context) => {
    if (real.skipped !== undefined) context.skip(real.skipped);
    const repository = real.server.repositoryURL('demo');
    const before = await real.server.branches('demo');
    const { end } = await promote(repository, '1.27.10', 'three');
    expect(end.status.stepExecutionMetadata?.find(({ alias }) => alias === 'commit')?.status).toBe('Skipped');
    expect(end.status.phase).toBe('Succeeded');
    expect(await real.server.branches('demo')).toEqual(before);
  });
});
