/** The status of a Stage has every field that the document "Working with Stages" shows, in the same shape. */
import { annotations, Freight, type FreightReference, type Promotion, type Stage } from '@kargo/api';
import { expect, it } from 'vitest';
import { World } from './world.ts';

const DIGEST = `sha256:${'b2487a28'.repeat(8)}`;
const DEPLOYED = '111eaf55aa41f21bb9bb707ba1baa748b83ec51e';

const sample = {
  freightHistory: [
    {
      id: expect.stringMatching(/^[0-9a-f]{40}$/),
      items: {
        'Warehouse/my-warehouse': {
          commits: [
            {
              healthCheckCommit: DEPLOYED,
              id: '961cfaedbc53aacdb65110028839a2c1c281290d',
              repoURL: 'https://github.com/example/kargo-demo.git',
            },
          ],
          images: [{ digest: DIGEST, repoURL: 'public.ecr.aws/nginx/nginx', tag: '1.27.0' }],
          name: '666209fd9755a1e48bec6b27f5f447747410dd9e',
          origin: { kind: 'Warehouse', name: 'my-warehouse' },
        },
      },
      verificationHistory: [
        {
          analysisRun: {
            name: expect.stringMatching(/^test\.[0-9a-z]{26}\.[0-9a-f]{7}$/),
            namespace: 'shop',
            phase: 'Successful',
          },
          finishTime: '2026-01-01T00:00:23Z',
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          phase: 'Successful',
          startTime: '2026-01-01T00:00:00Z',
        },
      ],
    },
  ],
  health: {
    argoCDApps: [
      {
        healthStatus: { status: 'Healthy' },
        name: 'kargo-demo-test',
        namespace: 'argocd',
        syncStatus: { revision: DEPLOYED, status: 'Synced' },
      },
    ],
    status: 'Healthy',
  },
  lastPromotion: {
    finishedAt: '2026-01-01T00:00:00Z',
    freight: { name: '666209fd9755a1e48bec6b27f5f447747410dd9e', commits: [{ healthCheckCommit: DEPLOYED }] },
    name: expect.stringMatching(/^test\.[0-9a-z]{26}\.666209f$/),
    status: {
      finishedAt: '2026-01-01T00:00:00Z',
      freight: { name: '666209fd9755a1e48bec6b27f5f447747410dd9e' },
      freightCollection: {
        id: expect.stringMatching(/^[0-9a-f]{40}$/),
        items: { 'Warehouse/my-warehouse': { name: '666209fd9755a1e48bec6b27f5f447747410dd9e' } },
        verificationHistory: [{ analysisRun: { namespace: 'shop' }, phase: 'Successful', startTime: '2026-01-01T00:00:00Z' }],
      },
      phase: 'Succeeded',
    },
  },
  observedGeneration: 1,
  phase: 'Steady',
};

it('[S26] [S27] [S28] [S30] [S31] [S32] [S33] [S34] [S35] after a Promotion and its verification', async () => {
  const world = await World.open();
  try {
    await world.warehouse('my-warehouse');
    await world.template('kargo-demo');
    const [item] = Object.values(sample.freightHistory[0]!.items);
    const { commits, images, name, origin } = item as FreightReference & { name: string };
    const [{ healthCheckCommit: _, ...found } = {}] = commits ?? [];
    await world.client.create(Freight, {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Freight',
      metadata: { namespace: 'shop', name },
      origin: origin!,
      commits: [found],
      images,
    });
    await world.stage('test', {
      requestedFreight: [{ origin: origin!, sources: { direct: true } }],
      verification: { analysisTemplates: [{ name: 'kargo-demo' }] },
    });
    world.health.set('test', { status: 'Healthy', issues: [], output: [], argoCDApps: sample.health.argoCDApps });
    const promotion: Promotion = await world.promote('test', name);
    await world.begin(promotion);
    const freight = { name, origin, commits, images };
    await world.end(promotion, 'Succeeded', {
      freight,
      freightCollection: { id: '101bca5b0e18ca7913978a1da956308d2544f741', items: { 'Warehouse/my-warehouse': freight } },
      healthChecks: [{ uses: 'argocd-update', config: { apps: [{ name: 'kargo-demo-test', namespace: 'argocd' }] } }],
    });
    await world.pass(23_000);
    const [run] = await world.runs();
    await world.analysis(run?.metadata.name ?? '', { phase: 'Successful', completedAt: '2026-01-01T00:00:23Z' });

    const stage: Stage = await world.get('test');
    expect(stage.status).toMatchObject(sample);
    expect(stage.status?.conditions?.map(({ type, status }) => `${type} ${status}`).toSorted()).toEqual([
      'Healthy True',
      'Ready True',
      'Verified True',
    ]);
    expect(stage.metadata.annotations?.[annotations.argoCDContext]).toBe('[{"name":"kargo-demo-test","namespace":"argocd"}]');
    expect(world.violations).toEqual([]);
  } finally {
    await world.close();
  }
});
