/** What AppProjects permit, and when. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Application, AppProject, Namespace } from '@kargo/api';
import { realWorkspaces } from '@kargo/integrations';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentWorld, deployment, manifest, service } from './agent-world.ts';

let world: AgentWorld;
beforeEach(() => {
  world = new AgentWorld();
});
afterEach(async () => {
  expect(world.defects()).toEqual([]);
  await world.close();
});

type Spec = AppProject['spec'];
const everything: Spec = {
  sourceRepos: ['*'],
  destinations: [{ server: '*', namespace: '*' }],
  clusterResourceWhitelist: [{ group: '*', kind: '*' }],
};
async function declare(spec: Spec, name = 'shop'): Promise<void> {
  await world.client.create(AppProject, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { namespace: 'argocd', name },
    spec,
  });
  await world.clock.advanceBy(50);
}
const shop = { project: 'shop' };
const automated = { syncPolicy: { automated: {} } };
const problem = async (): Promise<string> => {
  const found = (await world.app()).status?.conditions?.find(({ type }) => type === 'InvalidSpecError');
  return found?.message ?? '';
};
const sync = async (): Promise<string> => (await world.app()).status?.sync?.status ?? '';

describe('a project', () => {
  it('that does not exist is told, and looked for again when it comes', async () => {
    await world.start(service('app'));
    await world.create({ ...shop, ...automated });
    expect(await problem()).toBe('Application referencing project shop which does not exist');
    expect((await world.app()).status).toMatchObject({ sync: { status: 'Unknown' }, health: { status: 'Unknown' } });
    await declare(everything);
    expect([await problem(), await sync()]).toEqual(['', 'Synced']);
  });

  it.each([
    ['argocd', 'https://kubernetes.default.svc', ''],
    ['argocd', 'dir://prod', ''],
    ['team-a', 'https://kubernetes.default.svc', ''],
    [
      'team-a',
      'dir://prod',
      "application 'web' in namespace 'team-a' is not permitted to use project 'default', which is not declared: declare AppProject argocd/default with team-a among its sourceNamespaces",
    ],
  ])('called default that is not declared takes Applications of %s to %s: %j', async (namespace, server, want) => {
    const root = await mkdtemp(join(tmpdir(), 'kargo-projects-'));
    await world.close();
    world = new AgentWorld({ directories: realWorkspaces({ directory: root }) });
    await world.start(service('app'));
    const problems = async (): Promise<string> => {
      await world.until(async () => (await world.client.get(Application, { namespace, name: 'web' })).status?.sync !== undefined);
      const { status } = await world.client.get(Application, { namespace, name: 'web' });
      return status?.conditions?.find(({ type }) => type === 'InvalidSpecError')?.message ?? '';
    };
    if (namespace !== 'argocd')
      await world.client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await world.client.create(Application, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { namespace, name: 'web' },
      spec: { project: '', source: { repoURL: 'http://git/repo.git', path: '.' }, destination: { server, namespace: 'web' } },
    });
    await world.clock.advanceBy(50);
    expect(await problems()).toBe(want);
    if (want !== '') {
      await declare({ ...everything, sourceNamespaces: ['team-*'] }, 'default');
      await world.until(async () => (await problems()) === '');
    }
    await rm(root, { recursive: true, force: true });
  });

  it.each<[string, Spec, string]>([
    ['any repository', everything, ''],
    ['a repository by its address, however it is written', { ...everything, sourceRepos: ['http://git/repo'] }, ''],
    ['repositories by a glob', { ...everything, sourceRepos: ['http://git/*'] }, ''],
    [
      'no other repository',
      { ...everything, sourceRepos: ['http://other/*'] },
      "repo http://git/repo.git is not permitted in project 'shop'",
    ],
    ['all repositories but one', { ...everything, sourceRepos: ['*', '!http://git/repo.git'] }, 'is not permitted'],
    ['no repository at all', { ...everything, sourceRepos: [] }, 'is not permitted'],
    ['a destination by name', { ...everything, destinations: [{ name: 'in-cluster', namespace: 'web' }] }, ''],
    [
      'namespaces by a glob',
      { ...everything, destinations: [{ server: 'https://kubernetes.default.svc', namespace: 'w*' }] },
      '',
    ],
    [
      'no other namespace',
      { ...everything, destinations: [{ server: '*', namespace: 'shop-*' }] },
      "destination server 'https://kubernetes.default.svc' and namespace 'web' do not match any of the allowed destinations in project 'shop'",
    ],
    ['no other cluster', { ...everything, destinations: [{ server: 'https://prod', namespace: '*' }] }, 'do not match any'],
    [
      'all namespaces but one',
      {
        ...everything,
        destinations: [
          { server: '*', namespace: '*' },
          { server: '*', namespace: '!web' },
        ],
      },
      'do not match any',
    ],
    ['no unsigned commits', { ...everything, signatureKeys: [{ keyID: 'A' }] } as Spec, 'demands signed commits'],
  ])('permits %s', async (_, spec, want) => {
    await world.start(service('app'));
    await declare(spec);
    await world.create({ ...shop, ...automated });
    expect(await problem()).toContain(want);
    expect(await sync()).toBe(want === '' ? 'Synced' : 'Unknown');
  });

  it.each<[string, string[], string]>([
    ['those that it admits', ['team-*'], ''],
    ['no others', ['other'], "application 'web' in namespace 'team-a' is not permitted to use project 'shop'"],
  ])('admits Applications of other namespaces: %s', async (_, sourceNamespaces, want) => {
    await world.start(service('app'));
    await declare({ ...everything, sourceNamespaces });
    await world.client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-a' } });
    const key = { namespace: 'team-a', name: 'web' };
    const source = { repoURL: 'http://git/repo.git', path: '.' };
    const destination = { name: 'in-cluster', namespace: 'web' };
    await world.client.create(Application, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: key,
      spec: { project: 'shop', source, destination },
    });
    await world.clock.advanceBy(50);
    const { status } = await world.client.get(Application, key);
    expect(status?.conditions?.find(({ type }) => type === 'InvalidSpecError')?.message ?? '').toBe(want);
  });

  const role = manifest('rbac.authorization.k8s.io/v1', 'ClusterRole', 'reader', {}, { rules: [] });
  it.each<[string, Spec, string]>([
    ['everything', everything, ''],
    [
      'no cluster-scoped objects unless it lists them',
      { ...everything, clusterResourceWhitelist: [] },
      'rbac.authorization.k8s.io:ClusterRole is not permitted',
    ],
    [
      'no cluster-scoped objects that it excludes',
      { ...everything, clusterResourceBlacklist: [{ group: 'rbac.*', kind: '*Role' }] },
      'rbac.authorization.k8s.io:ClusterRole is not permitted',
    ],
    [
      'no kinds that it excludes',
      { ...everything, namespaceResourceBlacklist: [{ group: '', kind: 'Service' }] },
      ':Service is not permitted',
    ],
    [
      'only kinds that it lists',
      { ...everything, namespaceResourceWhitelist: [{ group: 'apps', kind: '*' }] },
      ':Service is not permitted',
    ],
  ])('permits %s among the objects, or applies none', async (_, spec, want) => {
    await world.start(service('app'), role);
    await declare(spec);
    await world.create(shop);
    await world.sync();
    expect(await world.operation()).toContain(want === '' ? 'Succeeded' : want);
    if (want !== '') expect(await world.operation()).toMatch(/^Failed: one or more synchronization tasks are not valid: /);
    expect((await world.app()).status?.resources?.map(({ status }) => status)).toEqual(
      want === '' ? ['Synced', 'Synced'] : ['OutOfSync', 'OutOfSync'],
    );
  });

  it('permits no objects in namespaces that are none of its destinations', async () => {
    await world.start({ ...service('app'), metadata: { name: 'app', namespace: 'kube-system' } });
    await declare({ ...everything, destinations: [{ server: '*', namespace: 'web' }] });
    await world.create(shop);
    await world.sync();
    expect(await world.operation()).toContain("namespace kube-system is not permitted in project 'shop'");
  });
});

/** The world begins at 03:04:05. */
describe('sync windows', () => {
  const window = (kind: string, schedule: string, duration: string, rest: object = {}): Spec => ({
    ...everything,
    syncWindows: [{ kind, schedule, duration, applications: ['*'], ...rest }],
  });

  it.each<[string, Spec, { automated: boolean; manual: boolean }]>([
    ['that allows now', window('allow', '0 3 * * *', '1h'), { automated: true, manual: true }],
    ['that begins every minute, for years', window('allow', '* * * * *', '87600h'), { automated: true, manual: true }],
    ['that allows later', window('allow', '0 5 * * *', '1h'), { automated: false, manual: false }],
    [
      'that allows later, but people at any time',
      window('allow', '0 5 * * *', '1h', { manualSync: true }),
      { automated: false, manual: true },
    ],
    ['that denies now', window('deny', '0 3 * * *', '1h'), { automated: false, manual: false }],
    [
      'that denies now, but people never',
      window('deny', '0 3 * * *', '1h', { manualSync: true }),
      { automated: false, manual: true },
    ],
    ['that denies later', window('deny', '0 5 * * *', '1h'), { automated: true, manual: true }],
    ['of another Application', window('deny', '0 3 * * *', '1h', { applications: ['api-*'] }), { automated: true, manual: true }],
    [
      'of the namespace',
      window('deny', '0 3 * * *', '1h', { applications: [], namespaces: ['web'] }),
      { automated: false, manual: false },
    ],
    [
      'of the cluster',
      window('deny', '0 3 * * *', '1h', { applications: [], clusters: ['in-cluster'] }),
      { automated: false, manual: false },
    ],
    [
      'of Application and namespace together',
      window('deny', '0 3 * * *', '1h', { namespaces: ['other'], andOperator: true }),
      { automated: true, manual: true },
    ],
    ['in another time zone', window('deny', '0 12 * * *', '1h', { timeZone: 'Asia/Tokyo' }), { automated: false, manual: false }],
    [
      'that denies within one that allows',
      {
        ...everything,
        syncWindows: [
          { kind: 'allow', schedule: '* * * * *', duration: '1h', applications: ['*'] },
          { kind: 'deny', schedule: '0 3 * * *', duration: '1h', applications: ['web'] },
        ],
      },
      { automated: false, manual: false },
    ],
  ])('one %s', async (_, spec, want) => {
    await world.start(service('app'));
    await declare(spec);
    await world.create({ ...shop, ...automated });
    expect(await sync()).toBe(want.automated ? 'Synced' : 'OutOfSync');
    await world.patch({ spec: { syncPolicy: { automated: null } } });
    await world.sync();
    expect(await world.operation()).toContain(want.manual ? 'Succeeded' : 'Running: Sync operation blocked by sync window');
    await world.patch({ operation: null, status: { operationState: { phase: 'Succeeded' } } });
  });

  it('let what waits go on at the very moment in which they open', async () => {
    await world.start(deployment('app'));
    await declare(window('allow', '10 3 * * *', '1h'));
    await world.create(shop);
    await world.sync();
    expect(await world.operation()).toBe('Running: Sync operation blocked by sync window');
    await world.clock.advanceBy(354_000); // 03:09:59
    expect(await world.operation()).toContain('Running');
    await world.clock.advanceBy(1_500);
    expect(await world.operation()).toContain('Succeeded');
  });

  it('let policies go on as well', async () => {
    await world.start(deployment('app'));
    await declare(window('deny', '0 3 * * *', '5m'));
    await world.create({ ...shop, ...automated });
    await world.clock.advanceBy(54_000); // 03:04:59
    expect(await sync()).toBe('OutOfSync');
    await world.clock.advanceBy(1_500);
    expect(await sync()).toBe('Synced');
  });

  it.each([
    ['every day', '1h', 'every day'],
    ['0 3 * * *', 'long', 'duration "long"'],
  ])('that cannot be read are told: %s for %s', async (schedule, duration, message) => {
    await world.start(service('app'));
    await declare(window('allow', schedule, duration));
    await world.create({ ...shop, ...automated });
    expect(await problem()).toContain(message);
    expect(await sync()).toBe('Unknown');
  });
});
