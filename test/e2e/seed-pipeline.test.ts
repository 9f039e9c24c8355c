/** The pipeline of the documentation, word for word but for addresses, from a pushed tag to production. */
import { AnalysisRun, annotations, Application, Deployment, Freight, labels, type Stage } from '@kargo/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROJECT, World } from './world.ts';

const TAG = '1.26.2';

let world: World;
let freight: Freight;
let stages: Record<string, Stage>;

beforeAll(async () => {
  world = await World.start();
  world.registry.pushImage('nginx/nginx', '1.26.1');
  world.registry.pushImage('nginx/nginx', TAG);
  await world.applyPipeline();
  freight = await world.freightWithTag(TAG);
  const name = freight.metadata.name ?? '';
  await world.verified(name, 'test');
  await world.verified(name, 'uat');
  await world.ok(`promote --project ${PROJECT} --freight ${name} --stage prod`);
  await world.verified(name, 'prod');
  freight = await world.get(Freight, name);
  stages = Object.fromEntries(
    await Promise.all(['test', 'uat', 'prod'].map(async (stage) => [stage, await world.stage(stage)] as const)),
  );
}, 240_000);

afterAll(() => world?.close());

describe('freight', () => {
  it('[S04] [S05] goes to the first stage by itself, straight from its warehouse', async () => {
    const [promotion] = await world.promotionsOf('test');
    expect(promotion).toMatchObject({ spec: { freight: freight.metadata.name }, status: { phase: 'Succeeded' } });
    expect(promotion?.metadata.annotations?.[annotations.createActor] ?? 'controller').toContain('controller');
  });

  it('[S06] goes on only once it is verified upstream', async () => {
    const [promotion] = await world.promotionsOf('uat');
    const verifiedAt = freight.status?.verifiedIn?.['test']?.verifiedAt ?? 'z';
    expect(promotion?.metadata.creationTimestamp ?? '' >= verifiedAt).toBeTruthy();
    expect(Object.keys(freight.status?.verifiedIn ?? {}).toSorted()).toEqual(['prod', 'test', 'uat']);
  });

  it('[S35] has the forms of names that the document shows', async () => {
    expect(freight.metadata.name).toMatch(/^[0-9a-f]{40}$/);
    const ulid = '[0-9a-hjkmnp-tv-z]{26}';
    for (const [name, stage] of Object.entries(stages)) {
      const collection = stage.status?.freightHistory?.[0];
      expect(collection?.id).toMatch(/^[0-9a-f]{40}$/);
      expect(stage.status?.lastPromotion?.name).toMatch(
        new RegExp(`^${name}\\.${ulid}\\.${freight.metadata.name?.slice(0, 7)}$`),
      );
      expect(collection?.verificationHistory?.[0]?.analysisRun?.name).toMatch(
        new RegExp(`^${name}\\.${ulid}\\.${collection?.id.slice(0, 7)}$`),
      );
    }
  });
});

