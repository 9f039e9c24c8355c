import type { Application } from '@kargo/api';
import { silentLog, type Client } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { anApplication, operationState } from '../testing/application-fixture.ts';
import { FewResources } from '../testing/resources.ts';
import { runHealthChecks } from './checks.ts';
import type { HealthReport } from './report.ts';

const healthy = { health: { status: 'Healthy' }, sync: { status: 'Synced', revision: 'new' } };
const check = (...names: string[]) => ({
  uses: 'argocd-update',
  config: { apps: names.map((name) => ({ name, namespace: 'argocd' })) },
});

/** What the checks say, and which Applications were asked to be refreshed. */
async function run(
  checks: Parameters<typeof runHealthChecks>[0],
  apps: Application[],
  options: { signal?: AbortSignal; get?: Client['get']; about?: { project: string; stage: string } } = {},
): Promise<{ report: HealthReport; refreshed: string[] }> {
  const refreshed: string[] = [];
  const few = new FewResources(...apps);
  const client = {
    get: options.get ?? few.get.bind(few),
    list: () => Promise.resolve({ items: apps.filter(({ metadata }) => metadata.labels !== undefined) }),
    patch: async (_: unknown, { name }: { name: string }) => void refreshed.push(name),
  } as unknown as Client;
  const report = await runHealthChecks(checks, {
    client,
    log: silentLog,
    about: options.about,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return { report, refreshed };
}

describe('health checks', () => {
  it('that are none find everything healthy', async () => {
    expect((await run([], [])).report).toEqual({ status: 'Healthy', issues: [], output: [], argoCDApps: [] });
  });

  it('of several Applications come to the worst, with an issue for each that is not healthy', async () => {
    const apps = [
      anApplication({ name: 'a', status: healthy }),
      anApplication({ name: 'b', status: { health: { status: 'Degraded', message: 'no pods' } } }),
    ];
    const { report } = await run([check('a', 'b', 'c')], apps);
    expect(report.status).toBe('Unhealthy');
    expect(report.issues).toEqual([
      'Argo CD Application "b" in namespace "argocd" has health state "Degraded": no pods',
      'Argo CD Application "c" in namespace "argocd" was not found; create it, or correct the name in the argocd-update step',
    ]);
    expect(report.argoCDApps.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(report.output).toMatchObject([
      { applicationStatuses: [{ Name: 'a', Namespace: 'argocd' }, { Name: 'b' }, { Name: 'c' }] },
    ]);
    expect((await run([check('a', 'b', 'c')], apps)).report).toEqual(report);
  });

  it('tell what is not there yet, and what was not looked at yet, from each other', async () => {
    const requested = anApplication({ name: 'requested', status: healthy, operation: {} });
    const { report } = await run(
      [
        {
          uses: 'argocd-update',
          config: {
            apps: ['gone', 'requested', 'new', 'fine'].map((name) => ({
              name,
              namespace: 'argocd',
              desiredRevisions: name === 'requested' ? ['new'] : [],
            })),
          },
        },
      ],
      [requested, anApplication({ name: 'new' }), anApplication({ name: 'fine', status: healthy })],
    );
    expect(report.argoCDApps.map(({ name, observation }) => [name, observation])).toEqual([
      ['gone', 'NotYetCreated'],
      ['requested', 'NotYetObserved'],
      ['new', 'NotYetObserved'],
      ['fine', undefined],
    ]);
  });

  it('also look at Applications that were given the labels after the promotion, if they admit the Stage', async () => {
    const labelled = (name: string, admits: string, revision: string): Application => {
      const app = anApplication({
        name,
        status: {
          ...healthy,
          sync: { status: 'Synced', revision },
          operationState: operationState('p', { phase: 'Succeeded' }),
          reconciledAt: '2026-01-01T00:00:10Z',
        },
      });
      app.metadata.labels = { team: 'a' };
      app.metadata.annotations = { 'kargo.akuity.io/authorized-stage': admits };
      return app;
    };
    const apps = [
      labelled('old', 'shop:test', 'new'),
      labelled('later', 'shop:test', 'other'),
      labelled('foreign', 'shop:uat', 'new'),
    ];
    const repoURL = 'https://git.example.com/demo';
    const config = {
      apps: [{ name: 'old', namespace: 'argocd' }],
      selected: [
        { namespace: 'argocd', selector: { matchLabels: { team: 'a' } }, sources: [{ repoURL, desiredRevision: 'new' }] },
      ],
    };
    const { report } = await run([{ uses: 'argocd-update', config }], apps, { about: { project: 'shop', stage: 'test' } });
    expect(report.argoCDApps.map(({ name }) => name)).toEqual(['old', 'later']);
    expect(report).toMatchObject({ status: 'Unhealthy', issues: [expect.stringContaining('"later"')] });
  });

  it('ask for a refresh of what is stale, once', async () => {
    const status = { ...healthy, operationState: operationState('p', { phase: 'Succeeded' }) };
    const asked = anApplication({ name: 'asked', status });
    asked.metadata.annotations = { ...asked.metadata.annotations, 'argocd.argoproj.io/refresh': 'hard' };
    const { report, refreshed } = await run([check('stale', 'asked')], [anApplication({ name: 'stale', status }), asked]);
    expect(report.status).toBe('Unknown');
    expect(refreshed).toEqual(['stale']);
  });

  it.each([
    ['of a kind nobody knows', [{ uses: 'weather' }], {}, 'no health checker registered for health check kind "weather"'],
    ['that are cancelled', [check('a')], { signal: AbortSignal.abort() }, 'the health check was canceled'],
    [
      'that cannot read',
      [check('a')],
      { get: () => Promise.reject(new Error('connection refused')) },
      'Argo CD Application "argocd/a" could not be read: Error: connection refused',
    ],
  ])('%s find out nothing, and say why', async (_, checks, options, issue) => {
    expect((await run(checks, [], options)).report).toMatchObject({ status: 'Unknown', issues: [issue] });
  });
});
