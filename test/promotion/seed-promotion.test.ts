/**
 * The promotion of "Working with Stages" on the embedded API, with everything outside simulated. First as it should go, then killed at
 * every call that it makes: before the call has its effect, and after it, before the answer arrives.
 */
import {
  allKinds,
  annotations,
  apiVersionOf,
  Application,
  Event,
  Freight,
  labels,
  Namespace,
  Promotion,
  Stage,
  Warehouse,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import { eventRecorder, PROMOTION_CONTROLLER, promotionController, promotionIndexes } from '@kargo/controllers';
import { simulatedWorld, type SimulatedWorld } from '@kargo/integrations/testing';
import { Manager, seededRandom, timestamp, VirtualClock, type Client } from '@kargo/kube';
import { SimulatedProcess, Trace, type CrashPlan } from '@kargo/kube/testing';
import { PromotionRunner, stepExpressions, stepRegistry } from '@kargo/promotion';
import { describe, expect, it } from 'vitest';
import { IMAGE, REPOSITORY, seedFiles, seedTemplate } from './seed-promotion.ts';

const PROJECT = 'kargo-demo';
const NAME = 'test.01j2w7a15cxjjgejresfyw6ysp.666209f';
const FREIGHT = '666209fd9755a1e48bec6b27f5f447747410dd9e';
const key = { namespace: PROJECT, name: NAME };

/** At which operation of the outside the process dies, counted from 1. */
interface OutsideCrash {
  n: number;
  moment: 'before' | 'after';
}

interface Plan {
  client?: CrashPlan;
  /** The one operation of the outside that fails, or whose answer is lost; the steps are then tried again. */
  fault?: OutsideCrash;
  outside?: OutsideCrash;
  /** Whether the disk with the workspaces is lost together with the process. */
  disk?: 'lost';
}

class Scenario {
  readonly clock = new VirtualClock('2026-01-01T00:00:00Z');
  readonly random = seededRandom(5);
  readonly trace = new Trace(this.clock);
  readonly world: SimulatedWorld = simulatedWorld({ clock: this.clock, random: this.random });
  readonly server: ApiServer = openApiServer({ path: ':memory:', kinds: allKinds, clock: this.clock, random: this.random });
  readonly client: Client = this.server.client();
  readonly plan: Plan;
  /** Operations of the outside that began, and that ended: some contain others. */
  readonly reached = { before: 0, after: 0 };
  syncs = 0;
  deaths = 0;
  process!: SimulatedProcess;

  constructor(plan: Plan = {}) {
    this.plan = plan;
  }

  async run(): Promise<Promotion> {
    await this.#prepare();
    await this.#start(this.plan.client);
    for (let turn = 0; turn < 200; turn++) {
      await this.clock.settle();
      if (this.process.dead) await this.#revive();
      else if (await this.#argoCD()) continue;
      else {
        const promotion = await this.client.get(Promotion, key);
        if (promotion.status?.phase !== 'Pending' && promotion.status?.phase !== 'Running' && promotion.status !== undefined) {
          await this.clock.advanceBy(1000);
          if (!this.process.dead) return promotion;
        } else if (!(await this.clock.runNext())) throw new Error(`nothing is left that could happen\n${this.trace.toString()}`);
      }
    }
    throw new Error(`the Promotion does not come to an end\n${this.trace.toString()}`);
  }

  async close(): Promise<void> {
    this.process.crash();
    await this.server.close();
  }

  async #prepare(): Promise<void> {
    this.world.remotes.create(REPOSITORY, seedFiles);
    for (const name of [PROJECT, 'argocd'])
      await this.client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    const origin = { kind: 'Warehouse' as const, name: 'kargo-demo' };
    await this.client.create(Warehouse, {
      ...header(Warehouse, 'kargo-demo'),
      spec: { subscriptions: [{ image: { repoURL: IMAGE } }, { git: { repoURL: REPOSITORY } }] },
    });
    await this.client.create(Freight, {
      ...header(Freight, FREIGHT),
      origin,
      images: [{ repoURL: IMAGE, tag: '1.27.0', digest: `sha256:${'0'.repeat(64)}` }],
      commits: [{ repoURL: REPOSITORY, id: '961cfaedbc53aacdb65110028839a2c1c281290d' }],
    });
    const stage = await this.client.create(Stage, {
      ...header(Stage, 'test'),
      spec: { requestedFreight: [{ origin, sources: { direct: true } }] },
    });
    await this.client.updateStatus(Stage, { ...stage, status: { currentPromotion: { name: NAME } } });
    await this.client.create(Application, {
      ...header(Application, 'kargo-demo-test'),
      metadata: {
        namespace: 'argocd',
        name: 'kargo-demo-test',
        annotations: { [annotations.authorizedStage]: `${PROJECT}:test` },
      },
      spec: {
        project: 'default',
        destination: { server: 'https://kubernetes.default.svc' },
        source: { repoURL: REPOSITORY, targetRevision: 'stage/test', path: '.' },
      },
    });
    const { vars } = seedTemplate;
    const steps = seedTemplate.steps.map((step) =>
      this.plan.fault === undefined ? step : { ...step, retry: { errorThreshold: 2 } },
    );
    const metadata = { ...key, labels: { [labels.stage]: 'test' } };
    await this.client.create(Promotion, {
      ...header(Promotion, NAME),
      metadata,
      spec: { stage: 'test', freight: FREIGHT, vars, steps },
    });
  }

  async #start(plan: CrashPlan | undefined): Promise<void> {
    const process = new SimulatedProcess({
      name: `p${this.deaths}`,
      clock: this.clock,
      random: this.random,
      trace: this.trace,
      plan,
    });
    this.process = process;
    const reach = async (moment: 'before' | 'after'): Promise<void> => {
      const { outside } = this.plan;
      const n = ++this.reached[moment];
      if (this.deaths === 0 && outside?.moment === moment && n === outside.n) process.crash(`${moment} operation ${n}`);
      if (process.dead) await new Promise(() => undefined);
      const { fault } = this.plan;
      if (fault?.moment === moment && n === fault.n) throw new Error(`fault ${moment} operation ${n}`);
    };
    this.world.setHooks({ before: () => reach('before'), after: () => reach('after') });
    const { clock, random, log } = process;
    const client = process.client(this.client);
    const { git, registries, renderer, http, workspaces } = this.world;
    const manager = new Manager({ client, clock, random, log });
    for (const index of promotionIndexes()) manager.addIndex(index);
    const registry = stepRegistry();
    const ports = {
      clock,
      random,
      client,
      git,
      pullRequests: this.world.pullRequests,
      githubCommits: this.world.githubCommits,
      registries,
      renderer,
      http,
      credentials: { find: async () => undefined },
      gitIdentity: { name: 'Kargo', email: 'no-reply@kargo.io' },
      argoCDNamespace: 'argocd',
    };
    const runner = new PromotionRunner({ registry, ports, expressions: stepExpressions({ client }) });
    const events = eventRecorder({ client, clock, random, log, component: PROMOTION_CONTROLLER });
    manager.add(promotionController({ client, cache: manager.cache, clock, random, workspaces, registry, runner, events }));
    const started = manager.start();
    await Promise.race([started, process.death]);
  }

  async #revive(): Promise<void> {
    this.deaths++;
    if (this.plan.disk === 'lost') {
      this.world.setHooks({});
      for (const id of await this.world.workspaces.ids()) await this.world.workspaces.remove(id);
    }
    await this.#start(undefined);
  }

  /** Argo CD: syncs to the head of the branch when asked. Whether it was. */
  async #argoCD(): Promise<boolean> {
    const app = await this.client.get(Application, { namespace: 'argocd', name: 'kargo-demo-test' });
    if (app.operation === undefined) return false;
    this.syncs++;
    const now = timestamp(this.clock.now());
    const revision = this.world.remotes.branches(REPOSITORY)['stage/test'] ?? '';
    const operationState = {
      operation: app.operation,
      phase: 'Succeeded',
      startedAt: now,
      finishedAt: now,
      syncResult: { revision },
    };
    const status = { reconciledAt: now, health: { status: 'Healthy' }, sync: { status: 'Synced', revision }, operationState };
    const { operation: _, ...rest } = app;
    await this.client.update(Application, { ...rest, status });
    return true;
  }

  /** What the world outside has seen. */
  async seen(): Promise<object> {
    const { items } = await this.client.list(Event, { namespace: PROJECT });
    const branch = this.world.remotes.log(REPOSITORY, 'stage/test');
    return {
      commits: branch.map(({ message }) => message),
      pushes: this.world.effects.filter(({ kind }) => kind === 'git.push').length,
      files: this.world.remotes.files(REPOSITORY, 'stage/test'),
      main: this.world.remotes.log(REPOSITORY, 'main').length,
      syncs: this.syncs,
      told: items.filter(({ reason }) => reason?.startsWith('Promotion') === true).map(({ message }) => message),
      workspaces: await this.world.workspaces.ids(),
    };
  }
}

