import {
  AnalysisRun,
  AnalysisTemplate,
  annotations,
  ClusterAnalysisTemplate,
  Freight,
  isReason,
  labels,
  Promotion,
  shortenLabel,
  Stage,
  type AnalysisTemplateSpec,
  type FreightReference,
  type Kind,
  type KubeObject,
  type ObjectKey,
} from '@kargo/api';
import { clone, commitStatus, retryOnConflict, timestamp, type Client, type Clock, type Random } from '@kargo/kube';
import type { TemplateReference } from './flatten-templates.ts';
import { STAGE_CONTROLLER_ACTOR } from './stage-events.ts';
import type { UpdateFreight } from './sync-freight.ts';

/** What Stages read and write through the client, so that nothing they decide on is staler than the store. */
export interface StageStore {
  getStage(key: ObjectKey): Promise<Stage | undefined>;
  promotionsOf(project: string, stage: string): Promise<Promotion[]>;
  createPromotion(project: string, stage: string, freight: string): Promise<Promotion>;
  /** Ends a Promotion that never had its turn. Fails with `Conflict` if it has changed since it was read. */
  discard(promotion: Promotion, by: Promotion, now: number): Promise<Promotion>;
  getFreight(project: string, name: string): Promise<Freight | undefined>;
  allFreight(project: string): Promise<Freight[]>;
  updateFreight: UpdateFreight;
  findTemplate(project: string, reference: TemplateReference): Promise<AnalysisTemplateSpec | undefined>;
  findRuns(project: string, stage: string, collection: string): Promise<AnalysisRun[]>;
  getRun(key: ObjectKey): Promise<AnalysisRun | undefined>;
  createRun(run: AnalysisRun): Promise<AnalysisRun>;
  terminateRun(key: ObjectKey): Promise<void>;
  deleteRuns(project: string, stage: string): Promise<void>;
}

/** A {@link StageStore} over a client. */
export function stageStore({ client, clock, random }: { client: Client; clock: Clock; random: Random }): StageStore {
  async function find<T extends KubeObject>(kind: Kind<T>, key: ObjectKey): Promise<T | undefined> {
    try {
      return await client.get(kind, key);
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async function updateFreight(...[namespace, name, change]: Parameters<UpdateFreight>): Promise<void> {
    await retryOnConflict(
      async () => {
        const before = await client.get(Freight, { namespace, name });
        const after = clone(before);
        after.status ??= {};
        change(after.status);
        await commitStatus(client, Freight, before, after);
      },
      { clock, random },
    );
  }

  async function runsOf(namespace: string, stage: string, more = ''): Promise<AnalysisRun[]> {
    const labelSelector = `${labels.stage}=${shortenLabel(stage)}${more}`;
    return (await client.list(AnalysisRun, { namespace, labelSelector })).items;
  }

  return {
    getStage: (key) => find(Stage, key),
    getFreight: (namespace, name) => find(Freight, { namespace, name }),
    getRun: (key) => find(AnalysisRun, key),
    updateFreight,
    async promotionsOf(namespace, stage) {
      const { items } = await client.list(Promotion, { namespace, labelSelector: `${labels.stage}=${shortenLabel(stage)}` });
      return items.filter(({ spec }) => spec.stage === stage);
    },
    createPromotion: (namespace, stage, freight) =>
      client.create(Promotion, {
        apiVersion: 'kargo.akuity.io/v1alpha1',
        kind: 'Promotion',
        metadata: { namespace, generateName: 'promo-', annotations: { [annotations.createActor]: STAGE_CONTROLLER_ACTOR } },
        // Admission takes the steps from the Stage.
        spec: { stage, freight } as Promotion['spec'],
      }),
    discard: (promotion, by, now) => {
      const message = `Superseded by Promotion ${by.metadata.name ?? ''} before its turn: the Stage takes the latest only`;
      const ended = { phase: 'Aborted', message, supersededBy: by.metadata.name ?? '', finishedAt: timestamp(now) };
      return commitStatus(client, Promotion, promotion, { ...promotion, status: { ...promotion.status, ...ended } });
    },
    allFreight: async (namespace) => (await client.list(Freight, { namespace })).items,
    async findTemplate(namespace, { kind, name }) {
      if (kind === 'ClusterAnalysisTemplate') return (await find(ClusterAnalysisTemplate, { name }))?.spec;
      return (await find(AnalysisTemplate, { namespace, name }))?.spec;
    },
    async findRuns(namespace, stage, collection) {
      const runs = await runsOf(namespace, stage, `,${labels.freightCollection}=${collection}`);
      const created = ({ metadata }: AnalysisRun): number => Date.parse(metadata.creationTimestamp ?? '') || 0;
      return runs.toSorted((a, b) => created(b) - created(a) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? 1 : -1));
    },
    createRun: (run) => client.create(AnalysisRun, run),
    async terminateRun(key) {
      await client.patch(AnalysisRun, key, { type: 'merge', body: { spec: { terminate: true } } });
    },
    async deleteRuns(namespace, stage) {
      for (const { metadata } of await runsOf(namespace, stage)) {
        try {
          await client.delete(AnalysisRun, { namespace, name: metadata.name ?? '' }, { propagationPolicy: 'Background' });
        } catch (error) {
          if (!isReason(error, 'NotFound')) throw error;
        }
      }
    },
  };
}

/** What identifies a piece of Freight and its artifacts, as it stands in the status of Stages and Promotions. */
export function freightReferenceOf({ metadata, origin, commits, images, charts, artifacts }: Freight): FreightReference {
  return clone({ name: metadata.name ?? '', origin, commits, images, charts, artifacts }) as FreightReference;
}
