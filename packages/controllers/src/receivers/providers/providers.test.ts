import type { ReceiverType } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import type { Delivery, Reading } from '../delivery.ts';
import { aDelivery, SECRET, signed } from '../fixtures.ts';
import { providers } from './providers.ts';

type Sender = Exclude<ReceiverType, 'generic'>;
const D = `sha256:${'0f1e2d3c4b5a6978'.repeat(4)}`;
const HELM = 'application/vnd.cncf.helm.config.v1+json';
const DOCKER = 'application/vnd.docker.distribution.manifest.v2+json';
const news = (types: string[], urls: string[], refs: string[] | undefined, more: object = {}): object => ({
  kind: 'news',
  news: [{ types, urls, refs, ...more }],
});

/** How each sender proves that it is one. */
const sign: Record<Sender, (delivery: Delivery, secret?: string) => Delivery> = {
  github: (delivery, secret) => signed(delivery, 'x-hub-signature-256', 'sha256=', secret),
  gitea: (delivery, secret) => signed(delivery, 'x-hub-signature-256', 'sha256=', secret),
  bitbucket: (delivery, secret) => signed(delivery, 'x-hub-signature', 'sha256=', secret),
  artifactory: (delivery, secret) => signed(delivery, 'x-jfrog-event-auth', '', secret),
  gitlab: (delivery, secret = SECRET) => ({ ...delivery, headers: { ...delivery.headers, 'x-gitlab-token': secret } }),
  harbor: (delivery, secret = SECRET) => ({ ...delivery, headers: { ...delivery.headers, authorization: secret } }),
  azure: (delivery) => delivery,
  dockerhub: (delivery) => delivery,
  quay: (delivery) => delivery,
};
const SIGNING = (['github', 'gitea', 'bitbucket', 'artifactory', 'gitlab', 'harbor'] as const).map((type) => ({ type }));

const githubRepository = {
  id: 186853002,
  full_name: 'Codertocat/Hello-World',
  html_url: 'https://github.com/Codertocat/Hello-World',
  git_url: 'git://github.com/Codertocat/Hello-World.git',
  ssh_url: 'git@github.com:Codertocat/Hello-World.git',
  clone_url: 'https://github.com/Codertocat/Hello-World.git',
  default_branch: 'main',
};
const githubURLs = [githubRepository.clone_url, githubRepository.ssh_url];
const commit = (paths: { added?: string[]; modified?: string[]; removed?: string[] }): object => ({
  id: 'ec26c3e57ca3a959ca5aad62de7213c562f8c821',
  message: 'Update README.md',
  added: [],
  removed: [],
  modified: [],
  ...paths,
});
const githubPackage = (more: object = {}, action = 'published'): object => ({
  action,
  registry_package: {
    id: 1,
    name: 'hello-world',
    namespace: 'codertocat',
    ecosystem: 'CONTAINER',
    package_type: 'CONTAINER',
    package_version: {
      version: D,
      package_url: 'ghcr.io/codertocat/hello-world:1.2.3',
      container_metadata: {
        tag: { name: '1.2.3', digest: D },
        manifest: { media_type: DOCKER, config: { media_type: 'application/vnd.docker.container.image.v1+json' } },
      },
    },
    ...more,
  },
});
const pullRequest = { action: 'closed', number: 2, pull_request: { html_url: 'https://github.com/o/r/pull/2', merged: true } };

const gitlabProject = {
  project_id: 15,
  project: { id: 15, web_url: 'http://example.com/mike/diaspora', default_branch: 'master' },
  repository: {
    name: 'Diaspora',
    url: 'git@example.com:mike/diaspora.git',
    git_http_url: 'http://example.com/mike/diaspora.git',
    git_ssh_url: 'git@example.com:mike/diaspora.git',
  },
};
const gitlabURLs = ['http://example.com/mike/diaspora.git', 'git@example.com:mike/diaspora.git'];

const cloudPush = (...changes: object[]): object => ({
  actor: { display_name: 'Emma' },
  repository: { full_name: 'team/repo', links: { html: { href: 'https://bitbucket.org/team/repo' } } },
  push: { changes },
});
const cloudURLs = ['https://bitbucket.org/team/repo', 'git@bitbucket.org:team/repo.git'];
const serverPush = (...changes: object[]): object => ({
  eventKey: 'repo:refs_changed',
  repository: {
    slug: 'repository',
    links: {
      clone: [
        { href: 'https://bitbucket.acme.io/scm/proj/repository.git', name: 'http' },
        { href: 'ssh://git@bitbucket.acme.io:7999/proj/repository.git', name: 'ssh' },
      ],
    },
  },
  changes,
});

