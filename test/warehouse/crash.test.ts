/**
 * The controllers of Projects and Warehouses die at every call they make, one run for each, and are started again. Whatever the instant,
 * it ends as if nothing had happened: each set of artifacts is one piece of Freight, everything is ready, no refresh is lost.
 */
import {
  allKinds,
  annotations,
  apiVersionOf,
  conditionViolations,
  Event,
  Freight,
  Namespace,
  Project,
  Role,
  ulidGenerator,
  Warehouse,
} from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import {
  admissionRules,
  eventRecorder,
  freightAnnouncer,
  projectController,
  projectNamespaceController,
  warehouseController,
} from '@kargo/controllers';
import { Manager, nextTurn, seededRandom, silentLog, VirtualClock, type Client } from '@kargo/kube';
import { crashAt, SimulatedProcess, Trace } from '@kargo/kube/testing';
import { describe, expect, it } from 'vitest';
import { Outside } from '../../packages/controllers/src/warehouse/testing/warehouse-world.ts';

const IMAGE = 'ghcr.io/acme/web';
const KEY = { namespace: 'shop', name: 'app' };

interface Outcome {
  freight: (string | undefined)[];
  /** Events that tell of Freight: one each. */
  told: number[];
  conditions: string[];
  refresh: string | undefined;
  project: string[];
  roles: number;
  violations: string[];
}

async function tell(crash?: number): Promise<Outcome & { points: number }> {
  const clock = new VirtualClock('2026-01-01T10:00:00Z');
  const random = seededRandom(1);
  const api = openApiServer({ path: ':memory:', kinds: allKinds, clock, random });
  const client = api.client();
  const webhook = eventRecorder({ client, clock, random, log: silentLog, component: 'webhook' });
  api.setAdmission(
    admissionRules({
      client,
      clock,
      random,
      authorizer: { authorize: () => Promise.resolve({ allowed: true }) },
      ulid: ulidGenerator({ now: () => clock.now(), random: () => random.next() }),
      isControlPlane: () => true,
      events: { freight: webhook, promotion: webhook },
      steps: new Set(),
    }),
  );
  const outside = new Outside();
  outside.pushImage(IMAGE, '1.0.0');

  const processes: SimulatedProcess[] = [];
  const start = async (): Promise<void> => {
    const plan = processes.length === 0 && crash !== undefined ? crashAt(crash) : undefined;
    const process = new SimulatedProcess({ name: 'controllers', clock, random, trace: new Trace(clock), plan });
    processes.push(process);
    const manager = new Manager({ client: process.client(client), clock: process.clock, random, log: silentLog });
    for (const options of controllers(process, manager, client, outside)) manager.add(options);
    await Promise.race([manager.start(), process.death]);
  };
  const violations: string[] = [];
  const check = async (): Promise<void> => {
    for (const object of [...(await client.list(Warehouse)).items, ...(await client.list(Project)).items])
      violations.push(...conditionViolations(object).map(({ id, detail }) => `${object.kind}: ${id} ${detail}`));
  };

  await start();
  await client.create(Project, { apiVersion: apiVersionOf(Project), kind: 'Project', metadata: { name: 'shop' } });
  const spec = { subscriptions: [{ image: { repoURL: IMAGE } }] };
  await client.create(Warehouse, { apiVersion: apiVersionOf(Warehouse), kind: 'Warehouse', metadata: KEY, spec });
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 12; round += 1) {
      for (let turn = 0; turn < 40; turn += 1) await nextTurn();
      await check();
      if (processes.at(-1)?.dead === true) await start();
      else await clock.advanceBy(1000);
    }
  };
  await settle();
  outside.pushImage(IMAGE, '1.1.0');
  await client.patch(Warehouse, KEY, { type: 'merge', body: { metadata: { annotations: { [annotations.refresh]: 'token' } } } });
  await settle();

  const warehouse = await client.get(Warehouse, KEY);
  const project = await client.get(Project, { name: 'shop' });
  const namespace = await client.get(Namespace, { name: 'shop' });
  const { items: freight } = await client.list(Freight, { namespace: 'shop' });
  const { items: events } = await client.list(Event, { namespace: 'shop' });
  const texts = (conditions: readonly { type: string; status: string; reason: string }[] | undefined): string[] =>
    (conditions ?? []).filter(({ type }) => type === 'Ready' || type === 'Healthy').map((each) => `${each.type} ${each.status}`);
  const outcome = {
    freight: freight.map(({ images }) => images?.[0]?.tag ?? '').toSorted(),
    told: freight.map(({ metadata }) => events.filter(({ involvedObject }) => involvedObject.name === metadata.name).length),
    conditions: texts(warehouse.status?.conditions),
    refresh: warehouse.status?.lastHandledRefresh,
    project: [...texts(project.status?.conditions), ...(namespace.metadata.finalizers ?? [])],
    roles: (await client.list(Role, { namespace: 'shop' })).items.length,
    violations,
    points: processes[0]?.points ?? 0,
  };
  processes.at(-1)?.crash();
  await api.close();
  return outcome;
}

function controllers(process: SimulatedProcess, manager: Manager, client: Client, outside: Outside) {
  const own = process.client(client);
  const { clock, random } = process;
  const events = eventRecorder({ client: own, clock, random, log: silentLog, component: 'warehouse-controller' });
  const ports = {
    git: process.guard('git', outside.git),
    registries: process.guard('registries', outside.registries),
    charts: process.guard('charts', outside.charts),
    credentials: { find: () => Promise.resolve(undefined) },
  };
  return [
    freightAnnouncer({ cache: manager.cache, clock, events }),
    projectController({ client: own, cache: manager.cache, clock }),
    projectNamespaceController({ client: own }),
    warehouseController({ client: own, clock, events, ...ports }),
  ];
}

describe('Projects and Warehouses', () => {
  it('end as they should when the controllers do not die, and just so wherever they do', { timeout: 180_000 }, async () => {
    const { points, told, ...calm } = await tell();
    expect(told).toEqual([1, 1]);
    expect(calm).toEqual({
      freight: ['1.0.0', '1.1.0'],
      conditions: ['Ready True', 'Healthy True'],
      refresh: 'token',
      project: ['Ready True', 'kargo.akuity.io/finalizer'],
      roles: 3,
      violations: [],
    });
    expect(points).toBeGreaterThan(50);
    for (let crash = 1; crash <= points; crash += 1) {
      const { points: _, told: tellings, ...outcome } = await tell(crash);
      expect({ crash, ...outcome }).toEqual({ crash, ...calm });
      expect({ crash, tellings }).toEqual({ crash, tellings: [1, 1] });
    }
  });
});
