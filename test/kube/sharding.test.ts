/** Controllers of shards on one API: each handles its own Warehouses, Stages and Promotions, and no others. */
import {
  allKinds,
  apiVersionOf,
  Freight,
  Lease,
  Namespace,
  Project,
  Promotion,
  Stage,
  Warehouse,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import { admissionFor, registerControllers } from '@kargo/controlplane';
import { secretCredentials, type ShardOptions } from '@kargo/controllers';
import { simulatedWorld } from '@kargo/integrations/testing';
import { heartbeat, Manager, seededRandom, silentLog, VirtualClock } from '@kargo/kube';
import { interceptClient } from '@kargo/kube/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const shop = { namespace: 'shop' };
let clock: VirtualClock;
let server: ApiServer;
let managers: Manager[];
/** `controller kind name` of every write of a status. */
let writes: Set<string>;

beforeEach(async () => {
  clock = new VirtualClock();
  managers = [];
  writes = new Set();
  const random = seededRandom(1);
  server = openApiServer({ path: ':memory:', kinds: allKinds, clock, random });
  const client = server.client();
  server.setAdmission(
    admissionFor({ client, clock, random, log: silentLog, authorizer: { authorize: () => Promise.resolve({ allowed: true }) } }),
  );
  for (const name of ['argocd', 'kargo', 'kargo-shared-resources'])
    await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
});
afterEach(async () => {
  for (const manager of managers) await manager.stop();
  await server.close();
});

async function start(name: string, shard: ShardOptions): Promise<void> {
  const random = seededRandom(name);
  const client = interceptClient(server.client(), {
    around: ({ verb, kind, key }, next) => {
      if (verb === 'patch' || verb === 'updateStatus') writes.add(`${name} ${kind.kind} ${key.name?.split('.')[0]}`);
      return next();
    },
  });
  const world = simulatedWorld({ clock });
  world.images.push('ghcr.io/acme/web', '1.0.0');
  const manager = new Manager({ client, clock, random, log: silentLog });
  registerControllers({
    manager,
    client,
    clock,
    random,
    log: silentLog,
    outside: {
      ...world,
      renderWorkspaces: world.workspaces,
      credentials: secretCredentials({
        reader: client,
        log: silentLog,
        sharedNamespace: 'kargo-shared-resources',
        allowHTTP: false,
      }),
    },
    jobs: { unavailable: 'there are none here' },
    config: {
      argoCDNamespace: 'argocd',
      sharedNamespace: 'kargo-shared-resources',
      gitName: 'Kargo',
      gitEmail: 'no-reply@kargo.io',
      minimumInterval: '0s',
    },
    authorizer: { authorize: () => Promise.resolve({ allowed: false }) },
    components: ['promotion'],
    shard,
  });
  managers.push(manager);
  const started = manager.start();
  await clock.settle();
  await started;
}

async function create(kind: Kind<never>, metadata: KubeObject['metadata'], rest: object): Promise<void> {
  const known = kind as unknown as Kind;
  await server.client().create(known, { apiVersion: apiVersionOf(known), kind: known.kind, metadata, ...rest } as KubeObject);
}

/** A Warehouse, a Stage that gets its Freight automatically, and what follows from them; all of one shard. */
async function pipeline(name: string, shard: string | undefined): Promise<void> {
  const subscriptions = [{ image: { repoURL: 'ghcr.io/acme/web' } }];
  await create(Warehouse as never, { ...shop, name }, { spec: { shard, subscriptions } });
  await create(
    Stage as never,
    { ...shop, name },
    {
      spec: {
        shard,
        requestedFreight: [{ origin: { kind: 'Warehouse', name }, sources: { direct: true } }],
        promotionTemplate: { spec: { steps: [{ uses: 'git-clear', config: { path: './out' } }] } },
      },
    },
  );
  await clock.advanceBy(5000);
  const { items } = await server.client().list(Freight, shop);
  const freight = items.find(({ origin }) => origin.name === name)?.metadata.name;
  if (freight === undefined) return;
  await create(Promotion as never, { ...shop, generateName: 'x-' }, { spec: { stage: name, freight } });
  await clock.advanceBy(5000);
}

describe('controllers of shards', () => {
  it('handle their own, and the one without a name what names no shard', async () => {
    await create(Project as never, { name: 'shop' }, {});
    await start('unnamed', {});
    await start('east', { name: 'east' });
    await pipeline('plain', undefined);
    await pipeline('eastern', 'east');
    await pipeline('western', 'west');
    expect([...writes].toSorted()).toEqual([
      'east Promotion eastern',
      'east Stage eastern',
      'east Warehouse eastern',
      'unnamed Promotion plain',
      'unnamed Stage plain',
      'unnamed Warehouse plain',
    ]);
    expect(managers.flatMap((manager) => manager.defects())).toEqual([]);
  });

  it('with a name may be the default one too', async () => {
    await create(Project as never, { name: 'shop' }, {});
    await start('both', { name: 'east', isDefault: true });
    await pipeline('plain', undefined);
    await pipeline('eastern', 'east');
    await pipeline('western', 'west');
    expect(new Set([...writes].map((write) => write.split(' ')[2]))).toEqual(new Set(['plain', 'eastern']));
  });

  it('take over what comes into their shard', async () => {
    await create(Project as never, { name: 'shop' }, {});
    await start('unnamed', {});
    await start('east', { name: 'east' });
    await pipeline('moving', undefined);
    writes.clear();
    const spec = { type: 'merge', body: { spec: { shard: 'east' } } } as const;
    for (const kind of [Warehouse, Stage] as const)
      await server.client().patch(kind as typeof Stage, { ...shop, name: 'moving' }, spec);
    await clock.advanceBy(5000);
    expect([...writes].filter((write) => !write.includes('Promotion')).toSorted()).toEqual([
      'east Stage moving',
      'east Warehouse moving',
    ]);
  });

  it('show that they live under the names of their shards', async () => {
    const ending = new AbortController();
    const client = server.client();
    const beats = ['', 'east'].map((controller) =>
      heartbeat({ client, clock, log: silentLog, namespace: 'kargo', controller, identity: controller }, ending.signal),
    );
    await clock.settle();
    const { items } = await client.list(Lease, { namespace: 'kargo', labelSelector: 'kargo.akuity.io/controller' });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['kargo-controller-east', 'kargo-controller-unnamed']);
    ending.abort(new Error('stop'));
    await Promise.all(beats);
  });
});
