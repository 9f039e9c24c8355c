import { PullRequestError, type PullRequests } from '@kargo/integrations';
import { beforeEach, describe, expect, it } from 'vitest';
import { PULL_SOURCE, PULL_URL, PullRequestFixture } from '../../testing/pull-request-fixture.ts';
import { unused } from '../../testing/run-fixture.ts';
import { gitMergePR } from './git-merge-pr.ts';

const config = { repoURL: PULL_URL, prNumber: 1 };

let fixture: PullRequestFixture;
beforeEach(() => {
  fixture = new PullRequestFixture();
  fixture.change();
  fixture.world.pulls.open(PULL_URL, { title: 'T', description: '', source: PULL_SOURCE, target: 'main', labels: [] });
});
const pull = () => fixture.world.pulls.get(PULL_URL, 1);
const failing = (merge: PullRequests['merge']): PullRequests => ({ ...unused<PullRequests>('pullRequests'), merge });

describe('git-merge-pr', () => {
  it('merges once, and is content with what is merged already', async () => {
    const first = await fixture.run(gitMergePR, { ...config, mergeMethod: 'squash' });
    expect(first).toEqual({ status: 'Succeeded', output: { commit: pull().mergeCommit } });
    expect(pull().method).toBe('squash');
    expect(fixture.world.remotes.branches(PULL_URL)['main']).toBe(pull().mergeCommit);
    expect(await fixture.run(gitMergePR, config)).toEqual(first);
    expect(fixture.world.effects.length).toBe(1);
  });

  it.each([
    [undefined, 10_000],
    ['5s', 5000],
  ])('waits for it to become ready if it may, trying every %s', async (pollInterval, retryAfter) => {
    pull().hindrance = 'approvals are missing';
    expect(await fixture.run(gitMergePR, { ...config, wait: true, pollInterval })).toEqual({
      status: 'Running',
      waitingFor: 'pull request 1 to become ready to merge: approvals are missing',
      retryAfter,
    });
  });

  it('fails for good if it may not wait', async () => {
    pull().draft = true;
    await expect(fixture.run(gitMergePR, config)).rejects.toMatchObject({
      name: 'TerminalStepError',
      status: 'Failed',
      message: expect.stringContaining('pull request 1 is not ready to merge and wait is disabled'),
    });
  });

  it('fails for good when the provider refuses', async () => {
    fixture.world.pulls.close(PULL_URL, 1);
    await expect(fixture.run(gitMergePR, { ...config, wait: true })).rejects.toMatchObject({
      name: 'TerminalStepError',
      status: 'Failed',
    });
  });

  it.each(['unreachable', 'timeout', 'rateLimited'] as const)('tries again after trouble (%s)', async (code) => {
    const error = new PullRequestError(code, 'trouble');
    const pullRequests = failing(() => Promise.reject(error));
    await expect(fixture.run(gitMergePR, config, {}, { pullRequests })).rejects.toBe(error);
  });

  it('tells an empty commit where the provider tells none', async () => {
    const merged = {
      number: 1,
      url: 'https://x/1',
      open: false,
      merged: true,
      draft: false,
      title: '',
      description: '',
      sourceBranch: '',
      targetBranch: '',
    };
    const pullRequests = failing(async () => ({ kind: 'merged', pullRequest: merged }));
    expect(await fixture.run(gitMergePR, config, {}, { pullRequests })).toEqual({ status: 'Succeeded', output: { commit: '' } });
  });
});
