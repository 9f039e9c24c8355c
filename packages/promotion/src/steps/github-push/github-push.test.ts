import { realGitHubCommits, realHttp, type GitHubCommits } from '@kargo/integrations';
import { Forge, githubCommitRoutes, gpgKey, serveForge } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StepPorts, StepResult } from '../../step.ts';
import { GitFixture } from '../../testing/git-fixture.ts';
import { gitCommit } from '../git-commit/git-commit.ts';
import { githubPush, type GitHubPushConfig } from './github-push.ts';

const NAME = 'team/demo';
const PROMOTION = 'test.01j2w7a15cxjjgejresfyw6ysp.a1b2c3d';

let fixture: GitFixture;
let forge: Forge;
let served: { url: string; close(): Promise<void> };
let githubCommits: GitHubCommits;

beforeEach(async () => {
  fixture = await GitFixture.open();
  await fixture.server.createRepository(NAME, { 'README.md': 'hello\n' });
  forge = new Forge();
  served = await serveForge(
    forge,
    githubCommitRoutes(fixture.server, NAME),
    ({ authorization }) => authorization === 'token t0ken',
  );
  githubCommits = realGitHubCommits({ http: realHttp(), clock: systemClock, apiBases: { '127.0.0.1': `${served.url}/api/v3` } });
  await clone();
});
afterEach(async () => {
  await served.close();
  await fixture.close();
});

const clone = (more: object = {}) =>
  fixture.clone([{ branch: 'main', path: 'src' }], { repoURL: fixture.server.repositoryURL(NAME), ...more });
const credentials: StepPorts['credentials'] = { find: async () => ({ username: 'kargo', password: 't0ken' }) };
const push = (config: Partial<GitHubPushConfig> = {}, ports: Partial<StepPorts> = {}): Promise<StepResult> =>
  fixture.run(githubPush, { path: 'src', ...config }, {}, { credentials, githubCommits, ...ports });
const commit = async (file: string, content = 'x', author?: { name: string; email: string }): Promise<void> => {
  await fixture.write(`src/${file}`, content);
  await fixture.run(gitCommit, { path: 'src', message: `Write ${file}`, author });
};
const head = async (branch = 'main'): Promise<string | undefined> => (await fixture.server.branches(NAME))[branch];
const staging = async (): Promise<string> => fixture.server.git(NAME, 'for-each-ref', 'refs/kargo');

