import { systemClock } from '@kargo/kube';
import type { Clock } from '@kargo/kube';
import { afterEach, describe, expect, it } from 'vitest';
import { realHttp } from '../http/real-http.ts';
import { describePullRequestContract, SOURCE } from '../testing/contracts/pull-request-contract.ts';
import type { PullRequestWorld } from '../testing/contracts/pull-request-contract.ts';
import { azureErrors, azureRoutes } from '../testing/forges/azure-forge.ts';
import { bitbucketCloudErrors, bitbucketCloudRoutes } from '../testing/forges/bitbucket-cloud-forge.ts';
import { bitbucketDataCenterErrors, bitbucketDataCenterRoutes } from '../testing/forges/bitbucket-data-center-forge.ts';
import { Forge, serveForge } from '../testing/forges/forge.ts';
import type { ForgeErrors, ForgeRoutes } from '../testing/forges/forge.ts';
import { giteaErrors, giteaRoutes } from '../testing/forges/gitea-forge.ts';
import { githubErrors, githubRoutes } from '../testing/forges/github-forge.ts';
import { gitlabErrors, gitlabRoutes } from '../testing/forges/gitlab-forge.ts';
import type { GitProvider, PullRequestRepository } from './port.ts';
import { realPullRequests } from './real-pull-requests.ts';
import { providerOf, repositoryPlace } from './repository-place.ts';

const TOKEN = 't0ken';
const HEAD = '0123456789abcdef0123456789abcdef01234567';
const basic = (user: string): string => `Basic ${Buffer.from(`${user}:${TOKEN}`).toString('base64')}`;
const impatient: Clock = { ...systemClock, now: () => 0, sleep: async () => undefined };

interface Case {
  name: string;
  provider: GitProvider;
  path: string;
  absent: string;
  routes: (forge: Forge, base: () => string) => ForgeRoutes;
  authorization: [string, string];
  errors: ForgeErrors;
  reviewer?: string;
  methods: readonly string[];
  whenConflict?: 'refused';
  whenPolicy?: 'refused';
  hasLabels?: false;
  cloud?: true;
}

const CASES: readonly Case[] = [
  {
    name: 'GitHub',
    provider: 'github',
    path: '/team/demo.git',
    absent: '/team/absent.git',
    routes: githubRoutes,
    errors: githubErrors,
    authorization: ['authorization', `token ${TOKEN}`],
    methods: ['merge', 'squash'],
    whenConflict: 'refused',
  },
  {
    name: 'GitLab',
    provider: 'gitlab',
    path: '/team/sub/demo.git',
    absent: '/team/absent.git',
    routes: gitlabRoutes,
    errors: gitlabErrors,
    authorization: ['private-token', TOKEN],
    methods: ['merge', 'squash'],
  },
  {
    name: 'Gitea',
    provider: 'gitea',
    path: '/team/demo',
    absent: '/team/absent',
    routes: giteaRoutes,
    errors: giteaErrors,
    authorization: ['authorization', `token ${TOKEN}`],
    methods: ['merge', 'rebase', 'rebase-merge', 'squash', 'fast-forward-only', 'manually-merged'],
  },
  {
    name: 'Bitbucket Cloud',
    provider: 'bitbucket',
    path: '/team/demo.git',
    absent: '/team/absent.git',
    routes: bitbucketCloudRoutes,
    errors: bitbucketCloudErrors,
    reviewer: '{0123}',
    authorization: ['authorization', `Bearer ${TOKEN}`],
    methods: ['merge_commit', 'squash', 'fast_forward', 'squash_fast_forward', 'rebase_fast_forward', 'rebase_merge'],
    whenConflict: 'refused',
    whenPolicy: 'refused',
    hasLabels: false,
    cloud: true,
  },
  {
    name: 'Bitbucket Data Center',
    provider: 'bitbucket',
    path: '/bitbucket/scm/TEAM/demo.git',
    absent: '/bitbucket/scm/TEAM/absent.git',
    routes: bitbucketDataCenterRoutes,
    errors: bitbucketDataCenterErrors,
    authorization: ['authorization', `Bearer ${TOKEN}`],
    methods: ['no-ff', 'squash'],
    hasLabels: false,
  },
  {
    name: 'Azure DevOps',
    provider: 'azure',
    path: '/team/my%20project/_git/demo',
    absent: '/team/my%20project/_git/absent',
    routes: azureRoutes,
    errors: azureErrors,
    reviewer: '01234567-89ab-cdef-0123-456789abcdef',
    authorization: ['authorization', basic('')],
    methods: ['noFastForward', 'rebase', 'rebaseMerge', 'squash'],
  },
];

