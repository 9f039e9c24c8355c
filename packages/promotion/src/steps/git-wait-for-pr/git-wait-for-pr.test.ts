import { PullRequestError, type PullRequests } from '@kargo/integrations';
import { beforeEach, describe, expect, it } from 'vitest';
import { ConfigValidator } from '../../config/validate.ts';
import { PULL_SOURCE, PULL_URL, PullRequestFixture } from '../../testing/pull-request-fixture.ts';
import { unused } from '../../testing/run-fixture.ts';
import { gitWaitForPR } from './git-wait-for-pr.ts';

const config = { repoURL: PULL_URL, prNumber: 1 };
const url = 'https://github.example.com/team/demo/pulls/1';

let fixture: PullRequestFixture;
beforeEach(() => {
  fixture = new PullRequestFixture();
  fixture.change();
  fixture.world.pulls.open(PULL_URL, { title: 'T', description: '', source: PULL_SOURCE, target: 'main', labels: [] });
});

describe('git-wait-for-pr', () => {
  it.each([
    [undefined, 30_000],
    ['1m30s', 90_000],
  ])('waits while it is open, looking every %s', async (pollInterval, retryAfter) => {
    expect(await fixture.run(gitWaitForPR, { ...config, pollInterval })).toEqual({
      status: 'Running',
      output: { pr: { id: 1, url, open: true, merged: false } },
      waitingFor: `pull request 1 to be merged: ${url}`,
      retryAfter,
    });
  });

  it('ends when it is merged, with the commit', async () => {
    const commit = fixture.world.pulls.merge(PULL_URL, 1);
    expect(await fixture.run(gitWaitForPR, config)).toEqual({
      status: 'Succeeded',
      output: { pr: { id: 1, url, open: false, merged: true }, commit },
    });
  });

  it('fails for good when it is closed, and tells what it was', async () => {
    fixture.world.pulls.close(PULL_URL, 1);
    await expect(fixture.run(gitWaitForPR, config)).rejects.toMatchObject({
      name: 'TerminalStepError',
      status: 'Failed',
      message: 'pull request 1 was closed without being merged',
      output: { pr: { id: 1, url, open: false, merged: false } },
    });
  });

  it('passes on trouble at the provider, which may pass', async () => {
    const error = new PullRequestError('unreachable', 'trouble');
    const pullRequests = { ...unused<PullRequests>('pullRequests'), get: () => Promise.reject(error) };
    await expect(fixture.run(gitWaitForPR, config, {}, { pullRequests })).rejects.toBe(error);
  });

  it.each([[{ prNumber: 0 }], [{ pollInterval: 'abc5s' }], [{ pollInterval: '' }]])('refuses the configuration %j', (more) => {
    expect(new ConfigValidator().problems(gitWaitForPR.configSchema, { ...config, ...more })).toHaveLength(1);
  });
});
