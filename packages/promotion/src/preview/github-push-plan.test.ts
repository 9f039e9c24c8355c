/** github-push in previews and under plans: a real git server whose commits are made through the API of GitHub. */
import { join } from 'node:path';
import { annotations, type Promotion, type PromotionStatus, type PromotionStep } from '@kargo/api';
import { realGitHubCommits, realHttp, realWorkspaces, type GitRehearsals } from '@kargo/integrations';
import { Forge, githubCommitRoutes, serveForge } from '@kargo/integrations/testing';
import { silentLog, systemClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stepExpressions } from '../context/expressions.ts';
import { PromotionRunner } from '../runner.ts';
import type { StepPorts } from '../step.ts';
import { stepRegistry } from '../steps/registry.ts';
import { GitFixture } from '../testing/git-fixture.ts';
import { aPromotion, someCollection, someFreight } from '../testing/run-fixture.ts';
import type { PromotionPreview } from './document.ts';
import { planAnnotation } from './planned.ts';
import { promotionPreviewer } from './preview-promotion.ts';

const NAME = 'team/demo';

let fixture: GitFixture;
let forge: Forge;
let served: { url: string; close(): Promise<void> };
let ports: StepPorts;

beforeEach(async () => {
  fixture = await GitFixture.open();
  await fixture.server.createRepository(NAME, { 'values.yaml': 'tag: old\n' });
  forge = new Forge();
  served = await serveForge(forge, githubCommitRoutes(fixture.server, NAME), () => true);
  ports = fixture.ports({
    credentials: { find: async () => ({ username: 'kargo', password: 't0ken' }) },
    githubCommits: realGitHubCommits({
      http: realHttp(),
      clock: systemClock,
      apiBases: { '127.0.0.1': `${served.url}/api/v3` },
    }),
  });
});
afterEach(async () => {
  await served.close();
  await fixture.close();
});

const steps = (push: { [key: string]: string | boolean }): PromotionStep[] => [
  {
    uses: 'git-clone',
    as: 'clone',
    config: { repoURL: fixture.server.repositoryURL(NAME), checkout: [{ branch: 'main', path: './src' }] },
  },
  { uses: 'yaml-update', as: 'update', config: { path: './src/values.yaml', updates: [{ key: 'tag', value: 'new' }] } },
  { uses: 'git-commit', as: 'commit', config: { path: './src', message: 'Use new' } },
  { uses: 'github-push', as: 'push', config: { path: './src', ...push } },
];
const request = (promotion: Promotion) => ({
  promotion,
  freight: someCollection,
  targetFreight: someFreight,
  targetFreightAlias: '',
  freightRequests: [],
  signal: new AbortController().signal,
});
const preview = (list: PromotionStep[]): Promise<PromotionPreview> =>
  promotionPreviewer({
    registry: stepRegistry(),
    ports,
    rehearsals: fixture.git as unknown as GitRehearsals,
    workspaces: realWorkspaces({ directory: join(fixture.workspace.root, '../previews') }),
    expressions: (client) => stepExpressions({ client }),
  })(request(aPromotion(list)));

async function promote(list: PromotionStep[], plan: PromotionPreview): Promise<PromotionStatus> {
  const { metadata, ...rest } = aPromotion(list);
  const end = await new PromotionRunner({
    registry: stepRegistry(),
    ports,
    expressions: stepExpressions({ client: ports.client }),
  }).run({
    ...request({ ...rest, metadata: { ...metadata, annotations: { [annotations.plan]: planAnnotation(plan.basis) } } }),
    workspace: fixture.workspace,
    fresh: false,
    status: { phase: 'Running' },
    persist: async () => undefined,
    log: silentLog,
  });
  return end.status;
}
const tree = async (branch: string): Promise<string> => (await fixture.server.git(NAME, 'rev-parse', `${branch}^{tree}`)).trim();

describe('github-push', () => {
  it.each<[string, { [key: string]: string | boolean }]>([
    ['main', {}],
    ['fresh', { targetBranch: 'fresh' }],
  ])('is previewed to the tree that %s then gets, and writes nothing before: %j', async (branch, config) => {
    const before = await fixture.server.git(NAME, 'for-each-ref');
    const plan = await preview(steps(config));
    expect(plan.steps.map(({ outcome, message }) => [outcome, message])).toEqual(Array(4).fill(['Succeeds', undefined]));
    expect([await fixture.server.git(NAME, 'for-each-ref'), forge.writes]).toEqual([before, []]);
    expect((await promote(steps(config), plan)).phase).toBe('Succeeded');
    expect(plan.basis.trees).toEqual([
      { repository: fixture.server.repositoryURL(NAME), ref: `refs/heads/${branch}`, tree: await tree(branch) },
    ]);
  });

  it('moves no branch to another tree than that of its plan', async () => {
    const plan = await preview(steps({}));
    const theirs = await fixture.server.commit(NAME, { message: 'Theirs', files: { other: '1' } });
    const status = await promote(steps({}), plan);
    expect([status.phase, status.message]).toEqual(['Failed', expect.stringContaining('make a new plan')]);
    expect(await fixture.server.branches(NAME)).toEqual({ main: theirs });
    expect(await fixture.server.git(NAME, 'for-each-ref', 'refs/kargo')).toBe('');
  });
});