interface Opened extends PullRequestWorld {
  forge: Forge;
}

async function open(given: Case): Promise<Opened> {
  const forge = new Forge();
  forge.branches.set('main', 'a'.repeat(40));
  forge.branches.set(SOURCE, HEAD);
  forge.branches.set('other', 'b'.repeat(40));
  forge.labels.push('one', 'two', 'three');
  const [header, value] = given.authorization;
  let base = '';
  const served = await serveForge(
    forge,
    given.routes(forge, () => base),
    (headers) => headers[header] === value,
    given.errors,
  );
  base = served.url;
  const at = (path: string): PullRequestRepository => ({
    url: `${given.cloud === true ? 'https://bitbucket.org' : served.url}${path}`,
    provider: given.provider,
    credentials: { username: given.cloud === true ? 'x-token-auth' : undefined, password: TOKEN },
  });
  return {
    forge,
    pullRequests: realPullRequests({ http: realHttp(), clock: impatient, apiBases: { 'bitbucket.org': `${base}/2.0` } }),
    repository: at(given.path),
    head: HEAD,
    absent: at(given.absent),
    label: 'three',
    reviewer: given.reviewer ?? 'kim',
    seen: (number) => {
      const { mergeMethod, ...pull } = forge.find(number)!;
      return { ...pull, method: mergeMethod };
    },
    close: (number) => {
      forge.find(number)!.state = 'closed';
    },
    mergeElsewhere: (number) => {
      const pull = forge.find(number)!;
      forge.merge(pull, undefined);
      return pull.mergeCommit!;
    },
    hinder: (number, hindrance) => {
      const pull = forge.find(number)!;
      pull.draft = hindrance === 'draft';
      pull.hindrance = hindrance === 'draft' ? undefined : hindrance;
    },
    mergeCommit: (number) => forge.find(number)?.mergeCommit,
    writes: () => forge.writes.length,
    methods: given.methods,
    whenConflict: given.whenConflict ?? 'notReady',
    whenPolicy: given.whenPolicy ?? 'notReady',
    hasLabels: given.hasLabels ?? true,
    dispose: () => served.close(),
  };
}

for (const given of CASES) describePullRequestContract(given.name, () => open(given));

