/**
 * The whole control plane in one process on virtual time: the API with admission, every controller as `kargo up` composes them, and the
 * outside (git, registry, renderer, Jobs) simulated. API and outside survive the death of the control plane; everything it has in memory
 * does not. A seed repeats a run byte for byte.
 */
import {
  allKinds,
  apiVersionOf,
  isReason,
  Namespace,
  Promotion,
  Stage,
  type Kind,
  type KubeObject,
  type ObjectKey,
} from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import { registerControllers, RELIST_AFTER } from '@kargo/controlplane';
import { secretCredentials } from '@kargo/controllers';
import { simulatedWorld, type SimulatedWorld } from '@kargo/integrations/testing';
import { clone, Manager, type Client, type UserInfo } from '@kargo/kube';
import { interceptClient, Simulation, type CrashPlan, type SimulatedProcess } from '@kargo/kube/testing';
import { ConfigValidator } from '@kargo/promotion';
import { parseAllDocuments } from 'yaml';
import { localizedRepository, manifest } from '../../examples/demo/manifests.ts';
import { faultyClient, type ClientFaults } from './faults.ts';
import { SimulatedJobs } from './job-executor.ts';
import { JumpingClock } from './jumping-clock.ts';
import { Observer } from './observer.ts';
import { guardOutside } from './outside.ts';

export const PROJECT = 'kargo-demo';
export const REPOSITORY = 'https://github.com/example/repo.git';
export const IMAGE = 'public.ecr.aws/nginx/nginx';
const ADMIN: UserInfo = { username: 'admin', groups: ['system:masters', 'system:authenticated'] };
const SHARED = 'kargo-shared-resources';

const addresses = { repository: REPOSITORY, image: IMAGE };
/** Read once, before any simulation: files are no part of it. */
const manifests: readonly KubeObject[] = (
  await Promise.all((['project', 'stages', 'applications'] as const).map((name) => manifest(name, addresses)))
).flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as KubeObject));

/** Compiling the schemas of steps takes longer than a promotion does here. */
const validator = new ConfigValidator();

export interface PipelineOptions {
  seed: number | string;
  /** Where the first process of the control plane dies; later ones as `laterPlan` says. */
  plan?: CrashPlan | undefined;
  laterPlan?: CrashPlan | undefined;
  /** Least and most milliseconds that operations on the outside take. Default 20 to 200. */
  latency?: readonly [number, number] | undefined;
  /** Stages of the pipeline to apply. Default all three. */
  stages?: readonly string[] | undefined;
  /** Changes a manifest before it is applied. */
  edit?: ((object: KubeObject) => void) | undefined;
  /** Whether the clock of the control plane can be set, apart from those of the API and the outside. */
  jumps?: boolean | undefined;
  /** Further manifests to apply. */
  more?: readonly KubeObject[] | undefined;
}

/** The control plane, its API and its outside. What people do is in {@link PipelineSimulation}. */
export class ControlPlaneSimulation {
  readonly simulation: Simulation;
  readonly server: ApiServer;
  readonly world: SimulatedWorld;
  readonly jobs = new SimulatedJobs();
  readonly observer: Observer;
  /** As an administrator; never fails. */
  readonly client: Client;
  /** Faults between control plane and API from now on. */
  faults: ClientFaults = {};
  /** Sets the clock of the machine that the control plane runs on; undefined unless the options ask for such a clock. */
  readonly machine: JumpingClock | undefined;
  /** Called before each operation on the outside: throw to fail it. */
  fault: (operation: string) => void = () => undefined;
  /** The process of the control plane that lives, or died last. */
  process!: SimulatedProcess;
  manager!: Manager;
  /** How many processes there were. */
  starts = 0;
  readonly #options: PipelineOptions;
  #booted = false;

