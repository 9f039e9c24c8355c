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
  options: { signal?: AbortSignal; get?: Client['get'] } = {},
): Promise<{ report: HealthReport; refreshed: string[] }> {
  const refreshed: string[] = [];
  const few = new FewResources(...apps);
  const client = {
    get: options.get ?? few.get.bind(few),
    patch: async (_: unknown, { name }: { name: string }) => void refreshed.push(name),
  } as unknown as Client;
  const report = await runHealthChecks(checks, {
    client,
    log: silentLog,
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
