/**
 * The pipeline of the documentation with the APIs in one process, the controllers in two others, of which one is killed, and the agent in
 * another. Each acts as the ServiceAccount of its component, with the roles that `kargo manifests` prints and no others.
 */
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
let agent: KargoProcess | undefined;

function startController(name: string, as = 'controller', ...more: string[]): Promise<KargoProcess> {
  const args = ['controller', '--job-executor', 'local-process', '--log-format', 'json', ...more];
  const file = join(world.folder, `${as}.kubeconfig`);
  return startKargo(
    [...args, '--kubeconfig', file, '--data', join(world.folder, name), '--log-level', 'debug'],
    /leadership begins|another process leads/,
    // How long a standby waits for a leader that is gone.
    { LEASE_DURATION_SECONDS: '6' },
  );
}

async function leader(): Promise<string> {
  const lease = await world.client.get(Lease, { namespace: 'kargo', name: 'kargo-controller-leader' });
  return lease.spec?.holderIdentity ?? '';
}

beforeAll(async () => {
  world = await World.start({ config: { controllers: false } });
  const { address, certificate, controllerToken, agentToken } = world.plane;
  for (const [name, token] of [
    ['controller', controllerToken],
    ['agent', agentToken],
  ] as const)
    writeFileSync(join(world.folder, `${name}.kubeconfig`), kubeconfig({ address, token, certificate }));
  const starting = startController('agent', 'agent', '--components', 'gitops-agent');
  controllers.push(await startController('one'));
  agent = await starting;
  await world.until('a leader', () => leader().catch(() => undefined));
  controllers.push(await startController('two'));
}, 60_000);
afterAll(async () => {
  for (const controller of controllers) await controller.stop('SIGKILL');
  await agent?.stop('SIGKILL');
  await world?.close();
});

it('runs as in one process, and goes on in another when the leader is killed', { timeout: 240_000 }, async () => {
  world.registry.pushImage('nginx/nginx', TAG);
  await world.applyPipeline({ sleep: '1' });
  const freight = (await world.freightWithTag(TAG)).metadata.name ?? '';
  await world.verified(freight, 'test');
  expect(await world.ok('get project')).toContain(PROJECT);

  const first = await leader();
  await controllers[0]?.stop('SIGKILL');
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
  // Secrets of a Project are readable from when the controller of Projects has seen it.
  const refused = controllers.flatMap(({ output }) => output().split('\n')).filter((line) => line.includes('is forbidden'));
  expect(refused.filter((line) => !line.includes('secrets is forbidden'))).toEqual([]);
  expect((await world.client.list(Lease, { namespace: 'kargo', labelSelector: 'kargo.akuity.io/controller' })).items).toEqual([]);
});

it('says what is wrong with how it is told to reach the API', { timeout: 60_000 }, async () => {
  const cases: [args: string[], env: Record<string, string>, says: string][] = [
    [[], {}, 'does not run in a cluster'],
    [['--kubeconfig', '/nowhere/config'], {}, 'reading /nowhere/config'],
    [['--job-executor', 'magic'], {}, 'must be one of'],
    [[], { LEASE_DURATION_SECONDS: '2' }, 'LEASE_DURATION_SECONDS must be a whole number of seconds, at least 3; found "2"'],
  ];
  const ended = await Promise.all(
    cases.map(([args, env], index) => kargo(['controller', '--data', join(world.folder, `x${index}`), ...args], env)),
  );
  for (const [index, [, , says]] of cases.entries())
    expect(ended[index]).toMatchObject({ code: 1, stderr: expect.stringContaining(says) });
});