  protected constructor(options: PipelineOptions) {
    this.#options = options;
    this.simulation = new Simulation({ seed: options.seed });
    const { clock, random, trace } = this.simulation;
    this.server = openApiServer({
      path: ':memory:',
      kinds: allKinds,
      clock,
      random: random.fork('api'),
      log: trace.log('api'),
    });
    this.client = this.server.client(ADMIN);
    this.machine = options.jumps === true ? new JumpingClock(clock) : undefined;
    this.observer = new Observer({ timeMayGoBack: options.jumps === true });
    this.world = simulatedWorld({
      clock,
      random: random.fork('latency'),
      latency: options.latency ?? [20, 200],
      hooks: {
        before: (operation) => {
          trace.add('outside', operation);
          this.fault(operation);
        },
      },
    });
    this.observer.follow(this.server.client());
  }

  /** Starts everything and applies the pipeline of the documentation. Nothing is in the registry yet. */
  protected async begin(): Promise<void> {
    this.world.remotes.create(REPOSITORY, localizedRepository(addresses));
    for (const name of ['argocd', 'kargo', SHARED, 'kargo-system-resources'])
      await this.client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    this.#boot();
    await this.#apply();
  }

  async close(): Promise<void> {
    this.process.crash('the simulation is over');
    this.observer.stop();
    await this.server.close();
  }

  get now(): number {
    return this.simulation.clock.now();
  }

  /** Kills the control plane, as `kill -9` does. */
  kill(): void {
    this.process.crash();
  }

  /**
   * Lets time pass, from timer to timer, until `done`; a control plane that died is started again. Everything that must always hold is
   * checked at every instant in between. Fails with the seed and the end of the trace.
   */
  async until(what: string, done: () => boolean | Promise<boolean>, limitMs = 6 * 3600_000): Promise<void> {
    try {
      await this.simulation.run(
        async () => {
          if (this.process.dead) {
            this.#boot();
            return false;
          }
          await this.check();
          return this.#booted && (await done());
        },
        { limit: limitMs, steps: 20_000 },
      );
    } catch (error) {
      const state = await this.describe();
      throw new Error(`waiting for ${what}: ${error instanceof Error ? error.message : String(error)}\n${state}`, {
        cause: error,
      });
    }
  }

  /** Lets `milliseconds` pass. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    let over = false;
    this.simulation.clock.setTimer(end, () => {
      over = true;
    });
    // A control plane that is starting may take longer than that.
    await this.until(`${milliseconds} ms to pass`, () => over, milliseconds + 600_000);
  }

  /** Lets everything happen that follows at this instant. */
  async settle(): Promise<void> {
    await this.simulation.clock.settle();
    await this.check();
  }

