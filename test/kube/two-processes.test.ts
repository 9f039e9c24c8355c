/** The pipeline of the documentation with the APIs in one process and the controllers in two others, of which one is killed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lease } from '@kargo/api';
import { kubeconfig } from '@kargo/controlplane';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kargo, startKargo, type KargoProcess } from '../apiserver/kargo-process.ts';
import { PROJECT, World } from '../e2e/world.ts';

const TAG = '1.26.2';

let world: World;
const controllers: KargoProcess[] = [];

function startController(name: string): Promise<KargoProcess> {
  const args = ['controller', '--gitops-agent', '--job-executor', 'local-process', '--log-format', 'json'];
  const file = join(world.folder, 'controller.kubeconfig');
  return startKargo(
    [...args, '--kubeconfig', file, '--data', join(world.folder, name), '--log-level', 'debug'],
    /"msg"|leadership begins|asking for the lease/,
  );
}

async function leader(): Promise<string> {
  const lease = await world.client.get(Lease, { namespace: 'kargo', name: 'kargo-controller-leader' });
  return lease.spec?.holderIdentity ?? '';
}

beforeAll(async () => {
  world = await World.start({ config: { controllers: false } });
  const { address, certificate, controllerToken: token } = world.plane;
  writeFileSync(join(world.folder, 'controller.kubeconfig'), kubeconfig({ address, token, certificate }));
  controllers.push(await startController('one'));
  await world.until('a leader', () => leader().catch(() => undefined));
}, 60_000);
afterAll(async () => {
  for (const controller of controllers) await controller.stop('SIGKILL');
  await world?.close();
});

it('runs as in one process, and goes on in another when the leader is killed', { timeout: 240_000 }, async () => {
  world.registry.pushImage('nginx/nginx', TAG);
  await world.applyPipeline({ sleep: '1' });
  const freight = (await world.freightWithTag(TAG)).metadata.name ?? '';
  await world.verified(freight, 'test');
  expect(await world.ok('get project')).toContain(PROJECT);

  const first = await leader();
  const standby = startController('two');
  await controllers[0]?.stop('SIGKILL');
  controllers.push(await standby);
  await world.until('another leader', async () => ![first, ''].includes(await leader()), 60_000);
  await world.verified(freight, 'uat', 90_000);
  await world.ok(`promote --project ${PROJECT} --freight ${freight} --stage prod`);
  await world.verified(freight, 'prod', 90_000);
  for (const stage of ['test', 'uat', 'prod'])
    expect((await world.promotionsOf(stage)).map(({ status }) => status?.phase)).toEqual(['Succeeded']);

  const { items } = await world.client.list(Lease, { namespace: 'kargo', labelSelector: 'kargo.akuity.io/controller' });
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['kargo-controller-unnamed']);
  await controllers[1]?.stop();
  expect(await leader()).toBe('');
  expect((await world.client.list(Lease, { namespace: 'kargo', labelSelector: 'kargo.akuity.io/controller' })).items).toEqual([]);
});

it('says what is wrong with how it is told to reach the API', { timeout: 60_000 }, async () => {
  const run = (...args: string[]): ReturnType<typeof kargo> => kargo(['controller', '--data', join(world.folder, 'x'), ...args]);
  expect(await run()).toMatchObject({ code: 1, stderr: expect.stringContaining('does not run in a cluster') });
  expect(await run('--kubeconfig', '/nowhere/config')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('reading /nowhere/config'),
  });
  expect(await run('--job-executor', 'magic')).toMatchObject({ code: 1, stderr: expect.stringContaining('must be one of') });
});
