/** Applications whose manifests are written to a folder, for something else to deploy. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Application } from '@kargo/api';
import { realWorkspaces } from '@kargo/integrations';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { AgentWorld, deployment, job, manifest, service } from './agent-world.ts';

let root: string;
let world: AgentWorld;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kargo-directories-'));
  world = new AgentWorld({ directories: realWorkspaces({ directory: root }) });
});
afterEach(async () => {
  await world.close();
  await rm(root, { recursive: true, force: true });
});

const prod = { destination: { server: 'dir://prod/shop', namespace: 'web' } };
const automated = { ...prod, syncPolicy: { automated: { prune: true, selfHeal: true } } };
const written = async (): Promise<string[]> =>
  (await readdir(join(root, 'prod'), { recursive: true })).filter((file) => file.endsWith('.yaml')).toSorted();
const is = (sync: string, health: string) => async (): Promise<boolean> => {
  const { status } = await world.app();
  return status?.sync?.status === sync && status.health?.status === health;
};

it('are there file by file, healthy once written, and never called simulated', async () => {
  await world.start(
    deployment('app'),
    manifest('v1', 'Secret', 'key', {}, { stringData: { token: 'x' } }),
    manifest('rbac.authorization.k8s.io/v1', 'ClusterRole', 'system:reader', {}, { rules: [] }),
    manifest('example.com/v1', 'Gadget', 'g'),
  );
  await world.create(prod);
  await world.until(is('OutOfSync', 'Missing'));
  await world.sync();
  await world.until(is('Synced', 'Healthy'));
  expect(await written()).toEqual([
    'shop/_cluster/ClusterRole.rbac.authorization.k8s.io-system%3Areader.yaml',
    'shop/web/Deployment.apps-app.yaml',
    'shop/web/Gadget.example.com-g.yaml',
    'shop/web/Secret-key.yaml',
  ]);
  const text = await readFile(join(root, 'prod/shop/web/Deployment.apps-app.yaml'), 'utf8');
  expect(parse(text)).toMatchObject({
    kind: 'Deployment',
    metadata: { name: 'app', namespace: 'web', annotations: { 'argocd.argoproj.io/tracking-id': 'web:apps/Deployment:web/app' } },
    spec: { replicas: 1 },
  });
  expect((await stat(join(root, 'prod/shop/web/Secret-key.yaml'))).mode & 0o777).toBe(0o600);
  expect((await world.app()).status?.conditions).toEqual([]);
});

it('are pruned, healed when somebody changes them, and let the files of others be', async () => {
  await mkdir(join(root, 'prod/shop/web'), { recursive: true });
  await writeFile(join(root, 'prod/shop/web/notes.yaml'), 'mine: true\n');
  await writeFile(join(root, 'prod/shop/web/broken.yaml'), 'a: [');
  await world.start(deployment('app'), service('old'));
  await world.create(automated);
  await world.until(is('Synced', 'Healthy'));
  await writeFile(join(root, 'prod/shop/web/Deployment.apps-app.yaml'), 'kind: nothing\n');
  world.push(deployment('app'));
  await world.patchRefresh('1');
  await world.until(async () => !(await written()).includes('shop/web/Service-old.yaml'));
  await world.until(is('Synced', 'Healthy'));
  expect(await written()).toEqual(['shop/web/Deployment.apps-app.yaml', 'shop/web/broken.yaml', 'shop/web/notes.yaml']);
  expect(await readFile(join(root, 'prod/shop/web/Deployment.apps-app.yaml'), 'utf8')).toContain('replicas: 1');
});

it('leave hooks out, and say so', async () => {
  await world.start(job('migrate', { 'argocd.argoproj.io/hook': 'PreSync' }), service('app'));
  await world.create(automated);
  await world.until(is('Synced', 'Healthy'));
  expect(await written()).toEqual(['shop/web/Service-app.yaml']);
  expect((await world.app()).status?.conditions).toMatchObject([
    { type: 'HooksNotRunWarning', message: 'dir://prod/shop runs no hooks: 1 of them are left out' },
  ]);
});

it('are removed with the Application, if it has the finalizer', async () => {
  await world.start(deployment('app'), service('app'));
  await world.create(automated);
  await world.until(is('Synced', 'Healthy'));
  await world.patch({ metadata: { finalizers: ['resources-finalizer.argocd.argoproj.io'] } });
  await world.client.delete(Application, { namespace: 'argocd', name: 'web' });
  await world.until(async () => (await world.client.list(Application)).items.length === 0, { step: 1000 });
  expect(await written()).toEqual([]);
});

it.each([
  ['dir:///etc', 'names no folder'],
  ['dir://../x', 'cannot be the id'],
  ['dir://', 'names no folder'],
])('never lie outside of the folder for them: %s', async (server, message) => {
  await world.start(service('app'));
  await world.create({ destination: { server, namespace: 'web' } });
  const [condition] = (await world.app()).status?.conditions ?? [];
  expect(condition).toMatchObject({ type: 'InvalidSpecError', message: expect.stringContaining(message) });
});

it('stay below it when the path climbs', async () => {
  await world.start(service('app'));
  await world.create({ ...automated, destination: { server: 'dir://prod/../../climbed', namespace: 'web' } });
  await world.until(is('Synced', 'Healthy'));
  expect((await readdir(root)).filter((name) => !name.startsWith('.'))).toEqual(['prod']);
});
