/** `argocd.argoproj.io/manifest-generate-paths`, with real git: a revision that changes nothing relevant is shown, and neither rendered nor synced. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigMap, type Application, type ApplicationSource } from '@kargo/api';
import { ManifestRenderer } from '@kargo/controllers';
import { realGit, realHttp, realProcesses, realWorkspaces, type Git } from '@kargo/integrations';
import { startGitServer, type GitServer } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentWorld } from './agent-world.ts';

const PATHS = 'argocd.argoproj.io/manifest-generate-paths';
const config = (name: string, value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  value: "${value}"\n`;

let folder: string;
let server: GitServer;
let git: Git;
let world: AgentWorld;
/** Commits that were written out to be rendered. */
let exported: string[];
let number = 0;
let repository: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifest-paths-'));
  server = await startGitServer({ directory: join(folder, 'git') });
  git = realGit({ processes: realProcesses(), clock: systemClock, directory: join(folder, 'mirrors') });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  repository = `repo-${(number += 1)}`;
  await server.createRepository(repository, {
    'apps/web/config.yaml': config('web', '1'),
    'apps/other/config.yaml': config('other', '1'),
    'README.md': 'hello',
  });
  exported = [];
  world = new AgentWorld();
  const recording: Git = new Proxy(git, {
    get: (target, property) =>
      property === 'export'
        ? (...args: Parameters<Git['export']>) => {
            exported.push(args[1]);
            return target.export(...args);
          }
        : (Reflect.get(target, property) as unknown as (...args: unknown[]) => unknown).bind(target),
  });
  const unused = (): never => {
    throw new Error('not used here');
  };
  world.renderer = new ManifestRenderer({
    git: recording,
    renderer: { kustomize: unused, helm: unused } as never,
    credentials: { find: () => Promise.resolve(undefined) },
    workspaces: realWorkspaces({ directory: join(folder, `work-${number}`) }),
    charts: {} as never,
    http: realHttp(),
  });
  await world.start();
});
afterEach(() => world.close());

const source = (path: string): ApplicationSource => ({ repoURL: server.repositoryURL(repository), targetRevision: 'main', path });
const automated = { automated: { prune: true } };

/** Adds a commit and has the agent look until it shows it; tells how often it rendered and synced meanwhile. */
async function push(files: Record<string, string | null>): Promise<{ commit: string; rendered: number; synced: boolean }> {
  const [before, started] = [exported.length, (await world.app()).status?.operationState?.startedAt];
  await world.clock.advanceBy(2_000);
  const commit = await server.commit(repository, { message: 'change', files });
  await world.patchRefresh(new Date(world.clock.now()).toISOString());
  await shows(commit);
  return {
    commit,
    rendered: exported.length - before,
    synced: (await world.app()).status?.operationState?.startedAt !== started,
  };
}

/** Waits until a commit is shown, and whatever follows from it is over. */
async function shows(commit: string): Promise<void> {
  await world.until(async () => {
    const { status, operation, metadata } = await world.app();
    const shown = status?.sync?.revisions ?? [status?.sync?.revision ?? ''];
    const isOver = operation === undefined && metadata.annotations?.['argocd.argoproj.io/refresh'] === undefined;
    const { finishedAt = '', phase } = status?.operationState ?? {};
    const isFresh = phase === undefined || (phase !== 'Running' && (status?.reconciledAt ?? '') >= finishedAt);
    return isOver && isFresh && shown.every((revision) => revision === commit);
  });
}

async function create(paths: string | undefined, spec: Partial<Application['spec']> & Record<string, unknown>): Promise<string> {
  await world.create(spec, paths === undefined ? {} : { [PATHS]: paths });
  const { main = '' } = await server.branches(repository);
  await shows(main);
  return main;
}

async function valueOf(name: string): Promise<string | undefined> {
  return (await world.client.get(ConfigMap, { namespace: 'web', name })).data?.['value'];
}

