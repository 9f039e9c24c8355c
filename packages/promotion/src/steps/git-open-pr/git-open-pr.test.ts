import { beforeEach, describe, expect, it } from 'vitest';
import { ConfigValidator } from '../../config/validate.ts';
import { PULL_SOURCE, PULL_URL, PullRequestFixture } from '../../testing/pull-request-fixture.ts';
import { gitOpenPR, type GitOpenPRConfig } from './git-open-pr.ts';

const config: GitOpenPRConfig = { repoURL: PULL_URL, sourceBranch: PULL_SOURCE, targetBranch: 'main' };
const opened = { status: 'Succeeded', output: { pr: { id: 1, url: 'https://github.example.com/team/demo/pulls/1' } } };

let fixture: PullRequestFixture;
beforeEach(() => {
  fixture = new PullRequestFixture();
});

describe('git-open-pr', () => {
  it('opens a pull request with the words of the newest commit', async () => {
    fixture.change();
    expect(await fixture.run(gitOpenPR, config)).toEqual(opened);
    expect(fixture.world.pulls.of(PULL_URL)).toMatchObject([
      { source: PULL_SOURCE, target: 'main', title: 'Change it', description: '\n- one\n- two' },
    ]);
  });

  it.each<[string, Partial<GitOpenPRConfig>, string | undefined, string, string]>([
    ['a title', { title: 'T' }, undefined, 'T', 'Change it\n\n- one\n- two'],
    ['a description', { description: 'D' }, undefined, 'Change it', 'D'],
    [
      'both, and an address of the UI',
      { title: 'T', description: 'D' },
      'https://kargo.example.com/',
      'T',
      'D\n\n[View in Kargo UI](https://kargo.example.com/project/demo/stage/test)',
    ],
  ])('takes %s', async (_, more, uiBaseURL, title, description) => {
    fixture.change();
    await fixture.run(gitOpenPR, { ...config, ...more, labels: ['a', 'b'] }, {}, { uiBaseURL });
    expect(fixture.world.pulls.of(PULL_URL)).toMatchObject([{ title, description, labels: ['a', 'b'] }]);
  });

  it('opens it once: found again after a crash, and told from its own output later', async () => {
    fixture.change();
    await fixture.run(gitOpenPR, config);
    expect(await fixture.run(gitOpenPR, config)).toEqual(opened);
    expect(fixture.world.effects.length).toBe(1);
    const pr = { id: 7, url: 'https://example.com/7' };
    expect(await fixture.run(gitOpenPR, config, { outputs: { 'step-1': { pr } } })).toEqual({
      status: 'Succeeded',
      output: { pr },
    });
  });

  it('takes one that was merged meanwhile, but none that was closed', async () => {
    fixture.change();
    await fixture.run(gitOpenPR, config);
    fixture.world.pulls.close(PULL_URL, 1);
    expect((await fixture.run(gitOpenPR, config)).output?.['pr']).toMatchObject({ id: 2 });
    fixture.world.pulls.merge(PULL_URL, 2);
    expect((await fixture.run(gitOpenPR, config)).output?.['pr']).toMatchObject({ id: 2 });
  });

  it('does not take one for an earlier commit', async () => {
    fixture.change();
    await fixture.run(gitOpenPR, config);
    fixture.world.pulls.merge(PULL_URL, 1);
    fixture.change('More', { y: '1' });
    expect((await fixture.run(gitOpenPR, config)).output?.['pr']).toMatchObject({ id: 2 });
  });

  it('is skipped when there is nothing to merge', async () => {
    expect(await fixture.run(gitOpenPR, config)).toMatchObject({ status: 'Skipped' });
    expect(fixture.world.effects).toEqual([]);
  });

  it.each([
    ['target', { targetBranch: 'absent' }, 'target branch "absent" does not exist'],
    ['source', { sourceBranch: 'absent' }, 'source branch "absent" does not exist'],
  ])('says that the %s branch does not exist', async (_, more, message) => {
    fixture.change();
    await expect(fixture.run(gitOpenPR, { ...config, ...more })).rejects.toThrow(message);
  });

  it.each([
    [{ title: '' }, 'title'],
    [{ description: '' }, 'description'],
    [{ provider: 'sourceforge' }, 'provider'],
    [{ repoURL: 'not a URL' }, 'repoURL'],
  ])('refuses the configuration %j', (more, field) => {
    const problems = new ConfigValidator().problems(gitOpenPR.configSchema, { ...config, ...more });
    expect(problems.join()).toContain(field);
  });
});
