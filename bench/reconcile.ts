/**
 * Reconciling 2,000 Stages, 500 Warehouses and 20,000 pieces of Freight from cold: a control plane that starts over a store with all of
 * them, until nothing is left to do. Limits: 10 s and 600 MiB.
 */
import { allKinds, apiVersionOf, Freight, Namespace, Stage, Warehouse, type Kind, type KubeObject } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import {
  controlFlowStageController,
  stageController,
  stageIndexes,
  warehouseController,
  type RegularStageControllerDeps,
} from '@kargo/controllers';
import { simulatedWorld } from '@kargo/integrations/testing';
import { Manager, seededRandom, silentLog, systemClock, timestamp } from '@kargo/kube';
import { ulidGenerator } from '@kargo/api';

const PROJECTS = 50;
const STAGES = 2000;
const WAREHOUSES = 500;
const FREIGHT = 20_000;

const random = seededRandom('bench');
const clock = systemClock;
const server = openApiServer({ path: ':memory:', kinds: allKinds, clock, random });
const client = server.client();
const now = timestamp(clock.now());
const project = (index: number): string => `project-${index % PROJECTS}`;

async function create<T extends KubeObject>(
  kind: Kind<T>,
  namespace: string | undefined,
  name: string,
  fields: object,
): Promise<void> {
  const status = (fields as { status?: object }).status;
  const made = await client.create(kind, {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: { namespace, name },
    ...fields,
  } as T);
  if (status !== undefined && kind.statusSubresource) await client.updateStatus(kind, { ...made, status } as T);
}

for (let index = 0; index < PROJECTS; index++)
  await create(Namespace, undefined, project(index), {
    metadata: { name: project(index), labels: { 'kargo.akuity.io/project': 'true' } },
  });
for (let index = 0; index < WAREHOUSES; index++)
  await create(Warehouse, project(index), `warehouse-${index}`, {
    spec: {
      interval: '5m0s',
      freightCreationPolicy: 'Automatic',
      subscriptions: [{ image: { repoURL: `ghcr.io/acme/app-${index}`, constraint: '^1.0.0' } }],
    },
    status: {
      observedGeneration: 1,
      discoveredArtifacts: {
        discoveredAt: now,
        images: [{ repoURL: `ghcr.io/acme/app-${index}`, references: [{ tag: '1.0.0', digest: `sha256:${'0'.repeat(64)}` }] }],
      },
    },
  });
for (let index = 0; index < FREIGHT; index++) {
  const warehouse = index % WAREHOUSES;
  await create(Freight, project(warehouse), `freight-${index}`, {
    origin: { kind: 'Warehouse', name: `warehouse-${warehouse}` },
    discoveredAt: now,
    images: [{ repoURL: `ghcr.io/acme/app-${warehouse}`, tag: `1.0.${index}`, digest: `sha256:${'0'.repeat(64)}` }],
    status: { verifiedIn: { [`stage-${warehouse * 4}`]: { verifiedAt: now } } },
  });
}
for (let index = 0; index < STAGES; index++) {
  const warehouse = Math.floor(index / 4);
  const sources = index % 4 === 0 ? { direct: true } : { stages: [`stage-${index - 1}`] };
  await create(Stage, project(warehouse), `stage-${index}`, {
    spec: {
      requestedFreight: [{ origin: { kind: 'Warehouse', name: `warehouse-${warehouse}` }, sources }],
      // Every tenth only passes on.
      ...(index % 10 === 9 ? {} : { promotionTemplate: { spec: { steps: [{ uses: 'git-push', as: 'push' }] } } }),
    },
  });
}
// What setting up left behind is not what is measured.
globalThis.gc?.();

const world = simulatedWorld({ clock, random });
const manager = new Manager({ client, clock, random, log: silentLog });
for (const index of stageIndexes()) manager.addIndex(index);
const events = { record: async (): Promise<void> => undefined };
const deps: RegularStageControllerDeps = {
  client,
  cache: manager.cache,
  clock,
  random,
  events,
  analysisAvailable: true,
  ulid: ulidGenerator({ now: () => clock.now(), random: () => random.next() }),
  evaluateArg: async () => '',
  runHealthChecks: async () => ({ status: 'Healthy', issues: [], output: [], argoCDApps: [] }),
};
manager.add(stageController(deps));
manager.add(controlFlowStageController(deps));
manager.add(
  warehouseController({
    ...world,
    client,
    clock,
    credentials: { find: async () => undefined },
    events,
    minimumInterval: 0,
  } as never),
);
let peak = 0;
const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
const started = performance.now();
await manager.start();
await manager.idle();
const elapsed = performance.now() - started;
clearInterval(watching);
peak = Math.max(peak, process.memoryUsage().rss);
const { items } = await client.list(Stage);
const looked = items.filter(({ status }) => status?.observedGeneration !== undefined).length;
console.log(
  `${STAGES} Stages, ${WAREHOUSES} Warehouses, ${FREIGHT} Freight from cold: ${(elapsed / 1000).toFixed(2)} s (limit 10 s), ${looked} Stages reconciled`,
);
console.log(`peak memory: ${(peak / 2 ** 20).toFixed(0)} MiB (limit 600 MiB), store and set-up included`);
await manager.stop();
await server.close();
process.exit(0);
