import { type Git, type Workspace, type WorkTree } from '@kargo/integrations';
import type { Clock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runDeclared } from '../../testing/declared-outputs.ts';
import type { StepResult } from '../../step.ts';
import { GitFixture, REPOSITORY } from '../../testing/git-fixture.ts';
import { somePorts, stepContext, temporaryWorkspaces, unused } from '../../testing/run-fixture.ts';
import { rememberWorkTree } from '../git/work-trees.ts';
import { gitCommit } from '../git-commit/git-commit.ts';
import { gitPush } from './git-push.ts';

let fixture: GitFixture;

async function commit(file = 'new.txt', content = 'x'): Promise<string> {
  await fixture.write(`src/${file}`, content);
  const { output } = await fixture.run(gitCommit, { path: 'src', message: `Write ${file}` });
  return String(output?.['commit']);
}

const head = async (branch: string): Promise<string | undefined> => (await fixture.server.branches(REPOSITORY))[branch];

describe('git-push', () => {
  beforeEach(async () => {
    fixture = await GitFixture.open();
    await fixture.clone();
  });
  afterEach(() => fixture.close());

  it('pushes to the branch that is checked out', async () => {
    const id = await commit();
    expect(await fixture.run(gitPush, { path: 'src' })).toEqual({ status: 'Succeeded', output: { commit: id, branch: 'main' } });
    expect(await head('main')).toBe(id);
  });

  it.each([
    ['[S17] branch', { branch: 'stage/test' }, 'stage/test'],
    ['targetBranch', { targetBranch: 'env/test' }, 'env/test'],
    ['both names of one branch', { branch: 'x', targetBranch: 'x' }, 'x'],
    ['generateTargetBranch', { generateTargetBranch: true }, 'kargo/promotion/test.01j2w7a15cxjjgejresfyw6ysp.a1b2c3d'],
  ])('pushes to the branch named by %s', async (_, config, branch) => {
    const id = await commit();
    const { output } = await fixture.run(gitPush, { path: 'src', ...config });
    expect(output).toMatchObject({ branch, commit: id });
    expect(await head(branch)).toBe(id);
  });

  it('pushes a detached HEAD to a new branch, and asks for a branch otherwise', async () => {
    await fixture.clone([{ commit: (await head('main'))!, path: 'src' }]);
    const id = await commit();
    await expect(fixture.run(gitPush, { path: 'src' })).rejects.toThrow('say with targetBranch where to push');
    await fixture.run(gitPush, { path: 'src', targetBranch: 'detached' });
    expect(await head('detached')).toBe(id);
  });

  it('replays its commits on what the remote has got meanwhile, and tells the commit that came of it', async () => {
    const before = await commit();
    const theirs = await fixture.server.commit(REPOSITORY, { message: 'theirs', files: { 'other.txt': 'y' } });
    const { output } = await fixture.run(gitPush, { path: 'src' });
    const [ours, parent] = await fixture.server.log(REPOSITORY, 'main');
    expect(parent?.id).toBe(theirs);
    expect(output).toEqual({ branch: 'main', commit: ours?.id });
    expect(ours?.id).not.toBe(before);
  });

  it('does nothing more when everything is there already, also under newer commits', async () => {
    await commit();
    const first = await fixture.run(gitPush, { path: 'src' });
    expect(await fixture.run(gitPush, { path: 'src' })).toEqual(first);
    const newer = await fixture.server.commit(REPOSITORY, { message: 'newer', files: { 'z.txt': 'z' } });
    expect((await fixture.run(gitPush, { path: 'src' })).output?.['commit']).toBe(newer);
    expect(await fixture.server.log(REPOSITORY, 'main')).toHaveLength(3);
  });

  it('fails for good on a conflict, leaving the working tree as it was', async () => {
    const id = await commit('README.md', 'ours\n');
    await fixture.server.commit(REPOSITORY, { message: 'theirs', files: { 'README.md': 'theirs\n' } });
    const failing = fixture.run(gitPush, { path: 'src' });
    await expect(failing).rejects.toThrow(
      expect.objectContaining({ status: 'Failed', message: expect.stringContaining('merge conflict') }),
    );
    expect((await fixture.run(gitPush, { path: 'src', targetBranch: 'elsewhere' })).output?.['commit']).toBe(id);
  });

  it('merges where the policy says so', async () => {
    const ours = await commit();
    const theirs = await fixture.server.commit(REPOSITORY, { message: 'theirs', files: { 'other.txt': 'y' } });
    await fixture.run(gitPush, { path: 'src' }, {}, { gitIntegrationPolicy: 'AlwaysMerge' });
    expect((await fixture.server.log(REPOSITORY, 'main'))[0]?.parents).toEqual([ours, theirs]);
  });

  it('fails for good where replaying is unsafe and merging prohibited', async () => {
    await fixture.clone([{ branch: 'main', path: 'src' }], {
      author: { name: 'A', email: 'a@example.com', signingKey: 'a key that nothing here is signed with' },
    });
    const tree = await fixture.git.open(await fixture.workspace.resolve('src'), {
      remote: { url: fixture.url },
      home: await fixture.workspace.private.resolve('git/clone'),
    });
    await fixture.write('src/x', '1');
    await tree.stage();
    await tree.commit({ message: 'unsigned', date: 0 });
    await fixture.server.commit(REPOSITORY, { message: 'theirs', files: { 'other.txt': 'y' } });
    const pushing = fixture.run(gitPush, { path: 'src' }, {}, { gitIntegrationPolicy: 'RebaseOrFail' });
    await expect(pushing).rejects.toThrow(
      expect.objectContaining({ status: 'Failed', message: expect.stringContaining('policy prohibits merge fallback') }),
    );
  });

  it('overwrites with force', async () => {
    await fixture.server.commit(REPOSITORY, { message: 'theirs', files: { 'README.md': 'theirs\n' } });
    const id = await commit('README.md', 'ours\n');
    await fixture.run(gitPush, { path: 'src', force: true });
    expect(await head('main')).toBe(id);
  });

  it.each([['two different branches', { branch: 'a', targetBranch: 'b' }, 'branch "a" and targetBranch "b" differ']])(
    'refuses %s for good',
    async (_, config, message) => {
      await expect(fixture.run(gitPush, { path: 'src', ...config })).rejects.toThrow(
        expect.objectContaining({ name: 'TerminalStepError', message: expect.stringContaining(message) }),
      );
    },
  );

  it('passes on what the remote says when it refuses', async () => {
    await commit();
    await fixture.server.refusePushes(REPOSITORY, 'main is protected');
    await expect(fixture.run(gitPush, { path: 'src' })).rejects.toThrow(/protected/);
  });
});

