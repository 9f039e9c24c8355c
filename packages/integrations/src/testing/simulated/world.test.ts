import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom, systemClock } from '@kargo/kube';
import type { Clock } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { GitError } from '../../git/git-error.ts';
import { realGit } from '../../git/real-git.ts';
import { realProcesses } from '../../process/real-processes.ts';
import { realWorkspaces } from '../../workspace/real-workspaces.ts';
import type { Workspaces } from '../../workspace/port.ts';
import type { Git, GitRemote } from '../../git/port.ts';
import { describeGitContract, type GitContractWorld } from '../contracts/git-contract.ts';
import { describeRehearsalContract } from '../contracts/rehearsal-contract.ts';
import type { GitRehearsals } from '../../rehearsal/port.ts';
import { describePullRequestContract } from '../contracts/pull-request-contract.ts';
import { SOURCE } from '../contracts/pull-request-world.ts';
import { describeRegistryContract } from '../contracts/registry-contract.ts';
import { describeWorkspaceContract } from '../contracts/workspace-contract.ts';
import { startGitServer } from '../git-server.ts';
import { simulatedWorld } from './world.ts';

const SEED = { 'README.md': 'hello\n', 'base/kustomization.yaml': 'resources: []\n' };
const URL = 'https://git.example.com/team/demo.git';

async function inMemory(): Promise<GitContractWorld & { rehearsals: GitRehearsals }> {
  const world = simulatedWorld({ clock: systemClock });
  world.remotes.create(URL, SEED);
  return {
    git: world.git,
    rehearsals: world.rehearsals,
    remote: { url: URL },
    absent: { url: 'https://git.example.com/absent.git' },
    folder: '/simulated/work',
    seed: async (commit) => world.remotes.commit(URL, commit),
    tag: async (tag, revision, annotation) => world.remotes.tag(URL, tag, revision, annotation),
    tags: async () =>
      Object.fromEntries(
        [...world.remotes.remote(URL).tags].map(([name, { commit, annotation }]) => [
          name,
          { commit, ...(annotation === undefined ? {} : { annotation: annotation.message }) },
        ]),
      ),
    signingKey: 'any key will do',
    branches: async () => world.remotes.branches(URL),
    files: async (revision) => world.remotes.files(URL, revision),
    log: async (revision) => world.remotes.log(URL, revision),
    refusePushes: async (message) => world.remotes.refusePushes(URL, message),
    write: async (path, content) => world.files.write(path, content),
    read: async (path) => world.files.text(path),
    list: async (path) => world.files.list(path).map(({ name }) => name),
    close: async () => undefined,
  };
}

describeGitContract('simulated', inMemory);
describeRehearsalContract('simulated', inMemory);

describeWorkspaceContract('simulated', async () => ({ workspaces: simulatedWorld({ clock: systemClock }).workspaces }));

describePullRequestContract('simulated', async () => {
  const world = simulatedWorld({ clock: systemClock });
  world.remotes.create(URL, SEED);
  world.remotes.commit(URL, { branch: 'other', message: 'Other', files: { x: '1' } });
  const main = world.remotes.branches(URL)['main'] ?? '';
  world.remotes.remote(URL).branches.set(SOURCE, main);
  const head = world.remotes.commit(URL, { branch: SOURCE, message: 'Change', files: { changed: '1' } });
  return {
    pullRequests: world.pullRequests,
    repository: { url: URL },
    absent: { url: 'https://git.example.com/absent.git' },
    head,
    label: 'any',
    reviewer: 'kim',
    seen: (number) => world.pulls.get(URL, number),
    close: (number) => world.pulls.close(URL, number),
    mergeElsewhere: (number) => world.pulls.merge(URL, number),
    hinder: (number, hindrance) => {
      const pull = world.pulls.get(URL, number);
      pull.draft = hindrance === 'draft';
      pull.hindrance = hindrance;
    },
    mergeCommit: (number) => world.pulls.get(URL, number).mergeCommit,
    writes: () => world.effects.length,
    methods: ['merge', 'squash'],
    whenConflict: 'notReady',
    whenPolicy: 'notReady',
    hasLabels: true,
    dispose: async () => undefined,
  };
});

describeRegistryContract('simulated', async () => {
  const world = simulatedWorld({ clock: systemClock });
  return {
    registries: world.registries,
    access: (path) => ({ repository: `registry.example.com/${path}` }),
    push: (path, tag, image) => world.images.push(`registry.example.com/${path}`, tag, image),
    close: async () => undefined,
  };
});

/** What a small promotion does, against any git and workspaces. Returns the ids of all commits it makes. */
async function promote(git: Git, workspaces: Workspaces, remote: GitRemote): Promise<string[]> {
  const { workspace } = await workspaces.open('one');
  const clone = await git.clone({
    remote,
    home: await workspace.resolve('home'),
    author: { name: 'Kargo', email: 'k@example.com' },
  });
  const out = await clone.addWorkTree({ path: await workspace.resolve('out'), ref: { branch: 'stage/test' }, create: true });
  const ids = [await out.head()];
  await out.clear();
  await workspace.writeFile('out/deep/er/manifests.yaml', 'kind: Test\nä: ö\n');
  await workspace.writeFile('out/deep.yaml', 'x');
  await workspace.writeFile('out/README.md', '');
  await out.stage();
  ids.push(await out.commit({ message: '\nUpdate  \n\n\n\n- one\n', date: 1_750_000_000_123 }));
  await out.push({ branch: 'stage/test' });
  return ids;
}

