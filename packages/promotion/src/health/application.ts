import type { Application, HealthState, Json } from '@kargo/api';
import { toJson } from '../engine/json.ts';
import type { ArgoCDAppHealth } from './report.ts';

/** What the health check of `argocd-update` records about one Application. */
export interface ApplicationCheck {
  name: string;
  namespace: string;
  /** Revision to be observed per source of the Application; empty: none. */
  desiredRevisions?: readonly string[] | undefined;
}

export interface ApplicationHealth {
  status: HealthState;
  issue?: string | undefined;
  /** The Application has to be looked at anew before it can be trusted. */
  refresh: boolean;
  /** Why nothing is known of it: it is not there yet, or was not looked at since what was asked of it last. */
  observation?: ArgoCDAppHealth['observation'];
}

/** Type of the condition of Applications whose destination is simulated. */
export const SIMULATED_CONDITION = 'SimulatedDestinationWarning';

const ERROR_CONDITIONS: ReadonlySet<string> = new Set(['ComparisonError', 'InvalidSpecError']);

/**
 * The health of one Application. Its error conditions come first: an Application whose spec is wrong never gets past a stale
 * observation, so waiting for a fresh one would hide the error for ever.
 */
export function assessApplication(check: ApplicationCheck, app: Application | undefined): ApplicationHealth {
  const subject = `Argo CD Application "${check.name}" in namespace "${check.namespace}"`;
  const verdict: VerdictOf = (status, text, observation) => ({
    status,
    issue: `${subject} ${text}`,
    refresh: false,
    ...(observation === undefined ? {} : { observation }),
  });
  if (app === undefined)
    return verdict('Unknown', 'was not found; create it, or correct the name in the argocd-update step', 'NotYetCreated');
  const errors = errorConditions(app);
  if (errors.length > 0)
    return verdict('Unhealthy', `has errors: ${errors.map(({ type, message }) => `${type}: ${message}`).join('; ')}`);
  if (isStale(app))
    return {
      ...verdict(
        'Unknown',
        'has not been looked at since its last operation finished; a refresh was requested',
        'NotYetObserved',
      ),
      refresh: true,
    };
  return assessRevisions(check, app, verdict) ?? assessState(app, verdict);
}

/** Whether nothing real runs where an Application is deployed: the embedded GitOps agent says so in a condition. */
export function isSimulated({ status }: Application): boolean {
  return (status?.conditions ?? []).some(({ type }) => type === SIMULATED_CONDITION);
}

/** The conditions of an Application that say that it can be neither compared nor synced. */
export function errorConditions({ status }: Application): readonly { type: string; message: string }[] {
  return (status?.conditions ?? []).filter(({ type }) => ERROR_CONDITIONS.has(type));
}

/** Whether Argo CD has not looked at the Application since its last operation finished. Equal timestamps are trusted. */
export function isStale(app: Application): boolean {
  const finishedAt = app.status?.operationState?.finishedAt;
  if (finishedAt === undefined) return false;
  const reconciledAt = app.status?.reconciledAt;
  return reconciledAt === undefined || Date.parse(reconciledAt) < Date.parse(finishedAt);
}

/** The revisions Argo CD last compared, one per source. */
export function comparedRevisions(app: Application): readonly string[] {
  const sync = app.status?.sync;
  if (sync?.revisions !== undefined && sync.revisions.length > 0) return sync.revisions;
  return sync?.revision === undefined ? [] : [sync.revision];
}

type VerdictOf = (status: HealthState, text: string, observation?: ApplicationHealth['observation']) => ApplicationHealth;

function assessRevisions(check: ApplicationCheck, app: Application, verdict: VerdictOf): ApplicationHealth | undefined {
  const desired = check.desiredRevisions ?? [];
  if (desired.every((revision) => revision === '')) return undefined;
  const state = app.status?.operationState;
  if (app.operation !== undefined) return verdict('Unknown', 'has an operation waiting to start', 'NotYetObserved');
  if (state === undefined) return verdict('Unknown', 'has never been synced', 'NotYetObserved');
  if (state.finishedAt === undefined) return verdict('Unknown', 'is being synced', 'NotYetObserved');
  const observed = comparedRevisions(app);
  if (observed.length !== desired.length)
    return verdict(
      'Unknown',
      `has ${observed.length} source(s), ${desired.length} were expected; promote again to record them anew`,
    );
  for (const [index, revision] of desired.entries()) {
    const seen = observed[index] ?? '';
    if (revision !== '' && seen !== revision)
      return verdict('Unhealthy', `is at revision "${seen}" of source ${index}, not at the desired "${revision}"`);
  }
  return undefined;
}

function assessState(app: Application, verdict: VerdictOf): ApplicationHealth {
  const { status = '', message = '' } = app.status?.health ?? {};
  const because = message === '' ? '' : `: ${message}`;
  switch (status) {
    case 'Healthy':
      return { status: 'Healthy', refresh: false };
    case 'Progressing':
    case 'Suspended':
    case '':
      return verdict(
        'Progressing',
        status === '' ? 'has not been looked at yet' : `has health state "${status}"${because}`,
        status === '' ? 'NotYetObserved' : undefined,
      );
    default:
      return verdict('Unhealthy', `has health state "${status}"${because}`);
  }
}

/** What a health report shows of an Application, without what changes although nothing has happened. */
export function applicationOutput(check: ApplicationCheck, app: Application | undefined): Json {
  const status = app?.status;
  return toJson({
    Namespace: check.namespace,
    Name: check.name,
    health: { status: status?.health?.status, message: status?.health?.message },
    sync: { status: status?.sync?.status, revision: status?.sync?.revision, revisions: status?.sync?.revisions },
    operationState: status?.operationState,
    conditions: status?.conditions?.map(({ type, message }) => ({ type, message })),
  });
}

/** The short form of the same, as a Stage shows it. */
export function applicationSummary(
  check: ApplicationCheck,
  app: Application | undefined,
  { observation }: Pick<ApplicationHealth, 'observation'> = {},
): ArgoCDAppHealth {
  const { health, sync } = app?.status ?? {};
  return {
    name: check.name,
    namespace: check.namespace,
    ...(health === undefined
      ? {}
      : { healthStatus: { status: health.status ?? '', ...(health.message === undefined ? {} : { message: health.message }) } }),
    ...(sync === undefined
      ? {}
      : {
          syncStatus: {
            status: sync.status,
            ...(sync.revision === undefined ? {} : { revision: sync.revision }),
            ...(sync.revisions === undefined ? {} : { revisions: sync.revisions }),
          },
        }),
    ...(observation === undefined ? {} : { observation }),
    ...(app !== undefined && isSimulated(app) ? { simulated: true } : {}),
  };
}
