/** Promotions while another git server accepts connections and never answers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notFound, type Kind, type Promotion } from '@kargo/api';
import { realGit, realProcesses, realWorkspaces } from '@kargo/integrations';
import { startGitServer, type GitServer } from '@kargo/integrations/testing';
import { silentLog, systemClock, systemRandom, type Client } from '@kargo/kube';
import { PromotionRunner, stepExpressions, stepRegistry, type RunEnd } from '@kargo/promotion';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** More than there are connections to one host. */
const HANGING = 12;

let good: GitServer;
let hung: GitServer;
let folder: string;
beforeAll(async () => {
  [good, hung] = [await startGitServer(), await startGitServer()];
  folder = await mkdtemp(join(tmpdir(), 'hung-'));
});
afterAll(async () => {
  await good?.close();
  await hung?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

it('promotions to a remote that hangs hold up no others, and end when they are told to', { timeout: 90_000 }, async () => {
  const repository = await good.createRepository('demo', { 'README.md': 'hello\n' });
  const dead = await hung.createRepository('demo', { 'README.md': 'hello\n' });
  hung.setFault(() => 'hang');
  const client = {
    get: async (kind: Kind, key: { name: string }) => {
      throw notFound(kind, key);
    },
  } as unknown as Client;
  const ports = {
    clock: systemClock,
    random: systemRandom,
    client,
    git: realGit({ processes: realProcesses({ grace: 200 }), clock: systemClock, directory: join(folder, 'mirrors') }),
    renderer: {} as never,
    pullRequests: {} as never,
    githubCommits: {} as never,
    registries: {} as never,
    http: {} as never,
    credentials: { find: async () => undefined },
    gitIdentity: { name: 'Kargo', email: 'no-reply@kargo.io' },
    argoCDNamespace: 'argocd',
  };
  const runner = new PromotionRunner({ registry: stepRegistry(), ports, expressions: stepExpressions({ client }) });
  const workspaces = realWorkspaces({ directory: join(folder, 'workspaces') });
  const promote = async (id: string, repoURL: string, signal: AbortSignal): Promise<RunEnd> => {
    const freight = { name: 'f1', origin: { kind: 'Warehouse' as const, name: 'app' } };
    const promotion: Promotion = {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Promotion',
      metadata: { namespace: 'demo', name: `test.${id}`, uid: id },
      spec: {
        stage: 'test',
        freight: 'f1',
        steps: [
          { uses: 'git-clone', as: 'clone', config: { repoURL, checkout: [{ branch: 'main', path: './out' }] } },
          { uses: 'file-write', as: 'write', config: { path: `./out/${id}.txt`, contents: id } },
          { uses: 'git-commit', as: 'commit', config: { path: './out', message: `Promote ${id}` } },
          { uses: 'git-push', as: 'push', config: { path: './out' } },
        ],
      },
    };
    const { workspace } = await workspaces.open(id);
    return runner.run({
      promotion,
      freight: { id: 'x', items: { 'Warehouse/app': freight } },
      targetFreight: freight,
      targetFreightAlias: '',
      freightRequests: [],
      workspace,
      fresh: false,
      status: { phase: 'Running' },
      persist: async () => undefined,
      log: silentLog,
      signal,
    });
  };
  const stop = new AbortController();
  const waiting = Array.from({ length: HANGING }, (_, index) => promote(`dead-${index}`, dead, stop.signal));
  await expect.poll(() => hung.requests.length, { timeout: 30_000 }).toBeGreaterThan(0);
  const done = await Promise.all(
    Array.from({ length: 6 }, (_, index) => promote(`good-${index}`, repository, new AbortController().signal)),
  );
  expect(done.map(({ kind, status }) => [kind, status.phase, status.message])).toEqual(
    done.map(() => ['finished', 'Succeeded', undefined]),
  );
  expect((await good.log('demo', 'main')).length).toBe(7);
  stop.abort(new Error('stopped'));
  expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(waiting.map(() => 'interrupted'));
});