const acr = { 'user-agent': 'AzureContainerRegistry/1.0' };
const devops = { 'user-agent': 'VSServices/19.225.33516.1' };
const acrPush = (target: object, action = 'push'): object => ({
  id: 'cb8c3971',
  timestamp: '2026-01-17T16:52:01Z',
  action,
  target: { mediaType: DOCKER, size: 524, digest: D, length: 524, repository: 'hello-world', tag: 'v1', ...target },
  request: { id: '3cbb6949', host: 'myregistry.azurecr.io', method: 'PUT', useragent: 'docker/27' },
});
const azurePush = (...refUpdates: object[]): object => ({
  eventType: 'git.push',
  publisherId: 'tfs',
  resource: {
    commits: [{ commitId: '33b55f7c' }],
    refUpdates,
    repository: {
      id: '278d5cd2',
      remoteUrl: 'https://dev.azure.com/fabrikam/Fab/_git/Fab',
      defaultBranch: 'refs/heads/main',
    },
    pushId: 14,
  },
});
const azurePR = (eventType: string, status: string): object => ({
  eventType,
  resource: { pullRequestId: 1, status, _links: { web: { href: 'https://dev.azure.com/fabrikam/Fab/_git/Fab/pullrequest/1' } } },
});

const harborPush = (...resources: object[]): object => ({
  type: 'PUSH_ARTIFACT',
  occur_at: 1680501893,
  operator: 'harbor-jobservice',
  event_data: { resources, repository: { name: 'alpine', namespace: 'library', repo_full_name: 'library/alpine' } },
});
const artifactoryPush = (data: object, more: object = {}): object => ({
  domain: 'docker',
  event_type: 'pushed',
  data: {
    image_name: 'web',
    image_type: 'docker',
    name: 'list.manifest.json',
    path: 'team/web/1.2.3/list.manifest.json',
    platforms: [],
    repo_key: 'docker-local',
    sha256: '35e7',
    size: 1,
    tag: '1.2.3',
    ...data,
  },
  subscription_key: 'test',
  jpd_origin: 'https://acme.jfrog.io',
  source: 'jfrog/user',
  ...more,
});

interface Case {
  type: Sender;
  name: string;
  headers?: Record<string, string>;
  body: unknown;
  virtualRepository?: string;
  want: object;
}