describe('[40 C4.2] a revision in which no relevant file has changed', () => {
  it('is shown at once, is not rendered anew, and is neither synced nor out of sync', async () => {
    await create('.', { source: source('apps/web'), syncPolicy: automated });
    expect(await valueOf('web')).toBe('1');
    const { commit, rendered, synced } = await push({ 'apps/other/config.yaml': config('other', '2'), 'README.md': 'bye' });
    expect({ rendered, synced }).toEqual({ rendered: 0, synced: false });
    expect((await world.app()).status?.sync).toMatchObject({ status: 'Synced', revision: commit });
    const next = await push({ 'apps/web/config.yaml': config('web', '2') });
    expect(next).toMatchObject({ rendered: 1, synced: true });
    expect(await valueOf('web')).toBe('2');
    expect((await world.app()).status?.operationState?.syncResult?.revision).toBe(next.commit);
  });

  it('counts as tried when the one before was: what somebody changed by hand is let be without self-heal', async () => {
    const first = await create('.', { source: source('apps/web'), syncPolicy: automated });
    await world.client.patch(ConfigMap, { namespace: 'web', name: 'web' }, { type: 'merge', body: { data: { value: 'drift' } } });
    const { commit, synced } = await push({ 'README.md': 'bye' });
    expect(synced).toBe(false);
    const { sync, operationState } = (await world.app()).status ?? {};
    expect(sync).toMatchObject({ status: 'OutOfSync', revision: commit });
    expect(operationState?.syncResult?.revision).toBe(first);
    expect(await valueOf('web')).toBe('drift');
  });

  it('does not try again what has failed, and says which revision was tried', async () => {
    await world.create(
      { source: source('apps/web'), syncPolicy: { ...automated, retry: { limit: 0 } } },
      { [PATHS]: '.', 'simulate.kargo.akuity.io/sync-error': 'no' },
    );
    const { main: first = '' } = await server.branches(repository);
    await shows(first);
    await world.patch({ metadata: { annotations: { 'simulate.kargo.akuity.io/sync-error': null } } });
    const { commit, synced } = await push({ 'README.md': 'bye' });
    const { conditions = [], sync } = (await world.app()).status ?? {};
    expect({ synced, shown: sync?.revision }).toEqual({ synced: false, shown: commit });
    expect(conditions.find(({ type }) => type === 'SyncError')?.message).toContain(`Failed last sync attempt to [${first}]`);
    expect(await push({ 'apps/web/config.yaml': config('web', '2') })).toMatchObject({ synced: true });
    expect(await valueOf('web')).toBe('2');
  });

  it('hides no change that came before it, though the pass that saw that change could not sync', async () => {
    await create('.', { source: source('apps/web'), syncPolicy: automated });
    await world.patch({ spec: { syncPolicy: { automated: { enabled: false, prune: true } } } });
    await push({ 'apps/web/config.yaml': config('web', '2') });
    const { commit } = await push({ 'README.md': 'bye' });
    expect((await world.app()).status?.sync?.status).toBe('OutOfSync');
    await world.patch({ spec: { syncPolicy: { automated: { enabled: true } } } });
    await world.until(async () => (await valueOf('web')) === '2');
    expect((await world.app()).status?.operationState?.syncResult?.revision).toBe(commit);
  });

  it('is rendered anew on a hard refresh, and where there is no annotation', async () => {
    await create('.', { source: source('apps/web') });
    const before = exported.length;
    await world.patch({ metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } } });
    await world.until(async () => (await world.app()).metadata.annotations?.['argocd.argoproj.io/refresh'] === undefined);
    expect(exported.length - before).toBe(1);
    await world.patch({ metadata: { annotations: { [PATHS]: null } } });
    expect(await push({ 'README.md': 'bye' })).toMatchObject({ rendered: 1 });
  });

  it('is told for each of several sources, and for history that was rewritten', async () => {
    await create('.;/shared', { sources: [source('apps/web'), source('apps/other')], syncPolicy: automated });
    expect(await push({ 'README.md': 'bye' })).toMatchObject({ rendered: 0, synced: false });
    expect(await push({ 'apps/other/config.yaml': config('other', '2') })).toMatchObject({ rendered: 1, synced: true });
    expect(await valueOf('other')).toBe('2');
    expect(await push({ 'shared/x': '1' })).toMatchObject({ rendered: 2, synced: false });
    await server.git(repository, 'update-ref', 'refs/heads/main', (await server.log(repository, 'main')).at(-1)?.id ?? '');
    const { main = '' } = await server.branches(repository);
    await world.clock.advanceBy(2_000);
    await world.patchRefresh(new Date(world.clock.now()).toISOString());
    await shows(main);
    expect(await valueOf('other')).toBe('1');
  });
});
