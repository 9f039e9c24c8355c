import { ConfigMap, coreKinds, Lease, Namespace } from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import {
  LeaderElection,
  Manager,
  seededRandom,
  settled,
  silentLog,
  VirtualClock,
  waiting,
  type Client,
  type Log,
  type SeededRandom,
  type Term,
} from '@kargo/kube';
import { contractKinds, Simulation, Widget } from '@kargo/kube/testing';
import { describe, expect, it } from 'vitest';
import { PausableProcess } from '../simulation/pausable-process.ts';

const LEASE = { namespace: 'n', name: 'leader' };
const PROMOTIONS = 3;
const SCHEDULES = Number(process.env['KARGO_SCHEDULES'] ?? 150);

/** What stands for a Promotion: it is begun, has one effect outside, and is finished; every write says by whom. */
interface Progress {
  phase: 'Running' | 'Succeeded';
  by: string;
  runs: number;
}

/** Widgets have text in their status. */
function progressOf(widget: Widget | undefined): Progress | undefined {
  const text = widget?.status?.phase;
  return text === undefined ? undefined : (JSON.parse(text) as Progress);
}

class World {
  readonly simulation: Simulation;
  readonly server: ApiServer;
  readonly client: Client;
  readonly chance: SeededRandom;
  /** Effects outside, by what they are for: compare-and-swap, as pushes are. */
  readonly effects: string[] = [];
  readonly processes: PausableProcess[] = [];
  readonly terms: string[] = [];
  #started = 0;

  constructor(seed: number) {
    this.simulation = new Simulation({ seed });
    const { clock, random } = this.simulation;
    this.chance = random.fork('schedule');
    this.server = openApiServer({ path: ':memory:', kinds: [...coreKinds, ...contractKinds], clock, random: random.fork('api') });
    this.client = this.server.client();
  }