function header<T extends KubeObject>(kind: Kind<T>, name: string): Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'> {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { namespace: PROJECT, name } };
}

async function play(plan?: Plan): Promise<{ scenario: Scenario; promotion: Promotion; seen: object }> {
  const scenario = new Scenario(plan);
  try {
    const promotion = await scenario.run();
    return { scenario, promotion, seen: await scenario.seen() };
  } finally {
    await scenario.close();
  }
}

const MESSAGE = `Updated ./src/base to use new image\n\n- ${IMAGE}:1.27.0`;

describe('[S10] the promotion of "Working with Stages"', () => {
  it('[S11] [S12] [S13] [S14] [S15] [S16] [S17] [S18] [S19] runs as written', async () => {
    const { promotion, seen, scenario } = await play();
    const { status } = promotion;
    const branch = scenario.world.remotes.log(REPOSITORY, 'stage/test');
    expect(status).toMatchObject({
      phase: 'Succeeded',
      currentStep: 6,
      state: { commit: { commit: branch[0]?.id }, 'update-image': { commitMessage: MESSAGE } },
    });
    expect(status?.stepExecutionMetadata?.map((entry) => `${entry.alias} ${entry.status}`)).toEqual(
      ['step-1', 'step-2', 'update-image', 'step-4', 'commit', 'step-6', 'step-7'].map((alias) => `${alias} Succeeded`),
    );
    expect(seen).toMatchObject({
      commits: [MESSAGE, 'Initial commit'],
      pushes: 2,
      files: { 'manifests.yaml': expect.stringContaining(`image: ${IMAGE}:1.27.0`) },
      main: 1,
      syncs: 1,
      told: ['Promotion Succeeded'],
      workspaces: [],
    });
    expect(status?.healthChecks).toEqual([
      {
        uses: 'argocd-update',
        config: { apps: [{ name: 'kargo-demo-test', namespace: 'argocd', desiredRevisions: [branch[0]?.id] }] },
      },
    ]);
    const noted = [{ repoURL: REPOSITORY, id: '961cfaedbc53aacdb65110028839a2c1c281290d', healthCheckCommit: branch[0]?.id }];
    expect(status?.freight?.commits).toEqual(noted);
    expect(status?.freightCollection?.items?.['Warehouse/kargo-demo']?.commits).toEqual(noted);
  });

  const crashes = (points: number): OutsideCrash[] =>
    Array.from({ length: points }, (_, index) =>
      (['before', 'after'] as const).map((moment) => ({ n: index + 1, moment })),
    ).flat();

  it.each([[undefined], ['lost']] as const)(
    'killed at any operation outside, with its disk %s, goes on and shows each effect once',
    async (disk) => {
      const clean = await play();
      for (const outside of crashes(clean.scenario.reached.before)) {
        const { promotion, seen, scenario } = await play({ outside, ...(disk === undefined ? {} : { disk }) });
        const where = `killed ${outside.moment} operation ${outside.n}`;
        expect(scenario.deaths, where).toBe(1);
        expect(promotion.status?.phase, `${where}: ${promotion.status?.message}`).toBe('Succeeded');
        expect({ where, ...seen, told: [] }).toEqual({ where, ...clean.seen, told: [] });
      }
    },
  );

  it('with a fault in any operation outside, tries again and shows each effect once', async () => {
    const clean = await play();
    for (const fault of crashes(clean.scenario.reached.before)) {
      const { promotion, seen } = await play({ fault });
      const where = `fault ${fault.moment} operation ${fault.n}`;
      expect(promotion.status?.phase, `${where}: ${promotion.status?.message}`).toBe('Succeeded');
      expect({ where, ...seen }).toEqual({ where, ...clean.seen });
    }
  });

  it('killed at any call of the API, goes on and shows each effect once', async () => {
    const clean = await play();
    for (let n = 1; n <= clean.scenario.process.points; n++) {
      const { promotion, seen, scenario } = await play({ client: (point) => point.n === n });
      const where = `killed at point ${n}: ${scenario.trace.toString().match(/dies: (.*)/)?.[1]}`;
      expect(scenario.deaths, where).toBe(1);
      expect(promotion.status?.phase, `${where}: ${promotion.status?.message}`).toBe('Succeeded');
      expect({ where, ...seen, told: [] }).toEqual({ where, ...clean.seen, told: [] });
    }
  });
});