describe('the promotion template of the document', () => {
  it('[S10] [S11] [S16] runs all seven steps with its variables and outputs', async () => {
    const [promotion] = await world.promotionsOf('test');
    expect(promotion?.status?.stepExecutionMetadata?.map(({ alias, status }) => [alias, status])).toEqual([
      ['step-1', 'Succeeded'],
      ['step-2', 'Succeeded'],
      ['update-image', 'Succeeded'],
      ['step-4', 'Succeeded'],
      ['commit', 'Succeeded'],
      ['step-6', 'Succeeded'],
      ['step-7', 'Succeeded'],
    ]);
    const state = promotion?.status?.state as Record<string, Record<string, string>> | undefined;
    const branch = (await world.git.branches('repo'))['stage/test'];
    expect(state?.['commit']?.['commit']).toBe(branch);
    expect(state?.['step-6']).toMatchObject({ branch: 'stage/test', commit: branch });
  });

  it.each(['test', 'uat', 'prod'])(
    '[S12] [S13] [S14] [S15] [S17] [S19] leaves the rendered manifests with the new tag on stage/%s',
    async (stage) => {
      const files = await world.git.files('repo', `stage/${stage}`);
      expect(Object.keys(files)).toEqual(['manifests.yaml']);
      expect(files['manifests.yaml']).toContain(`image: ${world.addresses.image}:${TAG}`);
      expect(files['manifests.yaml']).toContain(`replicas: ${{ test: 1, uat: 2, prod: 3 }[stage]}`);
      const log = await world.git.log('repo', `stage/${stage}`);
      expect(log).toHaveLength(2);
      expect(log[1]?.message.trim()).toBe('Initial commit');
      expect(log[0]?.message).toContain(`${world.addresses.image}:${TAG}`);
    },
  );

  it('leaves the source branch as it was', async () => {
    expect(await world.git.log('repo', 'main')).toHaveLength(1);
  });

  it('[S18] makes Argo CD deploy exactly the commit that was pushed', async () => {
    for (const stage of ['test', 'uat', 'prod']) {
      const head = (await world.git.branches('repo'))[`stage/${stage}`];
      const app = await world.get(Application, `kargo-demo-${stage}`, 'argocd');
      expect(app.status).toMatchObject({
        sync: { status: 'Synced', revision: head },
        health: { status: 'Healthy' },
        operationState: { phase: 'Succeeded', syncResult: { revision: head } },
      });
      expect(app.status?.operationState?.operation.info).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: 'kargo.akuity.io/promotion', value: stages[stage]?.status?.lastPromotion?.name }),
        ]),
      );
      const deployed = await world.get(Deployment, 'kargo-demo', `kargo-demo-${stage}`);
      expect(JSON.stringify(deployed.spec)).toContain(`${world.addresses.image}:${TAG}`);
    }
  });
});

describe('verification', () => {
  it('[S20] [S21] [S24] runs the template of the document after the promotion, once the stage is healthy', async () => {
    const { status } = stages['test'] as Stage;
    const run = await world.get(AnalysisRun, status?.freightHistory?.[0]?.verificationHistory?.[0]?.analysisRun?.name ?? '');
    expect(run.status).toMatchObject({ phase: 'Successful', metricResults: [{ name: 'test', successful: 1 }] });
    expect((run.metadata.creationTimestamp ?? '') >= (status?.lastPromotion?.finishedAt ?? 'z')).toBe(true);
    expect(run.metadata.labels?.[labels.stage]).toBe('test');
    expect(run.metadata.labels?.[labels.freightCollection]).toBe(status?.freightHistory?.[0]?.id);
    expect(run.metadata.annotations?.[annotations.promotion]).toBe(status?.lastPromotion?.name);
  });
});

describe('the status of a stage', () => {
  it('[S26] [S27] [S34] has conditions, and a phase distilled from them', () => {
    for (const { status, metadata } of Object.values(stages)) {
      const conditions = Object.fromEntries((status?.conditions ?? []).map((condition) => [condition.type, condition]));
      expect(conditions).toMatchObject({ Ready: { status: 'True' }, Healthy: { status: 'True' }, Verified: { status: 'True' } });
      expect(status?.phase).toBe('Steady');
      expect(status?.observedGeneration).toBe(metadata.generation);
    }
  });

  it('[S28] [S29] tells about the last promotion', () => {
    const { status } = stages['test'] as Stage;
    expect(status?.currentPromotion).toBeUndefined();
    const last = status?.lastPromotion;
    expect(last).toMatchObject({
      freight: { name: freight.metadata.name, origin: { kind: 'Warehouse', name: 'my-warehouse' } },
      status: {
        phase: 'Succeeded',
        freight: { name: freight.metadata.name },
        freightCollection: {
          id: status?.freightHistory?.[0]?.id,
          items: { 'Warehouse/my-warehouse': { name: freight.metadata.name } },
        },
      },
    });
    expect(last?.finishedAt).toBe(last?.status?.finishedAt);
  });

  it('[S30] [S31] [S32] has the history of freight with its artifacts and verifications', () => {
    const [current] = (stages['test'] as Stage).status?.freightHistory ?? [];
    expect(current?.items).toMatchObject({
      'Warehouse/my-warehouse': {
        name: freight.metadata.name,
        origin: { kind: 'Warehouse', name: 'my-warehouse' },
        images: [{ repoURL: world.addresses.image, tag: TAG, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string }],
      },
    });
    const [verification] = current?.verificationHistory ?? [];
    expect(verification).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) as string,
      phase: 'Successful',
      analysisRun: { namespace: PROJECT, phase: 'Successful' },
    });
    expect(Date.parse(verification?.finishTime ?? '') - Date.parse(verification?.startTime ?? '')).toBeGreaterThanOrEqual(9_000);
  });

  it('[S33] has the health of the stage and of its Applications', async () => {
    const head = (await world.git.branches('repo'))['stage/test'];
    expect((stages['test'] as Stage).status?.health).toMatchObject({
      status: 'Healthy',
      argoCDApps: [
        {
          name: 'kargo-demo-test',
          namespace: 'argocd',
          healthStatus: { status: 'Healthy' },
          syncStatus: { status: 'Synced', revision: head },
        },
      ],
    });
  });

  it('has every field of the sample in the document, in the same shape', async () => {
    const shown = parse(await world.ok(`get stage test --project ${PROJECT} -o yaml`)) as { status: unknown };
    for (const path of sampleFields) expect(valueAt(shown.status, path), path).toBeDefined();
  });
});

