/** Options that steps only hand on to a port: provider, insecureSkipTLSVerify, reviewers and the like reach it as they are given. */
import type { HttpRequest, PullRequestRepository } from '@kargo/integrations';
import { describe, expect, it } from 'vitest';
import type { Step, StepPorts } from '../step.ts';
import { PULL_SOURCE, PULL_URL, PullRequestFixture } from '../testing/pull-request-fixture.ts';
import { somePorts, stepContext, temporaryWorkspaces } from '../testing/run-fixture.ts';
import { builtInSteps } from './registry.ts';

const stepOf = (name: string): Step<unknown> => builtInSteps.find((step) => step.name === name) as unknown as Step<unknown>;

describe('steps about pull requests', () => {
  it.each([
    ['git-open-pr', { repoURL: PULL_URL, sourceBranch: PULL_SOURCE, targetBranch: 'main' }],
    ['git-wait-for-pr', { repoURL: PULL_URL, prNumber: 1 }],
    ['git-merge-pr', { repoURL: PULL_URL, prNumber: 1 }],
  ])('%s goes to the provider it is told, with the credentials of the repository', async (name, config) => {
    const fixture = new PullRequestFixture();
    fixture.change();
    if (name !== 'git-open-pr')
      fixture.world.pulls.open(PULL_URL, { title: 'T', description: '', source: PULL_SOURCE, target: 'main', labels: [] });
    const seen: PullRequestRepository[] = [];
    const pullRequests = new Proxy(fixture.world.pullRequests, {
      get(target, property) {
        const method = Reflect.get(target, property, target) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          seen.push(args[0] as PullRequestRepository);
          return method.apply(target, args);
        };
      },
    });
    const asked: unknown[] = [];
    const credentials: StepPorts['credentials'] = {
      find: async (query) => {
        asked.push(query);
        return { username: 'kargo', password: 't0ken' };
      },
    };
    await fixture.run(
      stepOf(name),
      { ...config, provider: 'gitea', insecureSkipTLSVerify: true },
      {},
      { pullRequests, credentials },
    );
    expect(seen.length).toBeGreaterThan(0);
    for (const one of seen)
      expect(one).toMatchObject({
        url: PULL_URL,
        provider: 'gitea',
        insecureSkipTLSVerify: true,
        credentials: { password: 't0ken' },
      });
    expect(asked).toContainEqual({ project: 'demo', type: 'git', repoURL: PULL_URL });
  });

  it('git-open-pr opens drafts and asks for reviews, and createTargetBranch does nothing', async () => {
    const fixture = new PullRequestFixture();
    fixture.change();
    const config = { repoURL: PULL_URL, sourceBranch: PULL_SOURCE, targetBranch: 'main' };
    await fixture.run(stepOf('git-open-pr'), { ...config, draft: true, reviewers: ['ann', 'team/ops'], labels: ['a'] });
    expect(fixture.world.pulls.of(PULL_URL)).toMatchObject([{ draft: true, reviewers: ['ann', 'team/ops'], labels: ['a'] }]);
    await expect(
      fixture.run(stepOf('git-open-pr'), { ...config, targetBranch: 'absent', createTargetBranch: true }, { alias: 'other' }),
    ).rejects.toThrow('target branch "absent" does not exist');
  });
});

describe('steps about HTTP', () => {
  it.each([
    ['http', {}, { method: 'GET', timeout: 10_000, maxBody: 2 * 1024 * 1024, insecureSkipTLSVerify: undefined }],
    [
      'http',
      { method: 'HEAD', timeout: '1500ms', insecureSkipTLSVerify: true, proxy: 'http://proxy:1' },
      { method: 'HEAD', timeout: 1500, insecureSkipTLSVerify: true, proxy: 'http://proxy:1' },
    ],
    ['http-download', { outPath: 'o' }, { timeout: 5 * 60_000, maxBody: 100 * 1024 * 1024, insecureSkipTLSVerify: undefined }],
    [
      'http-download',
      { outPath: 'o', timeout: '2m', insecureSkipTLSVerify: true },
      { timeout: 120_000, insecureSkipTLSVerify: true },
    ],
  ])('%s asks as %j says', async (name, config, want) => {
    const { workspaces, dispose } = await temporaryWorkspaces();
    try {
      const { workspace } = await workspaces.open('one');
      const sent: HttpRequest[] = [];
      const http: StepPorts['http'] = {
        send: async (request) => {
          sent.push(request);
          return { status: 200, headers: {}, body: Buffer.from('x') };
        },
      };
      await stepOf(name).run(stepContext<unknown>(workspace, { url: 'https://x/y', ...config }), somePorts({ http }));
      expect(sent).toMatchObject([want]);
    } finally {
      await dispose();
    }
  });
});
