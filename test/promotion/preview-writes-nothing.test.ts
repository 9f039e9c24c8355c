/**
 * A preview against real servers that take down what they are asked: git over HTTP, a provider of pull requests, a registry, a web server.
 * Everything that a promotion would do there is shown, and none of them is written to.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notFound, type Kind, type Promotion } from '@kargo/api';
import {
  realGit,
  realGitHubCommits,
  realHttp,
  realProcesses,
  realPullRequests,
  realRegistries,
  realRenderer,
  realWorkspaces,
} from '@kargo/integrations';
import {
  Forge,
  githubRoutes,
  httpFixture,
  serveForge,
  startGitServer,
  startRegistry,
  type GitServer,
  type RegistryServer,
} from '@kargo/integrations/testing';
import { systemClock, systemRandom, type Client } from '@kargo/kube';
import { promotionPreviewer, stepExpressions, stepRegistry } from '@kargo/promotion';
import { afterAll, beforeAll, expect, it } from 'vitest';

const NAME = `test.${'0'.repeat(26)}.a1b2c3d`;

let folder: string;
let server: GitServer;
let registry: RegistryServer;
let api: { url: string; close(): Promise<void> };
let web: { url: string; close(): Promise<void> };
const forge = new Forge();
const webRequests: string[] = [];
const clientWrites: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'preview-writes-'));
  server = await startGitServer();
  registry = await startRegistry();
  registry.pushImage('team/app', '1.0');
  api = await serveForge(forge, githubRoutes(forge), () => true);
  web = await httpFixture(async (request, response) => {
    webRequests.push(request.method ?? '');
    response.end('{}');
  });
});
afterAll(async () => {
  for (const one of [server, registry, api, web]) await one?.close();
  await rm(folder, { recursive: true, force: true });
});

it('a preview shows everything and writes nowhere', { timeout: 60_000 }, async () => {
  const repository = await server.createRepository('team/demo', { 'values.yaml': 'tag: old\n' });
  await server.commit('team/demo', { branch: 'stage/test', message: 'Old', files: { 'values.yaml': 'tag: older\n' } });
  const before = await server.git('team/demo', 'for-each-ref');
  const http = realHttp();
  const client = new Proxy({} as Client, {
    get: (_, method) => {
      if (method === 'get')
        return async (kind: Kind, key: { name: string }) => {
          throw notFound(kind, key);
        };
      if (method === 'list') return async () => ({ items: [] });
      return async () => void clientWrites.push(String(method));
    },
  });
  const git = realGit({ processes: realProcesses(), clock: systemClock, directory: join(folder, 'mirrors') });
  const apiBases = { '127.0.0.1': `${api.url}/api/v3` };
  const freight = {
    name: 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678',
    origin: { kind: 'Warehouse' as const, name: 'app' },
    images: [{ repoURL: 'example.com/app', tag: '2.0.0' }],
  };
  const steps = [
    {
      uses: 'git-clone',
      config: {
        repoURL: repository,
        checkout: [
          { branch: 'main', path: './src' },
          { branch: 'fresh', create: true, path: './fresh' },
        ],
      },
    },
    { uses: 'yaml-update', config: { path: './src/values.yaml', updates: [{ key: 'tag', value: '2.0.0' }] } },
    { uses: 'git-commit', config: { path: './src', message: 'Use 2.0.0\n\nBecause it is newer.' } },
    { uses: 'git-tag', config: { path: './src', tag: 'v2', message: 'Two' } },
    { uses: 'git-push', as: 'tag', config: { path: './src', tag: 'v2' } },
    { uses: 'git-push', as: 'push', config: { path: './src', generateTargetBranch: true } },
    {
      uses: 'git-open-pr',
      as: 'pr',
      config: {
        repoURL: repository,
        provider: 'github',
        sourceBranch: '${{ outputs.push.branch }}',
        targetBranch: 'stage/test',
        labels: ['promotion'],
      },
    },
    {
      uses: 'http',
      as: 'hook',
      config: {
        method: 'POST',
        url: `${web.url}/hook?token=t0psecret`,
        headers: [{ name: 'X-Key', value: 'abc' }],
        body: 'done',
      },
    },
    { uses: 'http', as: 'look', config: { method: 'GET', url: `${web.url}/look` } },
    {
      uses: 'oci-push',
      as: 'oci',
      config: { srcRef: `${registry.host}/team/app:1.0`, destRef: `${registry.host}/team/copy:v2` },
    },
  ];
  const promotion: Promotion = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Promotion',
    metadata: { namespace: 'demo', name: NAME, uid: 'uid-1' },
    spec: { stage: 'test', freight: freight.name, steps: steps.map((step, index) => ({ as: `s-${index}`, ...step })) },
  };
  const preview = await promotionPreviewer({
    registry: stepRegistry(),
    rehearsals: git,
    workspaces: realWorkspaces({ directory: join(folder, 'previews') }),
    expressions: (recording) => stepExpressions({ client: recording }),
    ports: {
      clock: systemClock,
      random: systemRandom,
      client,
      git,
      renderer: realRenderer({ processes: realProcesses(), tools: {} }),
      pullRequests: realPullRequests({ http, clock: systemClock, apiBases }),
      githubCommits: realGitHubCommits({ http, clock: systemClock, apiBases }),
      registries: realRegistries({ http, clock: systemClock }),
      http,
      credentials: { find: async () => ({ username: 'kargo', password: 'token-of-kargo' }) },
      gitIdentity: { name: 'Kargo', email: 'no-reply@kargo.io' },
      argoCDNamespace: 'argocd',
    },
  })({
    promotion,
    freight: { id: 'x', items: { 'Warehouse/app': freight } },
    targetFreight: freight,
    targetFreightAlias: '',
    freightRequests: [{ origin: freight.origin, sources: { direct: true } }],
    signal: new AbortController().signal,
  });

  expect(preview.steps.map(({ uses, outcome, message }) => [uses, outcome, message])).toEqual([
    ['git-clone', 'Succeeds', undefined],
    ['yaml-update', 'Succeeds', undefined],
    ['git-commit', 'Succeeds', undefined],
    ['git-tag', 'Succeeds', undefined],
    ['git-push', 'Succeeds', undefined],
    ['git-push', 'Succeeds', undefined],
    ['git-open-pr', 'Unknown', undefined],
    ['http', 'Unknown', undefined],
    ['http', 'Succeeds', undefined],
    ['oci-push', 'Succeeds', undefined],
  ]);
  const effects = preview.steps.flatMap((step) => step.effects);
  expect(effects.map(({ kind }) => kind)).toEqual(['push', 'commit', 'push', 'push', 'pullRequest', 'http', 'artifact']);
  const pull = effects.find(({ kind }) => kind === 'pullRequest');
  expect(pull).toMatchObject({ title: 'Use 2.0.0', source: `kargo/promotion/${NAME}`, target: 'stage/test' });
  expect(pull?.kind === 'pullRequest' && pull.body).toContain('| image | example.com/app | – | 2.0.0 |');
  expect(JSON.stringify(preview)).not.toMatch(/token-of-kargo|t0psecret|"abc"/);

  // What the servers saw.
  expect(await server.git('team/demo', 'for-each-ref')).toBe(before);
  expect(server.requests.filter(({ service }) => service === 'git-receive-pack')).toEqual([]);
  expect(forge.writes).toEqual([]);
  expect(forge.requests.length).toBeGreaterThan(0);
  expect(registry.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  expect(webRequests).toEqual(['GET']);
  expect(clientWrites).toEqual([]);
});