  start(): PausableProcess {
    const { simulation } = this;
    const identity = `p${++this.#started}`;
    const pausable = new PausableProcess(simulation.process(identity));
    const { clock } = pausable;
    // The worst instant to be stopped at: everything was checked, nothing is sent yet.
    const client = pausable.client(this.server.client(), async () => {
      await simulation.clock.sleep(this.chance.next() * 300);
      if (this.chance.next() < 0.03) this.pauseForAWhile(pausable);
    });
    const { random, log } = pausable.process;
    const election = new LeaderElection({ client, clock, random, log, ...LEASE, identity, leaseDuration: 15_000 });
    void election.run((term) => this.#lead(term, identity, pausable, client), new AbortController().signal);
    this.processes.push(pausable);
    return pausable;
  }

  pauseForAWhile(pausable: PausableProcess): void {
    const { clock } = this.simulation;
    pausable.pause();
    clock.setTimer(clock.now() + this.chance.next() * 40_000, () => pausable.resume());
  }

  async #lead(term: Term, identity: string, pausable: PausableProcess, client: Client): Promise<void> {
    this.terms.push(identity);
    const { clock } = pausable;
    const { random, log } = pausable.process;
    const fenced = term.client(client);
    const manager = new Manager({ client: fenced, clock, random, log });
    manager.add({
      name: 'promotions',
      for: Widget,
      sources: [],
      reconciler: {
        reconcile: async ({ namespace, name }, { signal }) => {
          const widget = manager.cache.get(Widget, { namespace, name });
          const progress = progressOf(widget);
          if (widget === undefined || progress?.phase === 'Succeeded') return settled;
          const write = (next: Progress): Promise<Widget> =>
            fenced.updateStatus(Widget, { ...widget, status: { phase: JSON.stringify(next) } });
          if (progress === undefined) {
            // Without precondition and with a new name each time: only the fence keeps it single.
            const { items } = await client.list(ConfigMap, { namespace });
            if (!items.some(({ metadata }) => metadata.name?.startsWith(name) === true))
              await fenced.create(ConfigMap, {
                apiVersion: 'v1',
                kind: 'ConfigMap',
                metadata: { namespace: 'n', generateName: `${name}-` },
                data: { by: identity },
              });
            await write({ phase: 'Running', by: identity, runs: 0 });
            return waiting('Begun', 'the promotion goes on', { kind: 'event', on: 'the write just made' });
          }
          await clock.sleep(500 + random.next() * 6000, { signal });
          await pausable.outside(async () => {
            if (!this.effects.includes(name)) this.effects.push(name);
          });
          await write({ phase: 'Succeeded', by: identity, runs: progress.runs + 1 });
          return settled;
        },
      },
    });
    const started = manager.start().catch(() => undefined);
    await new Promise<void>((resolve) => term.signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.all([started, manager.stop()]);
  }
}

/** Every write of a process, beside the Lease as it was when the write was stored. */
async function history(client: Client): Promise<{ by: string; holder: string; phase: string; name: string }[]> {
  const changes: { version: number; apply: () => void }[] = [];
  let holder = '';
  const writes: { by: string; holder: string; phase: string; name: string }[] = [];
  for (const kind of [Lease, Widget] as const) {
    const end = Math.max(
      ...(await client.list(kind as typeof Widget)).items.map(({ metadata }) => Number(metadata.resourceVersion)),
    );
    for await (const event of client.watch(kind as typeof Widget, { resourceVersion: '1' })) {
      const object = event.object as Lease & Widget;
      const version = Number(object.metadata.resourceVersion);
      changes.push({
        version,
        apply: () => {
          if (object.kind === 'Lease') holder = object.spec?.holderIdentity ?? '';
          else {
            const progress = progressOf(object);
            if (progress !== undefined)
              writes.push({ by: progress.by, phase: progress.phase, holder, name: object.metadata.name ?? '' });
          }
        },
      });
      if (version >= end) break;
    }
  }
  for (const { apply } of changes.toSorted((a, b) => a.version - b.version)) apply();
  return writes;
}

/** Two processes; now and then one is killed (and another one started) or paused for a while. */
async function run(seed: number): Promise<{
  writes: Awaited<ReturnType<typeof history>>;
  world: World;
  leaders: number;
  records: string[];
}> {
  const world = new World(seed);
  const { simulation, chance, client } = world;
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
  world.start();
  world.start();
  let created = 0;
  let next = 0;
  await simulation.run(
    async () => {
      const now = simulation.clock.now();
      if (now >= next) {
        next = now + 1000 + chance.next() * 12_000;
        const victim = world.processes[Math.floor(chance.next() * world.processes.length)];
        const what = chance.next();
        if (created < PROMOTIONS) {
          created++;
          const metadata = { namespace: 'n', name: `promotion-${created}` };
          await client.create(Widget, { apiVersion: 'contract.kargo.dev/v1', kind: 'Widget', metadata, spec: {} });
        }
        if (victim !== undefined && what < 0.25) {
          victim.process.crash();
          world.processes.splice(world.processes.indexOf(victim), 1, world.start());
          world.processes.pop();
        } else if (victim !== undefined && what < 0.65 && !victim.paused) {
          world.pauseForAWhile(victim);
        }
        simulation.clock.setTimer(next, () => undefined);
      }
      const { items } = await client.list(Widget);
      return created === PROMOTIONS && items.every((widget) => progressOf(widget)?.phase === 'Succeeded');
    },
    { limit: 3600_000 },
  );
  const leaders = world.terms.length;
  // Whoever was paused goes on, and what was on its way arrives.
  await simulation.clock.advanceBy(120_000);
  const records = (await client.list(ConfigMap)).items.map(({ metadata }) => metadata.name?.slice(0, -6) ?? '');
  const writes = await history(client);
  for (const { process } of world.processes) process.crash('the end');
  await world.server.close();
  return { writes, world, leaders, records };
}

describe('leaders that are killed and paused at random', () => {
  it(`never act together, and run every promotion once (${SCHEDULES} schedules)`, async () => {
    let changes = 0;
    for (let seed = 1; seed <= SCHEDULES; seed++) {
      const { writes, world, leaders, records } = await run(seed);
      changes += leaders - 1;
      const wrong = writes.filter(({ by, holder }) => by !== holder);
      const names = Array.from({ length: PROMOTIONS }, (_, index) => `promotion-${index + 1}`);
      expect({
        seed,
        wrong,
        phases: names.map((name) => writes.filter((write) => write.name === name).map(({ phase }) => phase)),
        effects: world.effects.toSorted(),
        records: records.toSorted(),
      }).toEqual({ seed, wrong: [], phases: names.map(() => ['Running', 'Succeeded']), effects: names, records: names });
    }
    // Otherwise the schedules show nothing.
    expect(changes).toBeGreaterThan(SCHEDULES / 4);
  }, 300_000);
});

it('says why a process does not lead, once for each reason', async () => {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const server = openApiServer({ path: ':memory:', kinds: coreKinds, clock, random });
  const client = server.client();
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
  const said: string[] = [];
  const keep = (fields: object, message: string): number => said.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { ...silentLog, info: keep, warn: keep };
  let isReachable = true;
  const get: Client['get'] = (...args) => (isReachable ? client.get(...args) : Promise.reject(new Error('connect ECONNREFUSED')));
  const stop = new AbortController();
  const elect = (identity: string, own: Client, ownLog: Log): Promise<void> =>
    new LeaderElection({ client: own, clock, random, log: ownLog, ...LEASE, identity }).run(
      ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
      stop.signal,
    );
  const first = elect('first', client, silentLog);
  await clock.advanceBy(1000);
  const second = elect('second', { ...client, get }, log);
  await clock.advanceBy(60_000);
  isReachable = false;
  await clock.advanceBy(60_000);
  stop.abort();
  await clock.advanceBy(1000);
  await Promise.all([first, second]);
  await server.close();
  expect(said).toEqual([
    'another process leads; this one stands by {"leader":"first","lease":"leader"}',
    'asking for the lease failed and will be tried again until it works {"error":"connect ECONNREFUSED"}',
  ]);
});
