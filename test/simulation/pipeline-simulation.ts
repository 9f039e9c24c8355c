/** What people and other systems do with a simulated control plane, and what they see of it. */
import {
  annotations,
  apiVersionOf,
  encodeRequest,
  Freight,
  ProjectConfig,
  Promotion,
  Stage,
  Warehouse,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import {
  explainFreight,
  explainPromotion,
  explainStage,
  explainWarehouse,
  shortcomings,
  type Explanation,
  type WaitsOf,
} from '@kargo/controllers';
import { timestamp } from '@kargo/kube';
import { ControlPlaneSimulation, IMAGE, PROJECT, REPOSITORY, type PipelineOptions } from './control-plane-simulation.ts';

export { IMAGE, PROJECT, REPOSITORY, type PipelineOptions } from './control-plane-simulation.ts';

/** The commit that a Promotion made, if it came that far. */
export function commitOf({ status }: Promotion): string | undefined {
  return (status?.state?.['commit'] as { commit?: string } | undefined)?.commit;
}

/** A running simulation. Close it when done. */
export class PipelineSimulation extends ControlPlaneSimulation {
  #refreshes = 0;

  /** Starts everything and applies the pipeline of the documentation. Nothing is in the registry yet. */
  static async open(options: PipelineOptions): Promise<PipelineSimulation> {
    const simulation = new PipelineSimulation(options);
    await simulation.begin();
    return simulation;
  }

  // What people and other systems do.

  /** Somebody pushes an image. */
  pushTag(tag: string): void {
    this.simulation.trace.add('developer', `pushes ${tag}`);
    this.world.images.push(IMAGE, tag);
  }

  /** `kargo refresh`. */
  async refresh(kind: typeof Warehouse | typeof Stage, name: string): Promise<void> {
    this.#refreshes++;
    await this.annotate(kind as Kind<KubeObject>, name, annotations.refresh, `refresh-${this.#refreshes}`);
  }

  /** `kargo promote`. */
  async promote(stage: string, freight: string): Promise<string> {
    const created = await this.act(() =>
      this.client.create(Promotion, {
        apiVersion: apiVersionOf(Promotion),
        kind: Promotion.kind,
        metadata: { namespace: PROJECT, generateName: `${stage}.`, annotations: { [annotations.createActor]: 'admin' } },
        spec: { stage, freight } as Promotion['spec'],
      }),
    );
    return created.metadata.name ?? '';
  }

  /** Ends a Promotion before its time. */
  async stop(promotion: string): Promise<void> {
    const value = JSON.stringify({ action: 'terminate', actor: 'admin', controlPlane: false });
    await this.annotate(Promotion as Kind<KubeObject>, promotion, annotations.abort, value);
  }

  /** `kargo verify stage`, or with `abort` the end of a verification. */
  async verify(stage: string, abort = false): Promise<void> {
    const { status } = await this.stage(stage);
    const id = status?.freightHistory?.[0]?.verificationHistory?.[0]?.id ?? '';
    const request = encodeRequest({ id, actor: 'admin' });
    await this.annotate(Stage as Kind<KubeObject>, stage, abort ? annotations.abort : annotations.reverify, request);
  }

  /** `kargo approve`. */
  async approve(freight: string, stage: string): Promise<void> {
    const body = { status: { approvedFor: { [stage]: { approvedAt: timestamp(this.now) } } } };
    await this.act(() =>
      this.client.patch(Freight, { namespace: PROJECT, name: freight }, { type: 'merge', body }, { subresource: 'status' }),
    );
  }

  async annotate(kind: Kind<KubeObject>, name: string, annotation: string, value: string): Promise<void> {
    const body = { metadata: { annotations: { [annotation]: value } } };
    await this.act(() => this.client.patch(kind, { namespace: PROJECT, name }, { type: 'merge', body }));
  }

  // What they see.

  stage(name: string): Promise<Stage> {
    return this.client.get(Stage, { namespace: PROJECT, name });
  }

  async condition(stage: string, type: string): Promise<string> {
    const found = (await this.stage(stage)).status?.conditions?.find((condition) => condition.type === type);
    return `${found?.status}/${found?.reason}: ${found?.message}`;
  }

  async promotions(stage?: string): Promise<Promotion[]> {
    const { items } = await this.client.list(Promotion, { namespace: PROJECT });
    return items
      .filter(({ spec }) => stage === undefined || spec.stage === stage)
      .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  }

  async freight(tag: string): Promise<Freight | undefined> {
    const { items } = await this.client.list(Freight, { namespace: PROJECT });
    return items.find(({ images }) => images?.some((image) => image.tag === tag));
  }

  /** Name of the Freight with a tag, once there is one. */
  async discovered(tag: string): Promise<string> {
    await this.until(`Freight with tag ${tag}`, async () => (await this.freight(tag)) !== undefined);
    return (await this.freight(tag))?.metadata.name ?? '';
  }

  async verified(tag: string, stage: string): Promise<void> {
    await this.until(
      `${tag} verified in ${stage}`,
      async () => (await this.freight(tag))?.status?.verifiedIn?.[stage] !== undefined,
    );
  }

  /** Commits of a branch, oldest first, without the one that began it. */
  commits(branch: string): { id: string; message: string }[] {
    if (this.world.remotes.branches(REPOSITORY)[branch] === undefined) return [];
    return this.world.remotes.log(REPOSITORY, branch).slice(0, -1).toReversed();
  }

  /** Objects of every kind whose explanation does not say what would move them, though something has to. */
  async unexplained(): Promise<string[]> {
    const { items: freight } = await this.client.list(Freight, { namespace: PROJECT });
    const promotions = await this.promotions();
    const projectConfig = await this.client.get(ProjectConfig, { namespace: PROJECT, name: PROJECT }).catch(() => undefined);
    const waitsOf: WaitsOf = (kind, namespace, name) =>
      this.manager.waits().filter((wait) => wait.kind === kind && wait.key.namespace === namespace && wait.key.name === name);
    const shared = { freight, waitsOf, now: this.now };
    const answers: Explanation[] = [];
    const { items: stages } = await this.client.list(Stage, { namespace: PROJECT });
    for (const stage of stages) {
      const name = stage.metadata.name ?? '';
      const own = promotions.filter(({ spec }) => spec.stage === name);
      answers.push(explainStage({ ...shared, stage, promotions: own, projectConfig }));
      for (const promotion of own) {
        const piece = freight.find(({ metadata }) => metadata.name === promotion.spec.freight);
        answers.push(explainPromotion({ promotion, stage, freight: piece, siblings: own, waitsOf, now: this.now }));
      }
    }
    for (const piece of freight) answers.push(explainFreight(piece, stages, this.now));
    for (const warehouse of (await this.client.list(Warehouse, { namespace: PROJECT })).items)
      answers.push(explainWarehouse({ warehouse, waitsOf }));
    return answers.flatMap((answer) => shortcomings(answer).map((what) => `${what}: ${JSON.stringify(answer)}`));
  }
}
