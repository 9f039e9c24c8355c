/**
 * The Stage controllers on the embedded API and virtual time. People, the promotion engine and the analysis engine are played
 * by the test, through the methods here; everything else is real. After every reconcile the conditions of the Stage are checked.
 */
import {
  AnalysisRun,
  AnalysisTemplate,
  annotations,
  Freight,
  isReason,
  labels,
  Namespace,
  newFreightCollection,
  ProjectConfig,
  Promotion,
  shortenLabel,
  Stage,
  ulidGenerator,
  upsertFreight,
  Warehouse,
  Event,
  type HealthCheck,
  type Json,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import {
  admissionRules,
  controlFlowStageController,
  eventRecorder,
  stageController,
  stageIndexes,
  type RegularStageControllerDeps,
} from '@kargo/controllers';
import { argumentExpressions } from '@kargo/promotion';
import {
  clone,
  Manager,
  seededRandom,
  silentLog,
  timestamp,
  VirtualClock,
  type AdmissionRules,
  type Client,
  type Clock,
  type ControllerOptions,
  type Random,
} from '@kargo/kube';

import { checkedConditions } from './checked-conditions.ts';
import { textOf } from './event-text.ts';
import { define, kindsBeside, strict } from './published-crds.ts';

export const PROJECT = 'shop';
const CONTROL_PLANE = { username: 'system:serviceaccount:kargo:kargo-controller' };

type Report = Awaited<ReturnType<RegularStageControllerDeps['runHealthChecks']>>;

export interface Outside {
  client: Client;
  clock: Clock;
  random: Random;
}

export interface WorldOptions {
  analysisAvailable?: boolean;
  /** Instance id of the analysis controller that AnalysisRuns are for. */
  instanceId?: string;
  /** More controllers, of other products, that run beside those of Stages. */
  beside?: (outside: Outside & { manager: Manager }) => readonly ControllerOptions[];
  /** What each new start of the controllers runs on: lets a test make calls fail, or the process die. */
  connect?: (outside: Outside) => Outside;
  /** Definitions that others publish, in place of this project's own kinds; writes that do not fit them are refused. */
  definitions?: readonly KubeObject[];
  /** Whether the controllers start at once, and the methods wait for them. Default true. */
  start?: boolean;
  /** Whether reconciles may pause before they try again: waiting for them then takes a second of virtual time. */
  pauses?: boolean;
}

/** A Project `shop` with its controllers. Close it when done. */
export class World {
  readonly clock = new VirtualClock('2026-01-01T00:00:00Z');
  readonly random = seededRandom(7);
  readonly server: ApiServer;
  /** As an administrator. */
  readonly client: Client;
  manager: Manager;
  /** What the health checks of each Stage say; healthy unless set. */
  readonly health = new Map<string, Report>();
  /** Texts of what people were told, in order. */
  readonly told: string[] = [];
  readonly violations: string[] = [];
  /** Reconciles by controller. */
  readonly passes: string[] = [];
  readonly #ulid = ulidGenerator({ now: () => this.clock.now(), random: () => this.random.next() });
  readonly #options: WorldOptions;

  private constructor(options: WorldOptions) {
    this.#options = options;
    const { clock, random } = this;
    this.server = openApiServer({ path: ':memory:', kinds: kindsBeside(options.definitions ?? []), clock, random });
    this.server.setAdmission(this.#admission());
    this.client = this.server.client();
    this.manager = this.#newManager();
  }

  static async open(options: WorldOptions = {}): Promise<World> {
    const world = new World(options);
    await define(world.client, options.definitions ?? []);
    await world.client.create(Namespace, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: PROJECT, labels: { [labels.project]: 'true' } },
    });
    if (options.start !== false) await world.manager.start();
    return world;
  }

  async close(): Promise<void> {
    await this.manager.stop();
    await this.server.close();
  }

  /** Stops the controllers and starts new ones, which know only what is stored. */
  async restart(): Promise<void> {
    await this.manager.stop();
    this.manager = this.#newManager();
    await this.manager.start();
    await this.quiet();
  }

  /** Starts new controllers after the old ones died. */
  async revive(): Promise<void> {
    this.manager = this.#newManager();
    await this.manager.start();
  }

  /** Waits until the controllers have nothing left to do at this instant. */
  async quiet(): Promise<void> {
    if (this.#options.start === false) return;
    if (this.#options.pauses === true) await this.clock.advanceBy(1000);
    else await this.manager.idle();
  }

  /** Lets time pass. */
  async pass(milliseconds: number): Promise<void> {
    await this.clock.advanceBy(milliseconds);
    await this.quiet();
  }

  async warehouse(name = 'app'): Promise<void> {
    await this.client.create(Warehouse, {
      ...header(Warehouse, name),
      spec: { subscriptions: [{ image: { repoURL: 'ghcr.io/acme/app' } }] },
    } as Warehouse);
  }

  async freight(name: string, { from = 'app', status }: { from?: string; status?: Freight['status'] } = {}): Promise<Freight> {
    const origin = { kind: 'Warehouse' as const, name: from };
    const image = { repoURL: 'ghcr.io/acme/app', tag: name, digest: `sha256:${'0'.repeat(64)}` };
    const made = await this.client.create(Freight, {
      ...header(Freight, name),
      origin,
      discoveredAt: timestamp(this.clock.now()),
      images: [image],
    });
    return status === undefined ? made : this.client.updateStatus(Freight, { ...made, status });
  }

  async stage(name: string, spec: Partial<Stage['spec']> = {}, metadata: Partial<Stage['metadata']> = {}): Promise<Stage> {
    const head = header(Stage, name);
    const defaults: Stage['spec'] = {
      requestedFreight: [{ origin: { kind: 'Warehouse', name: 'app' }, sources: { direct: true } }],
      promotionTemplate: { spec: { steps: [{ uses: 'git-push', as: 'push' }] } },
    };
    const stage = await this.client.create(Stage, {
      ...head,
      metadata: { ...head.metadata, ...metadata },
      spec: { ...defaults, ...spec },
    });
    await this.quiet();
    return stage;
  }

  async policies(...promotionPolicies: NonNullable<ProjectConfig['spec']>['promotionPolicies'] & object): Promise<void> {
    const config = { ...header(ProjectConfig, PROJECT), spec: { promotionPolicies } };
    try {
      const known = await this.client.get(ProjectConfig, { namespace: PROJECT, name: PROJECT });
      await this.client.update(ProjectConfig, { ...known, spec: config.spec });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      await this.client.create(ProjectConfig, config);
    }
    await this.quiet();
  }

  async template(name: string, spec: Partial<AnalysisTemplate['spec']> = {}): Promise<void> {
    const metrics = [{ name, provider: { job: { spec: {} } } }];
    await this.client.create(AnalysisTemplate, { ...header(AnalysisTemplate, name), spec: { metrics, ...spec } });
  }

  async get(name: string): Promise<Stage & { status: NonNullable<Stage['status']> }> {
    const stage = await this.client.get(Stage, { namespace: PROJECT, name });
    return { ...stage, status: stage.status ?? {} };
  }

  async getFreight(name: string): Promise<Freight> {
    return this.client.get(Freight, { namespace: PROJECT, name });
  }

  /** Status and reason of each condition of a Stage, like `Unknown/NoFreight`. */
  async conditions(name: string): Promise<Record<string, string>> {
    const { status } = await this.get(name);
    return Object.fromEntries((status.conditions ?? []).map(({ type, status: value, reason }) => [type, `${value}/${reason}`]));
  }

  /** A person asks for a Promotion. */
  async promote(stage: string, freight: string): Promise<Promotion> {
    const promotion = await this.server.client(CONTROL_PLANE).create(Promotion, {
      ...header(Promotion, 'requested'),
      metadata: {
        namespace: PROJECT,
        generateName: 'promo-',
        annotations: { [annotations.createActor]: 'email:kim@acme.io' },
      },
      spec: { stage, freight } as Promotion['spec'],
    });
    await this.quiet();
    return promotion;
  }

  async promotions(stage: string): Promise<Promotion[]> {
    const { items } = await this.client.list(Promotion, {
      namespace: PROJECT,
      labelSelector: `${labels.stage}=${shortenLabel(stage)}`,
    });
    return items.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  }

  /** The engine begins with a Promotion; it may only when that was granted. */
  async begin(promotion: Promotion): Promise<void> {
    const stage = await this.get(promotion.spec.stage);
    if (stage.status.currentPromotion?.name !== promotion.metadata.name) {
      throw new Error(
        `Promotion ${promotion.metadata.name} was not granted, but ${stage.status.currentPromotion?.name ?? 'none'}`,
      );
    }
    const freight = await this.getFreight(promotion.spec.freight ?? '');
    const reference = { name: freight.metadata.name ?? '', origin: freight.origin, images: freight.images };
    const inherited = stage.status.lastPromotion?.status?.freightCollection;
    const { verificationHistory: _, ...others } = inherited ?? newFreightCollection();
    const several = stage.spec.requestedFreight.length > 1;
    const freightCollection = several ? upsertFreight(others, reference) : newFreightCollection(reference);
    await this.setPromotion(promotion, {
      phase: 'Running',
      startedAt: timestamp(this.clock.now()),
      freight: reference,
      freightCollection,
    });
  }

  /** The engine ends a Promotion. */
  async end(promotion: Promotion, phase = 'Succeeded', more: Partial<NonNullable<Promotion['status']>> = {}): Promise<void> {
    await this.setPromotion(promotion, { phase, finishedAt: timestamp(this.clock.now()), ...more });
  }

  /** The engine runs a granted Promotion from begin to end. */
  async run(promotion: Promotion, phase = 'Succeeded', healthChecks?: HealthCheck[]): Promise<void> {
    await this.begin(promotion);
    await this.end(promotion, phase, healthChecks === undefined ? {} : { healthChecks });
  }

  async setPromotion({ metadata }: Promotion, status: Partial<NonNullable<Promotion['status']>>): Promise<void> {
    const key = { namespace: PROJECT, name: metadata.name ?? '' };
    const current = clone(await this.client.get(Promotion, key));
    await this.client.updateStatus(Promotion, { ...current, status: { ...current.status, ...status } });
    await this.quiet();
  }

  /** The analysis engine says how a run goes. */
  async analysis(name: string, status: NonNullable<AnalysisRun['status']>): Promise<void> {
    await this.client.patch(
      AnalysisRun,
      { namespace: PROJECT, name },
      { type: 'merge', body: { status: { ...status } as Json } },
    );
    await this.quiet();
  }

  async runs(): Promise<AnalysisRun[]> {
    return (await this.client.list(AnalysisRun, { namespace: PROJECT })).items;
  }

  /** Annotates a Stage, as refresh, verify and abort do through the API of Kargo, or as a person does with `kubectl`. */
  async annotate(name: string, values: Record<string, string>, by: 'kargo' | 'kubectl' = 'kargo'): Promise<void> {
    const client = by === 'kubectl' ? this.client : this.server.client(CONTROL_PLANE);
    await client.patch(Stage, { namespace: PROJECT, name }, { type: 'merge', body: { metadata: { annotations: values } } });
    await this.quiet();
  }

  #newManager(): Manager {
    const served = this.server.client(CONTROL_PLANE);
    const outside: Outside = {
      client: (this.#options.definitions ?? []).length > 0 ? strict(served) : served,
      clock: this.clock,
      random: this.random,
    };
    const { client, clock, random } = this.#options.connect?.(outside) ?? outside;
    const manager = new Manager({ client, clock, random, log: silentLog });
    for (const index of stageIndexes()) manager.addIndex(index);
    const deps: RegularStageControllerDeps = {
      client,
      cache: manager.cache,
      clock,
      random,
      ulid: this.#ulid,
      analysisAvailable: this.#options.analysisAvailable ?? true,
      instanceId: this.#options.instanceId,
      evaluateArg: argumentExpressions({ client }),
      runHealthChecks: async (_checks, { stage }) =>
        this.health.get(stage) ?? { status: 'Healthy', issues: [], output: [], argoCDApps: [] },
      events: eventRecorder({
        client: { create: (kind, event, more) => this.#tell(client, kind, event, more) },
        clock,
        random,
        log: silentLog,
        component: 'stage-controller',
      }),
    };
    for (const options of [stageController(deps), controlFlowStageController(deps)])
      manager.add(checkedConditions(options, { client: this.client, passes: this.passes, violations: this.violations }));
    for (const options of this.#options.beside?.({ client, clock, random, manager }) ?? []) manager.add(options);
    return manager;
  }

  /** What people were told, as events say: also what a process that died did not get to know. Sorted. */
  async events(): Promise<string[]> {
    return (await this.client.list(Event, { namespace: PROJECT })).items.map(textOf).toSorted();
  }

  /** Creates an event, and notes it once it is there. */
  async #tell<T extends KubeObject>(client: Client, ...[kind, object, more]: Parameters<Client['create']>): Promise<T> {
    const made = (await client.create(kind, object, more)) as T;
    this.told.push(textOf(made as unknown as Event));
    return made;
  }

  /** The real rules for Stages and Promotions; Freight keeps the short names that tests give it. */
  #admission(): readonly AdmissionRules[] {
    const events = { record: async (): Promise<void> => undefined };
    const rules = admissionRules({
      client: this.server.client(CONTROL_PLANE),
      clock: this.clock,
      random: this.random,
      authorizer: { authorize: async () => ({ allowed: true }) },
      ulid: this.#ulid,
      isControlPlane: ({ username }) => username === CONTROL_PLANE.username,
      events: { freight: events, promotion: events },
      steps: new Set(['git-push', 'argocd-update']),
    });
    return rules.filter(({ kind }) => kind.kind === Promotion.kind || kind.kind === Stage.kind);
  }
}

function header<T extends KubeObject>(
  kind: Kind<T>,
  name: string,
): { apiVersion: string; kind: string; metadata: { namespace: string; name: string } } {
  return { apiVersion: `${kind.group}/${kind.version}`, kind: kind.kind, metadata: { namespace: PROJECT, name } };
}