/** The fields of the document's sample. */
const sampleFields = [
  ...[
    'freightHistory.0.items.Warehouse/my-warehouse',
    'lastPromotion.freight',
    'lastPromotion.status.freight',
    'lastPromotion.status.freightCollection.items.Warehouse/my-warehouse',
  ].flatMap((freight) => ['healthCheckCommit', 'id', 'repoURL'].map((field) => `${freight}.commits.0.${field}`)),
  'freightHistory.0.id',
  'freightHistory.0.items.Warehouse/my-warehouse.images.0.digest',
  'freightHistory.0.items.Warehouse/my-warehouse.images.0.repoURL',
  'freightHistory.0.items.Warehouse/my-warehouse.images.0.tag',
  'freightHistory.0.items.Warehouse/my-warehouse.name',
  'freightHistory.0.items.Warehouse/my-warehouse.origin.kind',
  'freightHistory.0.items.Warehouse/my-warehouse.origin.name',
  'freightHistory.0.verificationHistory.0.analysisRun.name',
  'freightHistory.0.verificationHistory.0.analysisRun.namespace',
  'freightHistory.0.verificationHistory.0.analysisRun.phase',
  'freightHistory.0.verificationHistory.0.finishTime',
  'freightHistory.0.verificationHistory.0.id',
  'freightHistory.0.verificationHistory.0.phase',
  'freightHistory.0.verificationHistory.0.startTime',
  'health.argoCDApps.0.healthStatus.status',
  'health.argoCDApps.0.name',
  'health.argoCDApps.0.namespace',
  'health.argoCDApps.0.syncStatus.revision',
  'health.argoCDApps.0.syncStatus.status',
  'health.status',
  'lastPromotion.finishedAt',
  'lastPromotion.freight.name',
  'lastPromotion.freight.origin.kind',
  'lastPromotion.freight.origin.name',
  'lastPromotion.name',
  'lastPromotion.status.finishedAt',
  'lastPromotion.status.freight.name',
  'lastPromotion.status.freight.origin.kind',
  'lastPromotion.status.freight.origin.name',
  'lastPromotion.status.freightCollection.id',
  'lastPromotion.status.freightCollection.items.Warehouse/my-warehouse.name',
  'lastPromotion.status.freightCollection.items.Warehouse/my-warehouse.origin.kind',
  'lastPromotion.status.freightCollection.items.Warehouse/my-warehouse.origin.name',
  'lastPromotion.status.freightCollection.verificationHistory.0.analysisRun.name',
  'lastPromotion.status.freightCollection.verificationHistory.0.analysisRun.namespace',
  'lastPromotion.status.freightCollection.verificationHistory.0.id',
  'lastPromotion.status.freightCollection.verificationHistory.0.phase',
  'lastPromotion.status.freightCollection.verificationHistory.0.startTime',
  'lastPromotion.status.phase',
  'observedGeneration',
  'phase',
];

function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (inner, part) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[part] : undefined),
      value,
    );
}
