/** What registries send, and Azure, which is both, by their public documentation. */
import { D, DOCKER, HELM, news, type Case } from './delivery-case.ts';

export const acr = { 'user-agent': 'AzureContainerRegistry/1.0' };
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

export const REGISTRY_CASES: readonly Case[] = [
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