const cases: Case[] = [
  {
    type: 'github',
    name: 'a ping',
    headers: { 'x-github-event': 'ping' },
    body: { zen: 'Keep it logically awesome.', hook_id: 1 },
    want: { kind: 'nothing', message: 'ping event received, webhook is configured correctly' },
  },
  {
    type: 'github',
    name: 'a push: both URLs, the ref, every path of every commit once',
    headers: { 'x-github-event': 'push' },
    body: {
      ref: 'refs/heads/main',
      repository: githubRepository,
      commits: [commit({ modified: ['README.md'], added: ['a/b.yaml'] }), commit({ removed: ['old.txt'] })],
      head_commit: commit({ modified: ['README.md'] }),
    },
    want: news(['git'], githubURLs, ['refs/heads/main'], {
      defaultBranch: 'main',
      paths: ['a/b.yaml', 'README.md', 'old.txt'],
    }),
  },
  {
    type: 'github',
    name: 'a push of so many commits that some are left out: no paths',
    headers: { 'x-github-event': 'push' },
    body: { ref: 'refs/heads/main', repository: githubRepository, commits: Array(2048).fill(commit({ added: ['x'] })) },
    want: news(['git'], githubURLs, ['refs/heads/main'], { paths: undefined }),
  },
  {
    type: 'github',
    name: 'a pushed tag: no commits, so no paths',
    headers: { 'x-github-event': 'push' },
    body: { ref: 'refs/tags/v1.0.0', repository: githubRepository, commits: [], head_commit: commit({ added: ['x'] }) },
    want: news(['git'], githubURLs, ['refs/tags/v1.0.0'], { paths: ['x'] }),
  },
  {
    type: 'github',
    name: 'a push without a repository',
    headers: { 'x-github-event': 'push' },
    body: { ref: 'refs/heads/main' },
    want: { kind: 'refused', code: 400 },
  },
  {
    type: 'github',
    name: 'a closed pull request',
    headers: { 'x-github-event': 'pull_request' },
    body: pullRequest,
    want: { kind: 'pullRequests', urls: ['https://github.com/o/r/pull/2'] },
  },
  {
    type: 'github',
    name: 'an opened pull request',
    headers: { 'x-github-event': 'pull_request' },
    body: { ...pullRequest, action: 'opened' },
    want: { kind: 'nothing', message: undefined },
  },
  {
    type: 'github',
    name: 'a published container',
    headers: { 'x-github-event': 'registry_package' },
    body: githubPackage(),
    want: news(['image'], ['ghcr.io/codertocat/hello-world'], ['1.2.3']),
  },
  {
    type: 'github',
    name: 'an updated container, by the older event, without a tag',
    headers: { 'x-github-event': 'package' },
    body: {
      action: 'updated',
      package: { package_type: 'docker', package_version: { package_url: 'ghcr.io/codertocat/hello-world:' } },
    },
    want: news(['image', 'chart'], ['ghcr.io/codertocat/hello-world'], undefined),
  },
  {
    type: 'github',
    name: 'a published chart',
    headers: { 'x-github-event': 'registry_package' },
    body: githubPackage({
      package_version: {
        package_url: 'ghcr.io/codertocat/charts/web:2.0.0',
        container_metadata: { tag: { name: '2.0.0' }, manifest: { config: { media_type: HELM } } },
      },
    }),
    want: news(['chart'], ['ghcr.io/codertocat/charts/web'], ['2.0.0']),
  },
  {
    type: 'github',
    name: 'a published package that is no container',
    headers: { 'x-github-event': 'registry_package' },
    body: githubPackage({ package_type: 'npm' }),
    want: { kind: 'nothing' },
  },
  {
    type: 'github',
    name: 'a deleted package',
    headers: { 'x-github-event': 'registry_package' },
    body: githubPackage({}, 'deleted'),
    want: { kind: 'nothing' },
  },
  {
    type: 'github',
    name: 'a package without a version',
    headers: { 'x-github-event': 'registry_package' },
    body: { action: 'published', registry_package: { package_type: 'CONTAINER' } },
    want: { kind: 'refused', code: 400 },
  },
  {
    type: 'github',
    name: 'an event of another type',
    headers: { 'x-github-event': 'issues' },
    body: {},
    want: { kind: 'refused', code: 400, message: 'event type issues is not supported' },
  },
  {
    type: 'gitea',
    name: 'a push',
    headers: { 'x-gitea-event': 'push' },
    body: {
      ref: 'refs/heads/develop',
      total_commits: 1,
      commits: [commit({ modified: ['a'] })],
      head_commit: commit({ modified: ['a'] }),
      repository: {
        clone_url: 'https://git.acme.io/gitea/webhooks.git',
        ssh_url: 'git@git.acme.io:gitea/webhooks.git',
        default_branch: 'main',
      },
    },
    want: news(
      ['git'],
      ['https://git.acme.io/gitea/webhooks.git', 'git@git.acme.io:gitea/webhooks.git'],
      ['refs/heads/develop'],
      { defaultBranch: 'main', paths: ['a'] },
    ),
  },
  {
    type: 'gitea',
    name: 'a push of which commits are left out: no paths',
    headers: { 'x-gitea-event': 'push' },
    body: {
      ref: 'refs/heads/main',
      total_commits: 40,
      commits: [commit({ modified: ['a'] })],
      repository: { clone_url: 'https://git.acme.io/o/r.git' },
    },
    want: news(['git'], ['https://git.acme.io/o/r.git'], ['refs/heads/main'], { paths: undefined }),
  },
  {
    type: 'gitea',
    name: 'a closed pull request',
    headers: { 'x-gitea-event': 'pull_request' },
    body: { action: 'closed', pull_request: { html_url: 'https://git.acme.io/o/r/pulls/3' } },
    want: { kind: 'pullRequests', urls: ['https://git.acme.io/o/r/pulls/3'] },
  },
  {
    type: 'gitea',
    name: 'an event of another type',
    headers: { 'x-gitea-event': 'release' },
    body: {},
    want: { kind: 'refused', code: 501 },
  },
  {
    type: 'gitlab',
    name: 'a push',
    headers: { 'x-gitlab-event': 'Push Hook' },
    body: {
      object_kind: 'push',
      ref: 'refs/heads/master',
      ...gitlabProject,
      commits: [commit({ added: ['CHANGELOG'], modified: ['app/controller/application.rb'] })],
      total_commits_count: 1,
    },
    want: news(['git'], gitlabURLs, ['refs/heads/master'], {
      defaultBranch: 'master',
      paths: ['CHANGELOG', 'app/controller/application.rb'],
    }),
  },
  {
    type: 'gitlab',
    name: 'a push of which commits are left out: no paths',
    headers: { 'x-gitlab-event': 'Push Hook' },
    body: { ref: 'refs/heads/master', ...gitlabProject, commits: [commit({ added: ['x'] })], total_commits_count: 21 },
    want: news(['git'], gitlabURLs, ['refs/heads/master'], { paths: undefined }),
  },
  {
    type: 'gitlab',
    name: 'a pushed tag: no paths',
    headers: { 'x-gitlab-event': 'Tag Push Hook' },
    body: { ref: 'refs/tags/v1.0.0', ...gitlabProject, commits: [commit({ added: ['x'] })], total_commits_count: 1 },
    want: news(['git'], gitlabURLs, ['refs/tags/v1.0.0'], { paths: undefined }),
  },
  ...['close', 'merge'].map((action): Case => ({
    type: 'gitlab',
    name: `a merge request: ${action}`,
    headers: { 'x-gitlab-event': 'Merge Request Hook' },
    body: { object_attributes: { action, url: 'http://example.com/mike/diaspora/-/merge_requests/1' } },
    want: { kind: 'pullRequests', urls: ['http://example.com/mike/diaspora/-/merge_requests/1'] },
  })),
  {
    type: 'gitlab',
    name: 'an updated merge request',
    headers: { 'x-gitlab-event': 'Merge Request Hook' },
    body: { object_attributes: { action: 'update', url: 'http://example.com/1' } },
    want: { kind: 'nothing' },
  },
  {
    type: 'gitlab',
    name: 'an event of another type',
    headers: { 'x-gitlab-event': 'Issue Hook' },
    body: {},
    want: { kind: 'refused', code: 400 },
  },
  {
    type: 'bitbucket',
    name: 'a push to Bitbucket Cloud: branches and tags',
    headers: { 'x-event-key': 'repo:push' },
    body: cloudPush({ new: { type: 'branch', name: 'main' } }, { new: { type: 'tag', name: 'v1' } }, { new: null, old: {} }),
    want: news(['git'], cloudURLs, ['refs/heads/main', 'refs/tags/v1']),
  },
  {
    type: 'bitbucket',
    name: 'a push of nothing but deletions wakes nobody',
    headers: { 'x-event-key': 'repo:push' },
    body: cloudPush({ new: null, old: { type: 'branch', name: 'gone' } }),
    want: { kind: 'nothing' },
  },
  {
    type: 'bitbucket',
    name: 'a push to Bitbucket Data Center',
    headers: { 'x-event-key': 'repo:refs_changed' },
    body: serverPush(
      { ref: { id: 'refs/heads/master', displayId: 'master', type: 'BRANCH' }, type: 'UPDATE' },
      { ref: { id: 'refs/heads/gone' }, type: 'DELETE' },
    ),
    want: news(
      ['git'],
      ['https://bitbucket.acme.io/scm/proj/repository.git', 'ssh://git@bitbucket.acme.io:7999/proj/repository.git'],
      ['refs/heads/master'],
    ),
  },
  ...['pullrequest:fulfilled', 'pullrequest:rejected'].map((event): Case => ({
    type: 'bitbucket',
    name: event,
    headers: { 'x-event-key': event },
    body: { pullrequest: { links: { html: { href: 'https://bitbucket.org/team/repo/pull-requests/1' } } } },
    want: { kind: 'pullRequests', urls: ['https://bitbucket.org/team/repo/pull-requests/1'] },
  })),
  ...['pr:merged', 'pr:declined'].map((event): Case => ({
    type: 'bitbucket',
    name: event,
    headers: { 'x-event-key': event },
    body: { pullRequest: { id: 9, links: { self: [{ href: 'https://bitbucket.acme.io/projects/P/repos/r/pull-requests/9' }] } } },
    want: { kind: 'pullRequests', urls: ['https://bitbucket.acme.io/projects/P/repos/r/pull-requests/9'] },
  })),
  {
    type: 'bitbucket',
    name: 'an event of another type',
    headers: { 'x-event-key': 'repo:fork' },
    body: {},
    want: { kind: 'refused', code: 400 },
  },
  {
    type: 'azure',
    name: 'a push to the registry',
    headers: acr,
    body: acrPush({}),
    want: news(['image'], ['myregistry.azurecr.io/hello-world'], ['v1']),
  },
  {
    type: 'azure',
    name: 'a push of a chart to the registry',
    headers: acr,
    body: acrPush({ mediaType: HELM }),
    want: news(['chart'], ['myregistry.azurecr.io/hello-world'], ['v1']),
  },
  {
    type: 'azure',
    name: 'a ping of the registry',
    headers: acr,
    body: acrPush({}, 'ping'),
    want: { kind: 'nothing', message: 'ping event received, webhook is configured correctly' },
  },
  { type: 'azure', name: 'a deletion', headers: acr, body: acrPush({}, 'delete'), want: { kind: 'refused', code: 400 } },
  {
    type: 'azure',
    name: 'a push to Azure DevOps',
    headers: devops,
    body: azurePush(
      { name: 'refs/heads/main', newObjectId: '33b55f7c' },
      { name: 'refs/heads/gone', newObjectId: '0'.repeat(40) },
    ),
    want: news(['git'], ['https://dev.azure.com/fabrikam/Fab/_git/Fab'], ['refs/heads/main'], { defaultBranch: 'main' }),
  },
  ...[
    ['git.pullrequest.merged', 'completed', 'pullRequests'],
    ['git.pullrequest.updated', 'abandoned', 'pullRequests'],
    ['git.pullrequest.updated', 'active', 'nothing'],
  ].map(([eventType = '', status = '', kind = '']): Case => ({
    type: 'azure',
    name: `${eventType}, ${status}`,
    headers: devops,
    body: azurePR(eventType, status),
    want: kind === 'nothing' ? { kind } : { kind, urls: ['https://dev.azure.com/fabrikam/Fab/_git/Fab/pullrequest/1'] },
  })),
  {
    type: 'azure',
    name: 'another event of Azure DevOps',
    headers: devops,
    body: { eventType: 'build.complete' },
    want: { kind: 'refused', code: 400 },
  },
  {
    type: 'azure',
    name: 'another sender',
    headers: { 'user-agent': 'curl/8' },
    body: {},
    want: { kind: 'refused', code: 400, message: 'request does not appear to have originated from a supported service' },
  },
  {
    type: 'dockerhub',
    name: 'a push',
    body: {
      callback_url: 'https://registry.hub.docker.com/u/svendowideit/testhook/hook/2141b5bi5i5b02bec211i4eeih0242eg11000a/',
      push_data: { pushed_at: 1417566161, pusher: 'trustedbuilder', tag: 'latest', media_type: DOCKER },
      repository: { name: 'testhook', namespace: 'svendowideit', repo_name: 'svendowideit/testhook', status: 'Active' },
    },
    want: news(['image'], ['svendowideit/testhook'], ['latest']),
  },
  { type: 'dockerhub', name: 'no repository', body: { push_data: {} }, want: { kind: 'refused', code: 400 } },
  {
    type: 'quay',
    name: 'a push',
    body: {
      name: 'repository',
      repository: 'mynamespace/repository',
      docker_url: 'quay.io/mynamespace/repository',
      homepage: 'https://quay.io/repository/mynamespace/repository',
      updated_tags: ['latest', 'v2'],
    },
    want: news(['image', 'chart'], ['quay.io/mynamespace/repository'], ['latest', 'v2']),
  },
  { type: 'quay', name: 'no repository', body: {}, want: { kind: 'refused', code: 400 } },
  {
    type: 'harbor',
    name: 'a push of several tags',
    body: harborPush(
      { digest: D, tag: 'latest', resource_url: 'harbor.acme.io:8443/library/alpine:latest' },
      { digest: D, tag: '3.20', resource_url: 'harbor.acme.io:8443/library/alpine:3.20' },
    ),
    want: news(['image', 'chart'], ['harbor.acme.io:8443/library/alpine'], ['latest', '3.20']),
  },
  {
    type: 'harbor',
    name: 'a push without a tag',
    body: harborPush({ digest: D, resource_url: `harbor.acme.io/library/alpine@${D}` }),
    want: news(['image', 'chart'], ['harbor.acme.io/library/alpine'], undefined),
  },
  { type: 'harbor', name: 'an event of another type', body: { type: 'DELETE_ARTIFACT' }, want: { kind: 'refused', code: 400 } },
  {
    type: 'artifactory',
    name: 'a push of an image',
    body: artifactoryPush({}),
    want: news(['image'], ['acme.jfrog.io/docker-local/team/web'], ['1.2.3']),
  },
  {
    type: 'artifactory',
    name: 'a push that subscriptions know by a virtual repository',
    body: artifactoryPush({ image_type: 'oci' }),
    virtualRepository: 'docker',
    want: news(['image', 'chart'], ['acme.jfrog.io/docker/team/web'], ['1.2.3']),
  },
  {
    type: 'artifactory',
    name: 'a push of another type',
    body: artifactoryPush({ image_type: 'npm' }),
    want: { kind: 'nothing' },
  },
  {
    type: 'artifactory',
    name: 'an event of another domain',
    body: artifactoryPush({}, { domain: 'artifact' }),
    want: { kind: 'refused', code: 501 },
  },
];