  /** Fails if something is broken that must always hold. */
  async check(): Promise<void> {
    const broken = [...this.observer.violations];
    for (const { controller, kind, key, problem, message } of this.#booted && !this.process.dead ? this.manager.defects() : [])
      if (problem !== 'NoWakeUp' || key === undefined || (await this.#isCurrent(kind, key)))
        broken.push(`defect in ${controller}: ${problem}: ${message}`);
    if (broken.length > 0) throw new Error(`what must always hold does not:\n${broken.join('\n')}`);
  }

  /** Whether the control plane has seen the newest state of an object. One that has not cannot know that the object is finished. */
  async #isCurrent(name: string, key: ObjectKey): Promise<boolean> {
    const kind = allKinds.find((candidate) => candidate.kind === name) as Kind<KubeObject>;
    const seen = this.manager.cache.get(kind, key);
    const newest = await this.client.get(kind, key).catch(() => undefined);
    return seen?.metadata.resourceVersion === newest?.metadata.resourceVersion;
  }

  /** Everything that happened: the trace, the effects on the outside and what the API holds in the end. */
  async record(): Promise<string> {
    const held: string[] = [];
    for (const kind of allKinds) {
      const { items } = await this.client.list(kind as Kind<KubeObject>);
      for (const object of items) held.push(JSON.stringify(object));
    }
    const effects = this.world.effects.map((effect) => JSON.stringify(effect));
    return [this.simulation.trace.toString(), ...effects, ...held].join('\n');
  }

  /** How Promotions and Stages stand, for the message of a failed test. */
  async describe(): Promise<string> {
    const promotions = (await this.client.list(Promotion)).items.map(
      ({ metadata, status }) => `${metadata.name} ${status?.phase} step ${status?.currentStep} ${status?.message ?? ''}`,
    );
    const stages = (await this.client.list(Stage)).items.map(
      ({ metadata, status }) =>
        `${metadata.name} ${status?.phase} ${(status?.conditions ?? []).map(({ type, status: is, reason, message }) => `${type}=${is}/${reason}: ${message}`).join('; ')}`,
    );
    const waits = this.manager
      .waits()
      .map(({ controller, key, reason, message }) => `${controller} ${key.name}: ${reason}: ${message}`);
    return [...promotions, ...stages, ...waits].join('\n');
  }

  /** A new process of the control plane, which knows only what is stored. */
  #boot(): void {
    this.starts++;
    this.#booted = false;
    const { random: chance, trace } = this.simulation;
    const plan = this.starts === 1 ? this.#options.plan : this.#options.laterPlan;
    const process = this.simulation.process('controlplane', plan, this.machine);
    const { random, log } = process;
    const hooks = faultyClient(
      () => this.faults,
      chance.fork(`faults ${this.starts}`),
      (what) => trace.add('network', what),
    );
    const client = process.client(interceptClient(this.server.client(), hooks));
    const manager = new Manager({ client, clock: process.clock, random, log, relistAfter: RELIST_AFTER });
    const { admission } = registerControllers({
      manager,
      client,
      clock: process.clock,
      random,
      log,
      outside: {
        ...guardOutside(process, this.world),
        renderWorkspaces: guardOutside(process, this.world).workspaces,
        credentials: secretCredentials({ reader: client, log, sharedNamespace: SHARED, allowHTTP: false }),
      },
      jobs: { executor: process.guard('jobs', this.jobs.executor(process.clock)) },
      config: {
        argoCDNamespace: 'argocd',
        sharedNamespace: SHARED,
        gitName: 'Kargo',
        gitEmail: 'no-reply@kargo.io',
        minimumInterval: '0s',
      },
      authorizer: { authorize: () => Promise.resolve({ allowed: true }) },
      validator,
    });
    this.server.setAdmission(admission);
    this.process = process;
    this.manager = manager;
    void manager.start().then(() => {
      if (this.process === process) this.#booted = true;
    });
  }

  async #apply(): Promise<void> {
    const { stages = ['test', 'uat', 'prod'], edit, more = [] } = this.#options;
    const wanted = manifests.filter(({ kind, metadata }) => kind !== Stage.kind || stages.includes(metadata.name ?? ''));
    const objects = wanted.map((object) => clone(object));
    await this.until('the control plane to be up', () => true);
    for (const object of [...objects, ...more]) {
      edit?.(object);
      const kind = allKinds.find((candidate) => candidate.kind === object.kind && apiVersionOf(candidate) === object.apiVersion);
      if (kind === undefined) throw new Error(`no kind ${object.apiVersion} ${object.kind}`);
      await this.act(() => this.client.create(kind as Kind<KubeObject>, object), ['NotFound', 'Forbidden', 'Invalid']);
    }
  }

  /**
   * A call by a person, who tries again while the control plane is down. (Admission rules run inside it: they fail and die with it.)
   */
  protected async act<T>(call: () => Promise<T>, alsoRetry: readonly Parameters<typeof isReason>[1][] = []): Promise<T> {
    let outcome: { value: T } | { error: unknown } | undefined;
    for (let attempt = 1; ; attempt++) {
      const { process } = this;
      outcome = undefined;
      void call().then(
        (value) => (outcome = { value }),
        (error: unknown) => (outcome = { error }),
      );
      await this.until('an answer of the API', () => outcome !== undefined || this.process !== process);
      const answer = outcome as { value: T } | { error: unknown } | undefined;
      if (answer !== undefined && 'value' in answer) return answer.value;
      const error = answer?.error;
      const passing = answer === undefined || isReason(error, 'ServiceUnavailable', 'InternalError', 'Conflict', ...alsoRetry);
      if (!passing || attempt >= 50) throw error;
      await this.pass(1000);
    }
  }
}
