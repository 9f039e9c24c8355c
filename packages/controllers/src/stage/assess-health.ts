import type { Condition, Health, HealthCheck, Json } from '@kargo/api';
import { damped } from './health-damping.ts';
import { identity, observe, type StagePass, type StageStep } from './pass.ts';

/** What the health checks of a Stage came to. */
export interface StageHealthReport {
  status: string;
  issues: readonly string[];
  output: readonly Json[];
  argoCDApps: NonNullable<Health['argoCDApps']>;
}

export interface AssessHealthDeps {
  /** Runs the checks one after another and merges what they say. Does not fail: what cannot be found out is `Unknown`. */
  runHealthChecks: (
    checks: readonly HealthCheck[],
    about: { project: string; stage: string; signal: AbortSignal },
  ) => Promise<StageHealthReport>;
}

/** Finds out whether what was deployed last is healthy: `health` and the condition `Healthy`. */
export function assessHealth({ runHealthChecks }: AssessHealthDeps): StageStep {
  return async (pass) => {
    const { status } = pass;
    const last = status.lastPromotion;
    if (status.currentPromotion !== undefined) return reportPromoting(pass);
    if (last === undefined) {
      delete status.health;
      return observe(pass, 'Healthy', 'Unknown', 'NoFreight', 'Nothing has been promoted to the Stage yet');
    }
    if (last.status?.phase !== 'Succeeded') {
      const message = `The last Promotion, ${last.name}, ended ${last.status?.phase ?? 'in an unknown way'}: whether the Stage is healthy cannot be told`;
      status.health = { status: 'Unknown', issues: [message] };
      return observe(pass, 'Healthy', 'Unknown', `LastPromotion${last.status?.phase ?? 'Unknown'}`, message);
    }
    const checks = last.status.healthChecks ?? [];
    if (checks.length === 0) {
      status.health = { status: 'Healthy' };
      return observe(pass, 'Healthy', 'True', 'Healthy', 'The last Promotion left no health checks');
    }
    const { name, project } = identity(pass);
    const found = await runHealthChecks(checks, { project, stage: name, signal: pass.signal });
    const { report, relapses, believedAt } = damped(found, status.health, pass.now);
    status.health = { ...healthOf(report), ...(relapses === undefined ? {} : { relapses }) };
    if (believedAt !== undefined) pass.notes.healthBelievedAt = believedAt;
    const message = report.issues.length === 0 ? `The Stage is ${report.status}` : report.issues.join('; ');
    observe(pass, 'Healthy', conditionStatus(report.status), reasonOf(report), message);
  };
}

/** Not knowing has two causes that people tell apart: what is not there yet, and what was not looked at yet. */
function reasonOf({ status, argoCDApps }: StageHealthReport): string {
  if (status !== 'Unknown' && status !== 'Progressing') return status;
  const observations = argoCDApps.map(({ observation }) => observation);
  if (observations.includes('NotYetCreated')) return 'NotYetCreated';
  return observations.includes('NotYetObserved') ? 'NotYetObserved' : status;
}

/** While a Promotion runs, health says nothing about what will be deployed. */
export function reportPromoting(pass: StagePass): void {
  const message = `Promotion ${pass.status.currentPromotion?.name ?? ''} is active: health is checked when it has ended`;
  pass.status.health = { status: 'Unknown', issues: [message] };
  observe(pass, 'Healthy', 'Unknown', 'ActivePromotion', message);
}

function healthOf({ status, issues, output, argoCDApps }: StageHealthReport): Health {
  return {
    status,
    ...(issues.length === 0 ? {} : { issues: [...issues] }),
    ...(output.length === 0 ? {} : { output: [...output] }),
    ...(argoCDApps.length === 0 ? {} : { argoCDApps }),
  };
}

function conditionStatus(health: string): Condition['status'] {
  if (health === 'Healthy') return 'True';
  return health === 'Unhealthy' ? 'False' : 'Unknown';
}