describe('pull requests at providers', () => {
  let world: Opened | undefined;
  afterEach(() => world?.dispose());
  const request = { sourceBranch: SOURCE, targetBranch: 'main', title: 'T', description: 'D' };
  const thrownBy = (promise: Promise<unknown>): Promise<{ code: string; message: string; transient: boolean }> =>
    promise.then(
      () => {
        throw new Error('expected a failure');
      },
      (error: { code: string; message: string; transient: boolean }) => error,
    );

  it.each(CASES)('$name: faults are told by code, without the token', async (given) => {
    world = await open(given);
    const wrong = { ...world.repository, credentials: { password: 'hunter2' } };
    const failures: [string, { code: string; message: string; transient: boolean }][] = [
      ['wrong token', await thrownBy(world.pullRequests.get(wrong, 1))],
    ];
    for (const [name, fault] of [
      ['trouble', { status: 502 }],
      ['limited', { status: 429, json: { message: 'slow down' } }],
      ['limited too', { status: 403, headers: { 'retry-after': '60' } }],
      ['forbidden', { status: 403 }],
      ['refused', { status: 422, json: { message: 'Validation Failed', errors: [{ message: 'no commits' }] } }],
    ] as const) {
      world.forge.fault = fault;
      failures.push([name, await thrownBy(world.pullRequests.create(world.repository, request))]);
    }
    expect(failures.map(([name, { code, transient }]) => [name, code, transient])).toEqual([
      ['wrong token', 'authentication', false],
      ['trouble', 'unreachable', true],
      ['limited', 'rateLimited', true],
      ['limited too', 'rateLimited', true],
      ['forbidden', 'authentication', false],
      ['refused', 'refused', false],
    ]);
    expect(failures.at(-1)?.[1].message).toContain('no commits');
    expect(JSON.stringify(failures)).not.toMatch(/hunter2|t0ken/);
  });

  it('GitHub: a method that the repository does not allow is refused for good', async () => {
    world = await open(CASES[0]!);
    const { number } = await world.pullRequests.create(world.repository, request);
    const error = await thrownBy(world.pullRequests.merge(world.repository, number, { method: 'rebase' }));
    expect([error.code, error.transient]).toEqual(['refused', false]);
    expect(error.message).toContain('not allowed on this repository');
  });

  it('Gitea: labels that are not there are named, and nothing is opened', async () => {
    world = await open(CASES[2]!);
    const labels = ['three', 'x', 'y', 'x'];
    const error = await thrownBy(world.pullRequests.create(world.repository, { ...request, labels }));
    expect(error.message).toContain('labels not found in repository team/demo: x, y');
    expect(world.forge.pulls).toEqual([]);
  });

  it('GitLab: a merge request that is being merged counts as open and is waited for', async () => {
    world = await open(CASES[1]!);
    const { number } = await world.pullRequests.create(world.repository, request);
    (world.forge.find(number) as unknown as { state: string }).state = 'locked';
    expect(await world.pullRequests.get(world.repository, number)).toMatchObject({ open: true, merged: false });
    expect(await world.pullRequests.merge(world.repository, number)).toMatchObject({ kind: 'notReady' });
  });

  it('GitLab: what cannot be merged for a moment is waited for', async () => {
    world = await open(CASES[1]!);
    const { number } = await world.pullRequests.create(world.repository, request);
    world.forge.unmergeable = true;
    expect(await world.pullRequests.merge(world.repository, number)).toMatchObject({ kind: 'notReady' });
    world.forge.unmergeable = false;
    expect(await world.pullRequests.merge(world.repository, number)).toMatchObject({ kind: 'merged' });
  });

  it('asks for a token', async () => {
    const pullRequests = realPullRequests({ http: realHttp(), clock: systemClock });
    const error = await thrownBy(pullRequests.get({ url: 'git@github.com:team/demo.git' }, 1));
    expect([error.code, error.message]).toEqual(['authentication', expect.stringContaining('SSH keys alone cannot drive them')]);
  });

  it.each<[string, GitProvider | undefined]>([
    ['https://github.com/a/b', 'github'],
    ['https://github.example.com/a/b', 'github'],
    ['https://acme.ghe.com/a/b', 'github'],
    ['git@github.com:a/b.git', 'github'],
    ['ssh://git@gitlab.example.com:2222/a/b/c.git', 'gitlab'],
    ['https://gitea.example.com/a/b', 'gitea'],
    ['https://codeberg.org/a/b', 'gitea'],
    ['https://bitbucket.org/a/b', 'bitbucket'],
    ['https://dev.azure.com/o/p/_git/r', 'azure'],
    ['https://o.visualstudio.com/p/_git/r', 'azure'],
    ['https://github-gitlab.example.com/a/b', 'github'],
    ['https://example.com/a/b', undefined],
  ])('tells the provider of %s', (url, want) => {
    const place = repositoryPlace(url);
    if (want === undefined) expect(() => providerOf({ url }, place)).toThrow('set provider to');
    else expect(providerOf({ url }, place)).toBe(want);
    expect(providerOf({ url, provider: 'gitlab' }, place)).toBe('gitlab');
  });
});