function read({ type, headers = {}, body, virtualRepository }: Omit<Case, 'name' | 'want'>, secret?: string): Reading {
  const delivery = sign[type](aDelivery(body, headers), secret);
  return providers[type](delivery, { secret: SECRET, virtualRepository });
}

describe('what deliveries mean', () => {
  it.each(cases)('$type: $name', ({ want, ...given }) => {
    expect(read(given)).toMatchObject(want);
  });

  const events: Partial<Record<Sender, Record<string, string>>> = {
    github: { 'x-github-event': 'push' },
    gitea: { 'x-gitea-event': 'push' },
    bitbucket: { 'x-event-key': 'repo:push' },
    gitlab: { 'x-gitlab-event': 'Push Hook' },
    azure: acr,
  };

  it.each(SIGNING)('$type: refused with a wrong signature or token, and with none', ({ type }) => {
    const headers = events[type] ?? {};
    const unauthorized = { kind: 'refused', code: 401 };
    expect(read({ type, headers, body: {} }, 'something else')).toMatchObject(unauthorized);
    expect(providers[type](aDelivery({}, headers), { secret: SECRET })).toMatchObject(unauthorized);
  });

  it.each(SIGNING)('$type: taken without a signature when it is handled again', ({ type }) => {
    const reading = providers[type](aDelivery('[]', events[type] ?? {}), { secret: SECRET, isTrusted: true });
    expect(reading).toMatchObject({ kind: 'refused', code: 400 });
  });

  it('is refused if the body was changed after it was signed', () => {
    const delivery = sign.github(aDelivery({ a: 1 }, { 'x-github-event': 'push' }));
    const changed = { ...delivery, body: Buffer.from('{"a":2}') };
    expect(providers.github(changed, { secret: SECRET })).toMatchObject({ code: 401 });
  });

  const hostile: [string, unknown][] = [
    ['nothing', ''],
    ['no JSON', '{"a":'],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['null', 'null'],
    ['an empty object', '{}'],
    ['lists within lists', `{"repository":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['objects for texts', '{"ref":{},"repository":{"clone_url":[],"repo_name":5},"docker_url":true,"type":{},"domain":[]}'],
    ['texts for objects', '{"repository":"x","commits":"y","push":"z","event_data":1,"data":"q","action":"push"}'],
    [
      'names of built-in properties',
      '{"__proto__":{"ref":"x"},"constructor":{"name":"x"},"repository":{"__proto__":{"clone_url":"x"}}}',
    ],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00]).toString('latin1')],
  ];
  it.each(Object.keys(providers) as Sender[])('%s: bears hostile bodies', (type) => {
    for (const [what, body] of hostile)
      for (const headers of [events[type] ?? {}, {}, { 'x-event-key': 'constructor', 'x-github-event': '__proto__' }])
        expect(['refused', 'nothing'], what).toContain(read({ type, headers, body }).kind);
  });

  it('does not tell more refs and paths apart than it can afford', () => {
    const many = Array.from({ length: 50_000 }, (_, index) => `t${index}`);
    expect(read({ type: 'quay', body: { docker_url: 'quay.io/a/b', updated_tags: many } })).toMatchObject(
      news(['image', 'chart'], ['quay.io/a/b'], undefined),
    );
    const push = { ref: 'refs/heads/main', repository: githubRepository, commits: [commit({ added: many })] };
    expect(read({ type: 'github', headers: { 'x-github-event': 'push' }, body: push })).toMatchObject(
      news(['git'], githubURLs, ['refs/heads/main'], { paths: undefined }),
    );
  });
});
