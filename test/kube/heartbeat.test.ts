import { coreKinds, Lease } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { heartbeat, seededRandom, silentLog, VirtualClock } from '@kargo/kube';
import { expect, it } from 'vitest';

it('shows that a controller lives, and takes its Lease away when it stops, unless another process goes on', async () => {
  const clock = new VirtualClock();
  const server = openApiServer({ path: ':memory:', kinds: coreKinds, clock, random: seededRandom(1) });
  const client = server.client();
  const beat = (controller: string, identity: string): { stop: () => Promise<void> } => {
    const ending = new AbortController();
    const done = heartbeat({ client, clock, log: silentLog, namespace: 'default', controller, identity }, ending.signal);
    return {
      stop: () => {
        ending.abort(new Error('stop'));
        return done;
      },
    };
  };
  const leases = async (): Promise<unknown> =>
    (await client.list(Lease)).items.map(({ metadata, spec }) => [
      metadata.name,
      metadata.labels?.['kargo.akuity.io/controller'],
      spec?.renewTime,
    ]);

  const unnamed = beat('', 'a');
  const east = beat('east', 'b');
  await clock.settle();
  expect(await leases()).toEqual([
    ['kargo-controller-east', 'east', '2026-01-01T00:00:00.000000Z'],
    ['kargo-controller-unnamed', '', '2026-01-01T00:00:00.000000Z'],
  ]);
  await clock.advanceBy(40_000);
  expect(await leases()).toContainEqual(['kargo-controller-east', 'east', '2026-01-01T00:00:40.000000Z']);
  const successor = beat('', 'c');
  await clock.settle();
  await unnamed.stop();
  expect(await leases()).toHaveLength(2);
  await Promise.all([successor.stop(), east.stop()]);
  expect(await leases()).toEqual([]);
  await server.close();
});
