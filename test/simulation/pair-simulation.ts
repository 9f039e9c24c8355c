/**
 * Two control planes on one API, as several replicas on a cluster are: each with its own machine, disk and clock (which is off, and runs
 * too fast or too slow), electing a leader. Either can be killed or stopped for a while at any call. API, git, registries and what
 * everybody writes survive; admission is part of the API.
 */
import {
  allKinds,
  apiVersionOf,
  Freight,
  isReason,
  keyOf,
  keyText,
  Lease,
  Namespace,
  Promotion,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import { admissionFor, registerControllers, RELIST_AFTER } from '@kargo/controlplane';
import { secretCredentials } from '@kargo/controllers';
import { simulatedWorld, type SimulatedWorld } from '@kargo/integrations/testing';
import { LeaderElection, Manager, type Client, type Clock, type SeededRandom, type Term } from '@kargo/kube';
import { crashRandomly, interceptClient, Simulation } from '@kargo/kube/testing';
import { ConfigValidator } from '@kargo/promotion';
import { parseAllDocuments } from 'yaml';
import { localizedRepository, manifest } from '../../examples/demo/manifests.ts';
import { SimulatedJobs } from './job-executor.ts';
import { guardOutside } from './outside.ts';
import { PausableProcess } from './pausable-process.ts';

export const PROJECT = 'kargo-demo';
export const REPOSITORY = 'https://github.com/example/repo.git';
export const IMAGE = 'public.ecr.aws/nginx/nginx';
const SHARED = 'kargo-shared-resources';
const LEASE = { namespace: 'kargo', name: 'kargo-controller-leader' };
const addresses = { repository: REPOSITORY, image: IMAGE };
const manifests: readonly KubeObject[] = (
  await Promise.all((['project', 'stages', 'applications'] as const).map((name) => manifest(name, addresses)))
).flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as KubeObject));
const validator = new ConfigValidator();

/** How wrong clocks are: up to half a minute, and two in a hundred too fast or too slow. */
const OFFSET = 30_000;
const DRIFT = 0.02;

/** A write that came through, and in whose name. */
export interface Write {
  version: number;
  by: string;
  what: string;
}

/** What happens to processes while it is on. */
export interface Chaos {
  /** Chances that a process dies, or stops for a while, at a call. */
  death: number;
  pause: number;
}

export class PairSimulation {
  readonly simulation: Simulation;
  readonly server: ApiServer;
  readonly world: SimulatedWorld;
  readonly jobs = new SimulatedJobs();
  readonly client: Client;
  readonly writes: Write[] = [];
  /** Identities of leaders, one a term. */
  readonly terms: string[] = [];
  readonly processes: PausableProcess[] = [];
  chaos: Chaos = { death: 0, pause: 0 };
  readonly #chance: SeededRandom;
  #started = 0;

  private constructor(seed: number) {
    this.simulation = new Simulation({ seed });
    const { clock, random, trace } = this.simulation;
    this.#chance = random.fork('chaos');
    this.server = openApiServer({ path: ':memory:', kinds: allKinds, clock, random: random.fork('api'), log: trace.log('api') });
    this.client = this.server.client();
    this.world = simulatedWorld({ clock, random: random.fork('latency'), latency: [20, 200] });
    this.server.setAdmission(
      admissionFor({
        client: this.client,
        clock,
        random: random.fork('admission'),
        log: trace.log('admission'),
        authorizer: { authorize: () => Promise.resolve({ allowed: true }) },
        validator,
      }),
    );
  }

  /** Starts two processes and applies one Stage of the pipeline of the documentation. */
  static async open(seed: number): Promise<PairSimulation> {
    const pair = new PairSimulation(seed);
    pair.world.remotes.create(REPOSITORY, localizedRepository(addresses));
    for (const name of ['argocd', 'kargo', SHARED, 'kargo-system-resources'])
      await pair.client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    pair.start();
    pair.start();
    for (const given of manifests) {
      if (given.kind === 'Stage' && given.metadata.name !== 'test') continue;
      const kind = allKinds.find((each) => each.kind === given.kind && apiVersionOf(each) === given.apiVersion);
      if (kind === undefined) throw new Error(`no kind ${given.apiVersion} ${given.kind}`);
      await pair.#apply(kind as Kind<KubeObject>, patient(structuredClone(given)));
    }
    return pair;
  }

