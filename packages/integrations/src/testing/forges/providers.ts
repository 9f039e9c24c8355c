/** Every provider of pull requests behind its own API, in this process. */
import { systemClock, type Clock } from '@kargo/kube';
import { realHttp } from '../../http/real-http.ts';
import type { GitProvider, PullRequestRepository } from '../../pull-requests/port.ts';
import { realPullRequests } from '../../pull-requests/real-pull-requests.ts';
import { SOURCE, type PullRequestWorld } from '../contracts/pull-request-world.ts';
import { azureErrors, azureRoutes } from './azure-forge.ts';
import { bitbucketCloudErrors, bitbucketCloudRoutes } from './bitbucket-cloud-forge.ts';
import { bitbucketDataCenterErrors, bitbucketDataCenterRoutes } from './bitbucket-data-center-forge.ts';
import { Forge, serveForge, type ForgeErrors, type ForgeRoutes } from './forge.ts';
import { giteaErrors, giteaRoutes } from './gitea-forge.ts';
import { githubErrors, githubRoutes } from './github-forge.ts';
import { gitlabErrors, gitlabRoutes } from './gitlab-forge.ts';

/** What the providers let in. */
export const FORGE_TOKEN = 't0ken';
const HEAD = '0123456789abcdef0123456789abcdef01234567';
const basic = (user: string): string => `Basic ${Buffer.from(`${user}:${FORGE_TOKEN}`).toString('base64')}`;
const impatient: Clock = { ...systemClock, now: () => 0, sleep: async () => undefined };

/** A provider, and what is particular about it. */
export interface ForgeCase {
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

/** All providers. */
export const FORGE_CASES: readonly ForgeCase[] = [
  {
    name: 'GitHub',
    provider: 'github',
    path: '/team/demo.git',
    absent: '/team/absent.git',
    routes: githubRoutes,
    errors: githubErrors,
    authorization: ['authorization', `token ${FORGE_TOKEN}`],
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
    authorization: ['private-token', FORGE_TOKEN],
    methods: ['merge', 'squash'],
  },
  {
    name: 'Gitea',
    provider: 'gitea',
    path: '/team/demo',
    absent: '/team/absent',
    routes: giteaRoutes,
    errors: giteaErrors,
    authorization: ['authorization', `token ${FORGE_TOKEN}`],
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
    authorization: ['authorization', `Bearer ${FORGE_TOKEN}`],
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
    authorization: ['authorization', `Bearer ${FORGE_TOKEN}`],
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

/** A provider that listens. */
export interface OpenForge extends PullRequestWorld {
  forge: Forge;
  /** Its address. */
  base: string;
}

/** Starts a provider with the branches `main`, `other` and that of {@link SOURCE}. Dispose of it when done. */
export async function openForge(given: ForgeCase): Promise<OpenForge> {
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
    credentials: { username: given.cloud === true ? 'x-token-auth' : undefined, password: FORGE_TOKEN },
  });
  return {
    forge,
    base,
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
