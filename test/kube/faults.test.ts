import { ApiError, coreKinds, isReason, Namespace } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { commitStatus, Manager, settled, waiting, type Client, type Random, type Result } from '@kargo/kube';
import { contractKinds, interceptClient, Simulation, Widget, type SimulatedProcess } from '@kargo/kube/testing';
import { expect, it } from 'vitest';

/** A client on which calls fail before or after they happen, watches break, and everything may take a while. */
function unreliable(client: Client, random: Random, process: SimulatedProcess): Client {
  const failure = (): ApiError => new ApiError(random.next() < 0.5 ? 'ServiceUnavailable' : 'Timeout', 'the network failed');
  const delay = async (): Promise<void> => {
    if (random.next() < 0.3) await process.clock.sleep(Math.floor(random.next() * 2000));
  };
  return interceptClient(client, {
    around: async (_call, next) => {
      await delay();
      if (random.next() < 0.15) throw failure();
      const result = await next();
      if (random.next() < 0.1) throw failure();
      return result;
    },
    watch: () => {
      if (random.next() < 0.2) throw failure();
    },
    event: async () => {
      await delay();
      if (random.next() < 0.1) throw failure();
      return true;
    },
  });
}

/** Keeps `status.counts.size` of every widget what its spec says, and its phase small or large a minute later. */
async function run(seed: number): Promise<string> {
  const simulation = new Simulation({ seed });
  const random = simulation.random.fork('faults');
  const api = openApiServer({
    path: ':memory:',
    kinds: [...coreKinds, ...contractKinds],
    clock: simulation.clock,
    random: simulation.random.fork('api'),
    historyLimit: 20,
  });
  const world = api.client();
  await world.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });

  const process = simulation.process('controller');
  const client = process.client(unreliable(world, random, process));
  const manager = new Manager({ client, clock: process.clock, random: process.random, log: process.log });
  manager.add({
    name: 'sizes',
    for: Widget,
    sources: [],
    finished: ({ spec, status }: Widget) => status?.counts?.['size'] === spec?.size && status?.phase !== 'Measuring',
    reconciler: {
      reconcile: async (key): Promise<Result> => {
        const widget = manager.cache.get(Widget, key);
        if (widget === undefined) return settled;
        const size = widget.spec?.size ?? 0;
        const { size: measured, at = 0 } = widget.status?.counts ?? {};
        const now = process.clock.now();
        const due = measured === size ? at : now + 60_000;
        const phase = measured !== size || now < due ? 'Measuring' : size > 50 ? 'Large' : 'Small';
        await commitStatus(client, Widget, widget, { ...widget, status: { phase, counts: { size, at: due } } });
        if (phase !== 'Measuring') return settled;
        return waiting('Measuring', 'measuring takes a minute', { kind: 'deadline', at: due, why: 'it is measured' });
      },
    },
  });
  void manager.start();

  for (let i = 0; i < 40; i++) {
    const name = `w${Math.floor(random.next() * 6)}`;
    const size = Math.floor(random.next() * 100);
    const key = { namespace: 'n', name };
    try {
      if (random.next() < 0.25) await world.delete(Widget, key);
      else await world.patch(Widget, key, { type: 'merge', body: { spec: { size } } });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      await world.create(Widget, { apiVersion: 'contract.kargo.dev/v1', kind: 'Widget', metadata: key, spec: { size } });
    }
    await simulation.clock.advanceBy(Math.floor(random.next() * 20_000));
  }
  const isDone = ({ spec, status }: Widget): boolean =>
    status?.counts?.['size'] === spec?.size && status?.phase === ((spec?.size ?? 0) > 50 ? 'Large' : 'Small');
  await simulation.run(async () => (await world.list(Widget)).items.every(isDone), { limit: 30 * 60_000 });
  await simulation.run(
    async () => JSON.stringify(manager.cache.list(Widget)) === JSON.stringify((await world.list(Widget)).items),
  );
  expect(manager.defects()).toEqual([]);
  await simulation.run(() => manager.waits().length === 0);
  return simulation.trace.toString();
}

it.each(Array.from({ length: 15 }, (_, seed) => seed))('controllers finish on an unreliable network, seed %d', async (seed) => {
  await run(seed);
});

it('an unreliable network is the same for the same seed', async () => {
  expect(await run(3)).toBe(await run(3));
});