  async close(): Promise<void> {
    for (const { process } of this.processes) process.crash('the simulation is over');
    await this.server.close();
  }

  /** Another process, under a name that none had. */
  start(): void {
    const { simulation } = this;
    const identity = `p${++this.#started}`;
    const chance = this.#chance.fork(identity);
    const dies = crashRandomly(chance.fork('death'), 1, () => chance.next() < this.chaos.death);
    const pausable = new PausableProcess(simulation.process(identity, dies));
    const { process } = pausable;
    void process.death.then(() => {
      this.processes.splice(this.processes.indexOf(pausable), 1);
      simulation.clock.setTimer(simulation.clock.now() + chance.next() * 20_000, () => this.start());
    });
    this.processes.push(pausable);
    const clock = wrongClock(pausable.clock, (chance.next() * 2 - 1) * OFFSET, 1 + (chance.next() * 2 - 1) * DRIFT);
    const stopped = async (): Promise<void> => {
      if (chance.next() < this.chaos.pause) this.pause(pausable, chance.next() * 40_000);
    };
    const client = pausable.client(this.#recorded(identity), async () => {
      await simulation.clock.sleep(chance.next() * 50);
      await stopped();
    });
    const outside = onOneMachine(pausable, { ...this.world, ...this.world.machine() }, stopped);
    const { random, log } = process;
    const election = new LeaderElection({ client, clock, random, log, ...LEASE, identity });
    void election.run((term) => this.#lead(term, { identity, client, clock, pausable, outside }), new AbortController().signal);
  }

  /** Stops a process for a while; it does not notice. */
  pause(pausable: PausableProcess, milliseconds: number): void {
    const { clock, trace } = this.simulation;
    trace.add(pausable.process.name, `is stopped for ${Math.round(milliseconds)} ms`);
    pausable.pause();
    clock.setTimer(clock.now() + milliseconds, () => pausable.resume());
  }