describe('git-push to a remote that keeps moving', () => {
  let pushes: number;
  let pauses: number[];
  let dispose: () => Promise<void>;
  let workspace: Workspace;
  beforeEach(async () => {
    const temporary = await temporaryWorkspaces();
    ({ dispose } = temporary);
    ({ workspace } = await temporary.workspaces.open('one'));
    await rememberWorkTree(workspace, { path: 'src', alias: 'clone', repoURL: 'https://example.com/demo.git' });
    await workspace.writeFile('src/x', '');
    pushes = 0;
    pauses = [];
  });
  afterEach(() => dispose());

  const push = (until: number, maxAttempts?: number): Promise<StepResult> => {
    const tree: WorkTree = {
      ...unused<WorkTree>('tree'),
      path: 'src',
      remoteURL: 'https://example.com/demo.git',
      head: async () => 'c0ffee',
      branch: async () => 'main',
      land: async () => (++pushes <= until ? 'moved' : 'landed'),
    };
    const clock: Clock = {
      now: () => 0,
      setTimer: () => ({ cancel: () => undefined }),
      sleep: async (ms) => void pauses.push(ms),
    };
    const git: Git = { ...unused<Git>('git'), open: async () => tree };
    return runDeclared(gitPush, stepContext(workspace, { path: 'src', maxAttempts }), somePorts({ git, clock }));
  };

  it('tries again, at once first, then with growing pauses', async () => {
    expect((await push(4)).output).toEqual({ branch: 'main', commit: 'c0ffee' });
    expect(pushes).toBe(5);
    expect(pauses).toHaveLength(3);
    expect(pauses[2]).toBeGreaterThanOrEqual(1000 * 1.5 * 1.5);
  });

  it.each([1, 3, 12])('gives up after all %i attempts', async (maxAttempts) => {
    await expect(push(99, maxAttempts)).rejects.toThrow(`${maxAttempts} attempts in all`);
    expect(pushes).toBe(maxAttempts + 1);
    expect(Math.max(0, ...pauses)).toBeLessThanOrEqual(45_000);
  });
});
