/** Options of the git and registry steps, as they reach git and the registries, and what comes of them on real servers. */
import type { ArtifactRegistries, CloneOptions, RegistryAccess, WorkTreeSpec } from '@kargo/integrations';
import { simulatedWorld } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { afterEach, describe, expect, it } from 'vitest';
import { GitFixture, REPOSITORY } from '../testing/git-fixture.ts';
import { somePorts, stepContext, temporaryWorkspaces, unused } from '../testing/run-fixture.ts';
import { gitClear } from './git-clear/git-clear.ts';
import { gitClone } from './git-clone/git-clone.ts';
import { gitCommit } from './git-commit/git-commit.ts';
import { gitPush } from './git-push/git-push.ts';
import { ociDownload } from './oci-download/oci-download.ts';
import { ociPush } from './oci-push/oci-push.ts';

let fixture: GitFixture | undefined;
afterEach(async () => {
  await fixture?.close();
  fixture = undefined;
});

describe('git-clone', () => {
  it.each([
    [
      {
        insecureSkipTLSVerify: true,
        blobless: true,
        depth: 7,
        recurseSubmodules: true,
        checkout: [{ path: 'a', sparse: ['x', 'y/z'] }],
      },
      { insecureSkipTLSVerify: true, blobless: true, depth: 7 },
      { sparse: ['x', 'y/z'], submodules: true, ref: { default: true } },
    ],
    [
      { checkout: [{ path: 'a', tag: 'v1' }] },
      { blobless: undefined, depth: undefined },
      { sparse: undefined, ref: { tag: 'v1' } },
    ],
  ])('hands on %j', async (config, remote, spec) => {
    fixture = await GitFixture.open();
    await fixture.server.tag(REPOSITORY, 'v1', 'main');
    const seen: { clone?: CloneOptions; spec?: WorkTreeSpec } = {};
    const git = fixture.git;
    const watched: typeof git = new Proxy(git, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (property !== 'clone') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        return async (options: CloneOptions) => {
          seen.clone = options;
          return {
            addWorkTree: async (one: WorkTreeSpec) => {
              seen.spec = one;
              throw new Error('seen enough');
            },
          };
        };
      },
    });
    const running = fixture.run(gitClone, { repoURL: fixture.url, ...config }, {}, { git: watched });
    await expect(running).rejects.toThrow('seen enough');
    expect(seen.clone?.remote).toMatchObject(remote);
    expect(seen.spec).toMatchObject(spec);
  });

  it.each([
    ['a blobless, sparse', { blobless: true }],
    ['a shallow, sparse', { depth: 1 }],
    ['a shallow, blobless, sparse', { depth: 1, blobless: true }],
  ])('%s clone commits and pushes what was changed, and keeps what it left out', async (_, how) => {
    fixture = await GitFixture.open({ 'a/x': '0', 'b/y': '2', 'b/c/z': '3', top: '4' });
    await fixture.server.commit(REPOSITORY, { message: 'More', files: { 'a/x': '1' } });
    await fixture.clone([{ branch: 'main', path: 'src', sparse: ['a'] }], how);
    expect(await fixture.names('src')).toEqual(['.git', 'a', 'top']);
    await fixture.write('src/a/x', 'changed');
    await fixture.write('src/new/file', 'added');
    const { output } = await fixture.run(gitCommit, { path: 'src', message: 'Change' });
    await fixture.run(gitPush, { path: 'src', targetBranch: 'changed' });
    expect((await fixture.server.branches(REPOSITORY))['changed']).toBe(output?.['commit']);
    expect(await fixture.server.files(REPOSITORY, 'changed')).toEqual({
      'a/x': 'changed',
      'b/y': '2',
      'b/c/z': '3',
      'new/file': 'added',
      top: '4',
    });
    await fixture.run(gitClear, { path: 'src' });
    await fixture.run(gitCommit, { path: 'src', message: 'Clear' }, { alias: 'again' });
    await fixture.run(gitPush, { path: 'src', targetBranch: 'cleared' });
    expect(Object.keys(await fixture.server.files(REPOSITORY, 'cleared')).toSorted()).toEqual(['b/c/z', 'b/y']);
  });
});

describe('registries', () => {
  const watched = (registries: ArtifactRegistries, seen: RegistryAccess[]): ArtifactRegistries =>
    new Proxy(registries, {
      get(target, property) {
        const value = Reflect.get(target, property, target) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          for (const arg of args)
            if (typeof arg === 'object' && arg !== null && 'repository' in arg) seen.push(arg as RegistryAccess);
          return value.apply(target, args);
        };
      },
    });
  const credentials = {
    find: async ({ repoURL }: { repoURL: string }) => ({ username: 'kargo', password: `token of ${repoURL}` }),
  };

  it('oci-push uses the credentials of each of two registries at that one alone', async () => {
    const world = simulatedWorld({ clock: systemClock });
    const digest = world.images.push('one.example.com/app', 'v1');
    const seen: RegistryAccess[] = [];
    const config = { srcRef: 'one.example.com/app:v1', destRef: 'oci://two.example.com/app:v1', insecureSkipTLSVerify: true };
    const ports = somePorts({ registries: watched(world.registries, seen), credentials: credentials as never });
    const { output } = await ociPush.run(stepContext(unused('workspace'), config), ports);
    expect(output).toEqual({ image: 'two.example.com/app:v1', tag: 'v1', digest });
    expect(new Set(seen.map(({ repository, credentials: own }) => `${repository}: ${own?.password}`))).toEqual(
      new Set(['one.example.com/app: token of one.example.com/app', 'two.example.com/app: token of oci://two.example.com/app']),
    );
    expect(new Set(seen.map(({ insecureSkipTLSVerify }) => insecureSkipTLSVerify))).toEqual(new Set([true]));
  });

  it.each([[true], [undefined]])('oci-download asks with insecureSkipTLSVerify %s', async (insecureSkipTLSVerify) => {
    const { workspaces, dispose } = await temporaryWorkspaces();
    try {
      const { workspace } = await workspaces.open('one');
      const world = simulatedWorld({ clock: systemClock });
      world.images.push('one.example.com/app', 'v1');
      const seen: RegistryAccess[] = [];
      const config = { imageRef: 'one.example.com/app:v1', outPath: 'layer', insecureSkipTLSVerify };
      await ociDownload
        .run(stepContext(workspace, config as never), somePorts({ registries: watched(world.registries, seen) }))
        .catch(() => undefined);
      expect(seen.length).toBeGreaterThan(0);
      for (const access of seen) expect(access.insecureSkipTLSVerify).toBe(insecureSkipTLSVerify);
    } finally {
      await dispose();
    }
  });
});