  async #lead(
    term: Term,
    own: { identity: string; client: Client; clock: Clock; pausable: PausableProcess; outside: SimulatedWorld },
  ): Promise<void> {
    const { identity, clock, pausable, outside } = own;
    this.terms.push(identity);
    const { process } = pausable;
    const { random, log } = process;
    const client = term.client(own.client);
    const manager = new Manager({ client, clock, random, log, relistAfter: RELIST_AFTER });
    registerControllers({
      manager,
      client,
      clock,
      random,
      log,
      outside: {
        ...guardOutside(process, outside),
        renderWorkspaces: guardOutside(process, outside).workspaces,
        credentials: secretCredentials({ reader: client, log, sharedNamespace: SHARED, allowHTTP: false }),
      },
      jobs: { executor: process.guard('jobs', this.jobs.executor(clock)) },
      config: {
        argoCDNamespace: 'argocd',
        sharedNamespace: SHARED,
        gitName: 'Kargo',
        gitEmail: 'no-reply@kargo.io',
        minimumInterval: '0s',
      },
      authorizer: { authorize: () => Promise.resolve({ allowed: false }) },
      validator,
    });
    const started = manager.start().catch(() => undefined);
    await new Promise<void>((resolve) => {
      if (term.signal.aborted) resolve();
      term.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.all([started, manager.stop()]);
  }

  /** Lets time pass until `done`. Fails with the seed and the end of the trace. */
  async until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
    try {
      await this.simulation.run(done, { limit: 6 * 3600_000, steps: 60_000 });
    } catch (error) {
      const promotions = (await this.promotions()).map(
        ({ metadata, status }) => `${metadata.name} ${status?.phase} ${status?.message ?? ''}`,
      );
      throw new Error(
        `waiting for ${what}: ${error instanceof Error ? error.message : String(error)}\n${promotions.join('\n')}`,
        {
          cause: error,
        },
      );
    }
  }

  async pass(milliseconds: number): Promise<void> {
    let over = false;
    const { clock } = this.simulation;
    clock.setTimer(clock.now() + milliseconds, () => (over = true));
    await this.until(`${milliseconds} ms to pass`, () => over);
  }

  async verified(tag: string): Promise<void> {
    await this.until(`${tag} verified in test`, async () => {
      const { items } = await this.client.list(Freight, { namespace: PROJECT });
      const freight = items.find(({ images }) => images?.some((image) => image.tag === tag));
      return freight?.status?.verifiedIn?.['test'] !== undefined;
    });
  }

  async promotions(): Promise<Promotion[]> {
    return (await this.client.list(Promotion, { namespace: PROJECT })).items.map((one) => one);
  }

  /** Ids of the commits of the Stage's branch, without the one that began it. */
  commits(): string[] {
    if (this.world.remotes.branches(REPOSITORY)['stage/test'] === undefined) return [];
    return this.world.remotes
      .log(REPOSITORY, 'stage/test')
      .slice(0, -1)
      .map(({ id }) => id);
  }

  /** Writes whose author did not hold the Lease when they were stored. */
  async strayWrites(): Promise<string[]> {
    const holders: { version: number; holder: string }[] = [];
    const newest = (await this.client.get(Lease, LEASE)).metadata.resourceVersion ?? '';
    for await (const { object } of this.client.watch(Lease, { namespace: 'kargo', resourceVersion: '1' })) {
      const lease = object as Lease;
      const version = lease.metadata.resourceVersion ?? '';
      if (lease.metadata.name === LEASE.name)
        holders.push({ version: Number(version), holder: lease.spec?.holderIdentity ?? '' });
      if (Number(version) >= Number(newest)) break;
    }
    return this.writes
      .filter(({ version, by }) => holders.findLast((each) => each.version <= version)?.holder !== by)
      .map(({ version, by, what }) => `${what} by ${by} (version ${version})`);
  }

  /** The API as one process uses it: what it has written is noted, but for Leases. */
  #recorded(by: string): Client {
    const reads = new Set(['get', 'list', 'watch', 'delete']);
    return interceptClient(this.server.client(), {
      around: async ({ verb, kind }, next) => {
        if (reads.has(verb) || kind.kind === Lease.kind) return next();
        const { metadata: before } = await this.client.list(Namespace, { limit: 1 });
        const answer = await next();
        const object = answer as unknown as KubeObject;
        const version = Number(object.metadata.resourceVersion);
        // Dry runs, and writes that change nothing, answer with what was there.
        if (version > Number(before.resourceVersion))
          this.writes.push({ version, by, what: `${verb} of ${kind.kind} ${keyText(keyOf(object))}` });
        return answer;
      },
    });
  }

  async #apply(kind: Kind<KubeObject>, object: KubeObject): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.client.create(kind, object);
        return;
      } catch (error) {
        if (!isReason(error, 'NotFound', 'Forbidden', 'Invalid') || attempt > 50) throw error;
        await this.pass(1000);
      }
    }
  }
}

/** An attempt of a Job that dies with its process counts as failed: what is to be shown here must not fail for that. */
function patient(object: KubeObject): KubeObject {
  const text = JSON.stringify(object).replaceAll(/"backoffLimit":\d+/g, '"backoffLimit":100');
  return JSON.parse(text) as KubeObject;
}

/** A clock that is off by `offset` milliseconds and runs `rate` times as fast. */
function wrongClock(inner: Clock, offset: number, rate: number): Clock {
  const start = inner.now();
  const shown = (at: number): number => Math.floor(start + offset + (at - start) * rate);
  const real = (at: number): number => Math.ceil(start + (at - offset - start) / rate);
  return {
    now: () => shown(inner.now()),
    setTimer: (at, fire) => inner.setTimer(real(at), fire),
    sleep: (milliseconds, options) => inner.sleep(milliseconds / rate, options),
  };
}

/** The outside as a process that can be stopped uses it: before a call and before its answer it may be, or become, stopped. */
function onOneMachine(pausable: PausableProcess, world: SimulatedWorld, stopped: () => Promise<void>): SimulatedWorld {
  const guard = <P extends object>(port: P): P =>
    new Proxy(port, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        const call = value as (...all: unknown[]) => unknown;
        if (value.constructor.name !== 'AsyncFunction') return (...all: unknown[]): unknown => Reflect.apply(call, target, all);
        return async (...all: unknown[]): Promise<unknown> => {
          await stopped();
          let answer: unknown;
          await pausable.outside(async () => {
            answer = await Reflect.apply(call, target, all);
          });
          return answer;
        };
      },
    });
  return { ...world, git: guard(world.git), registries: guard(world.registries), renderer: guard(world.renderer) };
}
