/** Destinations that are real, as `kargo up` is wired: a folder, and another cluster that is registered with a kubeconfig. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allKinds, Application, ConfigMap, Namespace, Secret, type ApplicationStatus } from '@kargo/api';
import { openApiServer, SYSTEM_ADMIN } from '@kargo/apiserver';
import { seededRandom, systemClock } from '@kargo/kube';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from './world.ts';

const TOKEN = 'edge-token';
const edge = openApiServer({
  path: ':memory:',
  kinds: allKinds,
  clock: systemClock,
  random: seededRandom(1),
  authenticate: ({ headers }) => (headers.authorization === `Bearer ${TOKEN}` ? SYSTEM_ADMIN : undefined),
});
const http = createServer(edge.handler);
let world: World;

beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  await edge.client().create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } });
  world = await World.start();
  await world.git.createRepository('settings', {
    'settings.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  greeting: hello\n',
  });
}, 60_000);
afterAll(async () => {
  await world?.close();
  http.closeAllConnections();
  http.close();
  await edge.close();
});

async function deploy(name: string, destination: Application['spec']['destination']): Promise<ApplicationStatus> {
  await world.client.create(Application, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { namespace: 'argocd', name },
    spec: {
      project: 'default',
      source: { repoURL: world.git.repositoryURL('settings'), path: '.' },
      destination: { ...destination, namespace: 'web' },
      syncPolicy: { automated: {} },
    },
  });
  return world.until(`${name} to be deployed`, async () => {
    const { status } = await world.get(Application, name, 'argocd');
    return status?.sync?.status === 'Synced' && status.health?.status === 'Healthy' && status;
  });
}

it('a folder holds what was rendered', async () => {
  const status = await deploy('handed-off', { server: 'dir://site-a' });
  expect(status.conditions).toEqual([]);
  const file = join(world.folder, 'data/deployments/site-a/web/ConfigMap-settings.yaml');
  expect(await readFile(file, 'utf8')).toContain('greeting: hello');
});

it('a registered cluster holds what was applied', async () => {
  const server = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  await world.client.create(Secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'argocd', name: 'edge', labels: { 'argocd.argoproj.io/secret-type': 'cluster' } },
    stringData: { name: 'edge', server, config: JSON.stringify({ bearerToken: TOKEN }) },
  });
  const status = await deploy('at-the-edge', { name: 'edge' });
  expect(status.conditions).toEqual([]);
  expect((await edge.client().get(ConfigMap, { namespace: 'web', name: 'settings' })).data).toEqual({ greeting: 'hello' });
});
