/** The preview of "Working with Stages" with real git over HTTP and real kustomize, and the promotion after it. */
import { join } from 'node:path';
import { notFound, type Kind, type Promotion, type Warehouse } from '@kargo/api';
import { realWorkspaces } from '@kargo/integrations';
import { silentLog, type Client } from '@kargo/kube';
import { promotionPreviewer, PromotionRunner, stepExpressions, stepRegistry } from '@kargo/promotion';
import { describe, expect, it } from 'vitest';
import { useRealTools } from './real-tools.ts';
import { IMAGE, seedFiles, seedTemplate } from './seed-promotion.ts';

const real = useRealTools('the preview with real tools');

describe('the preview of "Working with Stages", with real tools', () => {
  it('predicts the trees that the promotion then pushes, and pushes nothing itself', { timeout: 120_000 }, async (context) => {
    if (real.skipped !== undefined) context.skip(real.skipped);
    const repository = await real.server.createRepository('demo', seedFiles);
    const warehouse = {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Warehouse',
      metadata: { namespace: 'kargo-demo', name: 'kargo-demo' },
      spec: { subscriptions: [{ image: { repoURL: IMAGE } }] },
    } as Warehouse;
    const client = {
      get: async (kind: Kind, key: { name: string }) => {
        if (kind.kind === 'Warehouse') return warehouse;
        throw notFound(kind, key);
      },
    } as unknown as Client;
    const ports = real.ports(client);
    const registry = stepRegistry();
    const promote = async (tag: string, uid: string): Promise<void> => {
      const freight = {
        name: tag,
        origin: { kind: 'Warehouse' as const, name: 'kargo-demo' },
        images: [{ repoURL: IMAGE, tag }],
      };
      const promotion: Promotion = {
        apiVersion: 'kargo.akuity.io/v1alpha1',
        kind: 'Promotion',
        metadata: { namespace: 'kargo-demo', name: `test.${uid}.${tag}`, uid },
        spec: {
          stage: 'test',
          freight: tag,
          vars: seedTemplate.vars.map((one) => (one.name === 'gitopsRepo' ? { ...one, value: repository } : one)),
          steps: seedTemplate.steps.slice(0, 6),
        },
      };
      const request = {
        promotion,
        freight: { id: tag, items: { 'Warehouse/kargo-demo': freight } },
        targetFreight: freight,
        targetFreightAlias: '',
        freightRequests: [{ origin: freight.origin, sources: { direct: true } }],
        signal: new AbortController().signal,
      };
      const before = await real.server.branches('demo');
      const previews = realWorkspaces({ directory: join(real.folder, 'previews') });
      const preview = await promotionPreviewer({
        registry,
        ports,
        rehearsals: ports.git,
        workspaces: previews,
        expressions: (recording) => stepExpressions({ client: recording }),
      })(request);
      expect([await real.server.branches('demo'), await previews.ids()]).toEqual([before, []]);
      expect([preview.outcome, preview.message]).toEqual(['Succeeds', undefined]);
      const { workspace } = await realWorkspaces({ directory: join(real.folder, 'workspaces') }).open(uid);
      const runner = new PromotionRunner({ registry, ports, expressions: stepExpressions({ client }) });
      const end = await runner.run({
        ...request,
        workspace,
        fresh: false,
        status: { phase: 'Running' },
        persist: async () => undefined,
        log: silentLog,
      });
      expect(end.status.phase).toBe('Succeeded');
      expect(Object.keys(await real.server.branches('demo')).toSorted()).toEqual(['main', 'stage/test']);
      // Git itself tells which tree a preview of the same branch stands on now.
      const rehearsal = ports.git.rehearse({ directory: join(real.folder, `check-${uid}`) });
      const clone = await rehearsal.git.clone({
        remote: { url: repository },
        home: join(real.folder, `home-${uid}`),
        author: ports.gitIdentity,
      });
      const tree = await clone.addWorkTree({ path: join(real.folder, `tree-${uid}`), ref: { branch: 'stage/test' } });
      await tree.commit({ message: 'Nothing', date: 0 });
      const [looked] = await rehearsal.take();
      expect(looked?.kind === 'commit' && looked.commit.tree).toBe(preview.basis.trees.at(-1)?.tree);
      expect(preview.manifests).toMatchObject([{ kind: 'Deployment', name: 'kargo-demo', namespace: 'kargo-demo-test' }]);
      expect(preview.manifests[0]?.diff).toContain(`image: ${IMAGE}:${tag}`);
    };
    await promote('1.27.0', 'one');
    await promote('1.27.10', 'two');
  });
});