describe('github-push', () => {
  it('has commits made again through the API; unsigned ones keep author and committer', async () => {
    await commit('one');
    await commit('two');
    const { status, output } = await push();
    expect([status, output?.['branch'], output?.['commit']]).toEqual(['Succeeded', 'main', await head()]);
    expect(await fixture.server.log(NAME, 'main')).toMatchObject([
      { message: 'Write two', author: 'Kargo <no-reply@kargo.io>', committer: 'Kargo <no-reply@kargo.io>' },
      { message: 'Write one' },
      { message: 'Add the first files' },
    ]);
    expect(await fixture.server.files(NAME, 'main')).toMatchObject({ one: 'x', two: 'x' });
    expect(await staging()).toBe('');
    const writes = forge.writes.length;
    expect((await push()).output).toEqual(output);
    expect(forge.writes.length).toBe(writes);
  });

  it('leaves author and committer to GitHub, which signs, where all are to be verified', async () => {
    await commit('one', 'x', { name: 'Ann', email: 'ann@example.com' });
    const { output } = await push({ targetBranch: 'new' }, { githubPush: { verifyUntrusted: true } });
    expect(output).toEqual({
      branch: 'new',
      commit: await head('new'),
      commitURL: expect.stringContaining(`/team/demo/commit/${await head('new')}`),
    });
    expect((await fixture.server.log(NAME, 'new'))[0]).toMatchObject({
      author: 'kargo[bot] <bot@github.example.com>',
      message: 'Write one',
    });
  });

  it('leaves commits that are signed here to GitHub too', async () => {
    const signingKey = gpgKey();
    if (signingKey === undefined) {
      console.warn('skipped: GnuPG is not installed');
      return;
    }
    await clone({ author: { name: 'Kargo', email: 'kargo@example.com', signingKey } });
    await commit('one');
    await push();
    expect((await fixture.server.log(NAME, 'main'))[0]?.author).toBe('kargo[bot] <bot@github.example.com>');
  });

  it('takes in what the remote has got meanwhile', async () => {
    await commit('ours');
    const theirs = await fixture.server.commit(NAME, { message: 'Theirs', files: { theirs: '1' } });
    const { output } = await push();
    const [ours] = await fixture.server.log(NAME, 'main');
    expect([ours?.id, ours?.parents]).toEqual([output?.['commit'], [theirs]]);
  });

  it('overwrites with force, and goes back if it is behind', async () => {
    const first = await head();
    await fixture.server.commit(NAME, { message: 'Theirs', files: { theirs: '1' } });
    await push({ force: true });
    expect(await head()).toBe(first);
    await commit('ours');
    await fixture.server.commit(NAME, { message: 'Theirs', files: { theirs: '1' } });
    await push({ force: true });
    expect(await fixture.server.log(NAME, 'main')).toMatchObject([{ message: 'Write ours', parents: [first] }, { id: first }]);
  });

  it('makes a branch of its own without commits, and one with them', async () => {
    const { output } = await push({ generateTargetBranch: true });
    expect(output).toMatchObject({ branch: `kargo/promotion/${PROMOTION}`, commit: await head() });
    await commit('one');
    await push({ generateTargetBranch: true });
    expect((await fixture.server.log(NAME, `kargo/promotion/${PROMOTION}`))[0]?.message).toBe('Write one');
  });

  it('does nothing twice if it is lost between the push and its end', async () => {
    await commit('ours');
    const lost: GitHubCommits = {
      ...githubCommits,
      setBranch: async (...request) => {
        await githubCommits.setBranch(...request);
        throw new Error('the process is lost');
      },
    };
    await expect(push({}, { githubCommits: lost })).rejects.toThrow('the process is lost');
    // What is here is what a workspace holds that was made again: the same commit, under its own name.
    const done = await head();
    const { output } = await push();
    expect([output?.['commit'], await head()]).toEqual([done, done]);
    expect((await fixture.server.log(NAME, 'main')).map(({ message }) => message)).toEqual(['Write ours', 'Add the first files']);
  });

  it('tries again while the branch keeps moving, and then gives up', async () => {
    await commit('ours');
    let moves = 0;
    const moving: GitHubCommits = {
      ...githubCommits,
      setBranch: async () => {
        moves += 1;
        return false;
      },
    };
    const patient = { now: () => 0, setTimer: () => ({ cancel: () => undefined }), sleep: async () => undefined };
    await expect(push({ maxAttempts: 2 }, { githubCommits: moving, clock: patient })).rejects.toThrow('kept moving');
    expect([moves, await staging()]).toEqual([3, '']);
  });

  it.each<[string, Awaited<ReturnType<StepPorts['credentials']['find']>>]>([
    ['no credentials', undefined],
    ['nothing but an SSH key', { sshPrivateKey: 'key' }],
  ])('fails for good with %s', async (_, found) => {
    await expect(push({}, { credentials: { find: async () => found } })).rejects.toMatchObject({
      name: 'TerminalStepError',
      status: 'Failed',
      message: expect.stringContaining('no credentials found'),
    });
  });

  it('makes no more commits again than it may', async () => {
    for (const file of ['a', 'b', 'c']) await commit(file);
    await expect(push({}, { githubPush: { maxRevisions: 2 } })).rejects.toMatchObject({
      name: 'TerminalStepError',
      status: 'Errored',
      message: expect.stringContaining('3 commits'),
    });
    expect(await staging()).toBe('');
  });

  it('fails for good when GitHub knows no relation of the commits', async () => {
    await commit('ours');
    const strange: GitHubCommits = { ...githubCommits, compare: async () => 'unrelated' };
    await expect(push({}, { githubCommits: strange })).rejects.toMatchObject({
      name: 'TerminalStepError',
      status: 'Errored',
      message: expect.stringContaining('it says "unrelated"'),
    });
    expect(await staging()).toBe('');
  });

  it('tries again where it is behind and may not overwrite', async () => {
    let looks = 0;
    const behind: GitHubCommits = {
      ...githubCommits,
      compare: async () => {
        looks += 1;
        return looks % 2 === 0 ? 'behind' : 'diverged';
      },
    };
    await commit('ours');
    const patient = { now: () => 0, setTimer: () => ({ cancel: () => undefined }), sleep: async () => undefined };
    await expect(push({ maxAttempts: 1 }, { githubCommits: behind, clock: patient })).rejects.toThrow('kept moving');
    expect([looks, forge.writes]).toEqual([2, []]);
  });

  it.each([
    [{ insecureSkipTLSVerify: true }, true],
    [{}, false],
  ])('asks the API as %j says', async (config, insecureSkipTLSVerify) => {
    const seen: unknown[] = [];
    const looking: GitHubCommits = {
      ...githubCommits,
      compare: (repository, ...rest) => {
        seen.push(repository.insecureSkipTLSVerify);
        return githubCommits.compare(repository, ...rest);
      },
    };
    await commit('ours');
    await push(config, { githubCommits: looking });
    expect(seen).toEqual([insecureSkipTLSVerify]);
  });

  it('fails for good where replaying is unsafe and the policy prohibits merging, and changes nothing', async () => {
    await clone({ author: { name: 'A', email: 'a@example.com', signingKey: 'a key that nothing here is signed with' } });
    const tree = await fixture.git.open(await fixture.workspace.resolve('src'), {
      remote: { url: fixture.server.repositoryURL(NAME) },
      home: await fixture.workspace.private.resolve('git/clone'),
    });
    await fixture.write('src/x', '1');
    await tree.commitChanges({ message: 'unsigned', date: 0 });
    const theirs = await fixture.server.commit(NAME, { message: 'Theirs', files: { theirs: '1' } });
    await expect(push({}, { gitIntegrationPolicy: 'RebaseOrFail' })).rejects.toMatchObject({
      status: 'Failed',
      message: expect.stringContaining('policy prohibits merge fallback'),
    });
    expect([await head(), forge.writes]).toEqual([theirs, []]);
  });

  it('fails for good on a conflict', async () => {
    await commit('README.md', 'ours\n');
    await fixture.server.commit(NAME, { message: 'Theirs', files: { 'README.md': 'theirs\n' } });
    await expect(push()).rejects.toMatchObject({ status: 'Failed', message: expect.stringContaining('merge conflict') });
  });
});
