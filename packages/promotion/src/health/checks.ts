import { Application, isReason, keyText, type HealthCheck, type ObjectKey } from '@kargo/api';
import type { Log, Reader, Writer } from '@kargo/kube';
import { applicationOutput, applicationSummary, assessApplication, type ApplicationCheck } from './application.ts';
import { requestRefresh } from './refresh.ts';
import { selectedApplications } from './selected.ts';
import { mergeReports, type HealthReport } from './report.ts';

/** What health checks need. The client only has to read Applications and to annotate them. */
export interface HealthCheckPorts {
  client: Pick<Reader, 'get' | 'list'> & Pick<Writer, 'patch'>;
  log: Log;
  signal?: AbortSignal | undefined;
  /** Whose health it is. Without it, Applications are looked for by name only, not by labels. */
  about?: { project: string; stage: string } | undefined;
}

/**
 * Runs the health checks that the steps of a promotion left behind, one after another, and merges what they say. Never fails: what
 * cannot be found out is `Unknown`, with an issue that says why. No checks: Healthy.
 */
export async function runHealthChecks(checks: readonly HealthCheck[], ports: HealthCheckPorts): Promise<HealthReport> {
  const reports: HealthReport[] = [];
  for (const check of checks) reports.push(await runHealthCheck(check, ports));
  return mergeReports(reports);
}

async function runHealthCheck(check: HealthCheck, ports: HealthCheckPorts): Promise<HealthReport> {
  if (ports.signal?.aborted === true) return unknown('the health check was canceled');
  if (check.uses === 'argocd-update') {
    const named = applicationChecks(check.config);
    const { found, problems } = await selectedApplications(check.config, named, ports);
    const report = await checkApplications([...named, ...found], ports);
    return problems.length === 0 ? report : mergeReports([report, ...problems.map(unknown)]);
  }
  return unknown(`no health checker registered for health check kind "${check.uses}"`);
}

async function checkApplications(checks: readonly ApplicationCheck[], ports: HealthCheckPorts): Promise<HealthReport> {
  const reports: HealthReport[] = [];
  const statuses: HealthReport['output'] = [];
  for (const check of checks) {
    const found = await read(check, ports);
    if (found.error !== undefined) {
      reports.push(unknown(found.error));
      statuses.push(applicationOutput(check, undefined));
      continue;
    }
    const assessed = assessApplication(check, found.app);
    const { status, issue, refresh } = assessed;
    if (refresh && found.app !== undefined) await requestRefresh(found.app, ports);
    reports.push({
      status,
      issues: issue === undefined ? [] : [issue],
      output: [],
      argoCDApps: [applicationSummary(check, found.app, assessed)],
    });
    statuses.push(applicationOutput(check, found.app));
  }
  return { ...mergeReports(reports), output: [{ applicationStatuses: statuses }] };
}

async function read(key: ObjectKey, { client, signal }: HealthCheckPorts): Promise<{ app?: Application; error?: string }> {
  try {
    return { app: await client.get(Application, key, signal === undefined ? {} : { signal }) };
  } catch (error) {
    if (isReason(error, 'NotFound')) return {};
    return { error: `Argo CD Application "${keyText(key)}" could not be read: ${String(error)}` };
  }
}

function applicationChecks(config: unknown): ApplicationCheck[] {
  const apps = (config as { apps?: unknown } | undefined)?.apps;
  if (!Array.isArray(apps)) return [];
  return apps.flatMap((app: unknown) => {
    const { name, namespace, desiredRevisions } = (app ?? {}) as Partial<Record<string, unknown>>;
    if (typeof name !== 'string' || typeof namespace !== 'string') return [];
    const revisions = Array.isArray(desiredRevisions) ? desiredRevisions.map((revision) => String(revision ?? '')) : [];
    return [{ name, namespace, desiredRevisions: revisions }];
  });
}

function unknown(issue: string): HealthReport {
  return { status: 'Unknown', issues: [issue], output: [], argoCDApps: [] };
}
