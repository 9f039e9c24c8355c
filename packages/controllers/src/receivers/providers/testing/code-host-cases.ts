/** What code hosts send, by their public documentation. */
import { D, DOCKER, HELM, news, type Case } from './delivery-case.ts';

export const githubRepository = {
  id: 186853002,
  full_name: 'Codertocat/Hello-World',
  html_url: 'https://github.com/Codertocat/Hello-World',
  git_url: 'git://github.com/Codertocat/Hello-World.git',
  ssh_url: 'git@github.com:Codertocat/Hello-World.git',
  clone_url: 'https://github.com/Codertocat/Hello-World.git',
  default_branch: 'main',
};
export const githubURLs = [githubRepository.clone_url, githubRepository.ssh_url];
export const commit = (paths: { added?: string[]; modified?: string[]; removed?: string[] }): object => ({
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

export const CODE_HOST_CASES: readonly Case[] = [
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
];