describe('the simulated world', () => {
  it('gives commits the ids that git gives them', async () => {
    const server = await startGitServer();
    const folder = await mkdtemp(join(tmpdir(), 'simulated-'));
    try {
      const git = realGit({ processes: realProcesses(), clock: systemClock, directory: join(folder, 'cache') });
      const url = await server.createRepository('demo', SEED);
      const real = await promote(git, realWorkspaces({ directory: join(folder, 'work') }), { url });
      const world = simulatedWorld({ clock: systemClock });
      world.remotes.create(URL, SEED);
      expect(await promote(world.git, world.workspaces, { url: URL })).toEqual(real);
      expect(world.remotes.branches(URL)).toEqual(await server.branches('demo'));
    } finally {
      await server.close();
      await rm(folder, { recursive: true });
    }
  });

  it('can fail, or lose the answer, at every operation; what was pushed stays', async () => {
    let count = 0;
    for (let crash = 0; ; crash += 1) {
      const world = simulatedWorld({ clock: systemClock });
      world.remotes.create(URL, SEED);
      let left = crash;
      const point = (): void => {
        left -= 1;
        if (left === -1) throw new GitError('unreachable', 'crash');
      };
      world.setHooks({ before: point, after: point });
      const outcome = await promote(world.git, world.workspaces, { url: URL }).then(
        () => 'done',
        (error: Error) => error.message,
      );
      world.setHooks({});
      const survived = await promote(world.git, world.workspaces, { url: URL });
      expect(world.remotes.branches(URL)['stage/test']).toBe(survived.at(-1));
      expect(world.remotes.log(URL, 'stage/test').length).toBeLessThanOrEqual(3);
      if (outcome === 'done') break;
      count += 1;
    }
    expect(count).toBeGreaterThan(15);
  });

  it('keeps the books', async () => {
    let now = 1000;
    const clock: Clock = { now: () => now, setTimer: systemClock.setTimer, sleep: async (ms) => void (now += ms) };
    const run = async (): Promise<string> => {
      now = 1000;
      const world = simulatedWorld({ clock, random: seededRandom(7), latency: [10, 100] });
      world.remotes.create(URL, SEED);
      await promote(world.git, world.workspaces, { url: URL });
      expect(world.operations[0]).toBe('workspace.open one');
      expect(world.effects.map(({ kind, branch }) => [kind, branch])).toEqual([
        ['git.push', 'stage/test'],
        ['git.push', 'stage/test'],
      ]);
      expect(now).toBeGreaterThan(1000);
      return JSON.stringify([world.operations, world.effects]);
    };
    expect(await run()).toBe(await run());
  });

  it('renders simple kustomizations', async () => {
    const world = simulatedWorld({ clock: systemClock });
    const root = '/simulated/workspaces/x';
    world.files.write(`${root}/base/kustomization.yaml`, 'resources: [deploy.yaml]\nimages: [{name: nginx, newTag: "1.26"}]\n');
    world.files.write(
      `${root}/base/deploy.yaml`,
      'kind: Deployment\nmetadata: {name: web}\nspec: {containers: [{image: nginx:1.25}, {image: other:1}]}\n',
    );
    world.files.write(`${root}/test/kustomization.yaml`, 'namePrefix: test-\nnamespace: t\nresources: [../base]\n');
    expect(await world.renderer.kustomize({ path: `${root}/test`, root })).toBe(
      'kind: Deployment\nmetadata:\n  name: test-web\n  namespace: t\nspec:\n  containers:\n  - image: nginx:1.26\n  - image: other:1\n',
    );
    world.files.write(`${root}/bad/kustomization.yaml`, 'patches: []\n');
    for (const path of [`${root}/bad`, `${root}/absent`, '/elsewhere']) {
      await expect(world.renderer.kustomize({ path, root })).rejects.toMatchObject({ code: 'invalid' });
    }
  });

  it('answers HTTP as told and starts no programs', async () => {
    const world = simulatedWorld({ clock: systemClock });
    const request = { method: 'GET', url: 'http://x/y', timeout: 1 };
    await expect(world.http.send(request)).rejects.toMatchObject({ code: 'unreachable' });
    world.setHttp(() => ({ status: 204, headers: {}, body: new Uint8Array() }));
    expect((await world.http.send(request)).status).toBe(204);
    await expect(world.processes.run({ command: 'id', args: [], cwd: '/', env: {}, timeout: 1 })).rejects.toMatchObject({
      code: 'notStarted',
    });
  });

  it('keeps workspaces apart and clamps paths', async () => {
    const world = simulatedWorld({ clock: systemClock });
    const { workspace, fresh } = await world.workspaces.open('a');
    expect([fresh, (await world.workspaces.open('a')).fresh]).toEqual([true, false]);
    await workspace.writeFile('../../x/y', '1');
    expect([await workspace.list('x'), await workspace.exists('x/y'), await world.workspaces.ids()]).toEqual([
      [{ name: 'y', type: 'file' }],
      true,
      ['a'],
    ]);
    const codes = await Promise.all(
      [
        workspace.readFile('absent'),
        workspace.readFile('x'),
        workspace.writeFile('x', ''),
        workspace.writeFile('x/y/z', ''),
        workspace.list('x/y'),
      ].map((promise) => promise.then(String, (error: { code: string }) => error.code)),
    );
    expect(codes).toEqual(['notFound', 'notAFile', 'notAFile', 'notADirectory', 'notADirectory']);
    await workspace.remove('..');
    expect(await workspace.list('.')).toEqual([]);
    await world.workspaces.remove('a');
    expect(await world.workspaces.ids()).toEqual([]);
  });
});
