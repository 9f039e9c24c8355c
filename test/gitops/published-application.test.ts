/** What is written to Applications, by the agent and by promotion steps, over the definition that Argo CD publishes: unknown fields are refused. */
import { Application, type Json } from '@kargo/api';
import { silentLog } from '@kargo/kube';
import { stepRegistry, type StepContext, type StepPorts, type StepResult } from '@kargo/promotion';
import { afterEach, beforeEach, expect, it as everywhere } from 'vitest';
import { publishedDefinitions } from '../stage/published-crds.ts';
import { AgentWorld, deployment, job, service } from './agent-world.ts';

const definitions = publishedDefinitions();
const it = everywhere.skipIf(definitions.length === 0);
let world: AgentWorld;
beforeEach(() => {
  world = new AgentWorld({}, definitions);
});
afterEach(async () => {
  expect(world.defects()).toEqual([]);
  await world.close();
});

const hook = (phase: string): Record<string, string> => ({ 'argocd.argoproj.io/hook': phase });
const wave = { 'argocd.argoproj.io/sync-wave': '1' };

it('the whole life of one fits: waves, hooks, pruning, healing, retries, warnings, history', async () => {
  await world.start(service('app'), deployment('app', wave), job('before', hook('PreSync')), job('after', hook('PostSync')));
  await world.create({
    syncPolicy: {
      automated: { prune: true, selfHeal: true },
      retry: { limit: 1, backoff: { duration: '1s', factor: 2, maxDuration: '1m' } },
    },
  } as never);
  await world.clock.advanceBy(20_000);
  expect(await world.operation()).toBe('Succeeded: successfully synced (all tasks run)');
  expect((await world.app()).status).toMatchObject({ sync: { status: 'Synced' }, health: { status: 'Healthy' } });
  world.push(deployment('app', { ...wave, 'simulate.kargo.akuity.io/health': 'Degraded' }));
  await world.patchRefresh(new Date(world.clock.now()).toISOString());
  await world.clock.advanceBy(20_000);
  expect((await world.app()).status).toMatchObject({ sync: { status: 'Synced' }, health: { status: 'Degraded' } });
  await world.patch({ metadata: { annotations: { 'simulate.kargo.akuity.io/sync-error': 'no' } } });
  await world.sync({ sync: {}, retry: { limit: 1, backoff: { duration: '1s' } } });
  await world.clock.advanceBy(20_000);
  expect(await world.operation()).toContain('(retried 1 times)');
  expect((await world.app()).status?.history).toHaveLength(2);
});

it('one of several sources fits', async () => {
  await world.start(service('app'));
  const source = { repoURL: 'http://git/repo.git', targetRevision: 'main', path: '.' };
  await world.create({ source: undefined, sources: [source], syncPolicy: { automated: {} } } as never);
  await world.clock.advanceBy(5_000);
  const { sync, history } = (await world.app()).status ?? {};
  expect(sync).toMatchObject({ status: 'Synced', revisions: [world.head] });
  expect(history?.[0]).toMatchObject({ revisions: [world.head], sources: [source] });
});

it('what argocd-update asks for fits, and is done', async () => {
  await world.start(service('app'));
  const source = {
    repoURL: 'http://git/repo.git',
    targetRevision: 'main',
    path: '.',
    helm: { parameters: [{ name: 'a', value: '1' }] },
  };
  await world.create({ source, syncPolicy: { syncOptions: ['CreateNamespace=true'], retry: { limit: 2 } } } as never, {
    'kargo.akuity.io/authorized-stage': 'demo:test',
  });
  const update = (config: Json): Promise<StepResult> => {
    const context = {
      config,
      alias: 'update',
      project: 'demo',
      stage: 'test',
      promotion: { name: 'p', uid: 'u', actor: 'email:kim@example.com', rollback: false },
      outputs: {},
      signal: new AbortController().signal,
      log: silentLog,
    } as unknown as StepContext;
    const ports = { client: world.client, clock: world.clock, argoCDNamespace: 'argocd' } as unknown as StepPorts;
    return stepRegistry()
      .get('argocd-update')
      ?.run(context as never, ports) as Promise<StepResult>;
  };
  const config: Json = {
    apps: [
      {
        name: 'web',
        sources: [
          {
            repoURL: 'http://git/repo',
            desiredRevision: world.head,
            updateTargetRevision: true,
            helm: { images: [{ key: 'tag', value: '2' }] },
          },
        ],
      },
    ],
  };
  expect(await update(config)).toMatchObject({ status: 'Running' });
  await world.until(async () => (await world.app()).status?.operationState?.phase === 'Succeeded');
  expect(await update(config)).toMatchObject({ status: 'Succeeded' });
  const app = await world.client.get(Application, { namespace: 'argocd', name: 'web' });
  expect(app.spec.source).toMatchObject({
    targetRevision: world.head,
    helm: {
      parameters: [
        { name: 'a', value: '1' },
        { name: 'tag', value: '2' },
      ],
    },
  });
  expect(app.status?.operationState?.operation).toMatchObject({ info: [{}, { name: 'kargo.akuity.io/promotion', value: 'p' }] });
});
