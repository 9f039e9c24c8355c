/** Looks at what git describes and at what is there, and says how they stand. */
import type { Application } from '@kargo/api';
import { clone, timestamp, waiting, type ReconcileContext, type Result, type WakeUp } from '@kargo/kube';
import { isAnnounced } from '../announcements.ts';
import { datedCondition, nextStatus } from '../application-status.ts';
import { autoSync, mayAutoSync, type AutoSync } from '../auto-sync.ts';
import { lookAt, type Picture } from '../look.ts';
import { dueLevel, REFRESH_ANNOTATION, REFRESH_TIMESTAMP_ANNOTATION } from '../refresh.ts';
import { operationRevisions, shownRevisions } from '../source.ts';
import { writeApplication, type PassDeps } from './deps.ts';

export interface RefreshDeps extends PassDeps {
  /** Milliseconds between polls of an Application. 0 switches polling off. */
  intervalOf: (app: Application) => number;
}

/** How long a repository may be out of reach before an Application says so, in milliseconds. */
const OUTAGE_GRACE_MS = 180_000;
/** Pause before it is asked again meanwhile. */
const OUTAGE_RETRY_MS = 10_000;

/** Type of the condition of an Application whose repository cannot be reached. Its time is when that began, also for a later process. */
const UNREACHABLE = 'RepositoryUnreachableWarning';

/** The Application while its repository is out of reach: as it was, with a condition that says since when. */
function duringOutage(app: Application, message: string, now: number): { after: Application; since: number } {
  const known = app.status?.conditions?.find(({ type }) => type === UNREACHABLE);
  const lastTransitionTime = known?.lastTransitionTime ?? timestamp(now);
  const after = clone(app);
  const others = (app.status?.conditions ?? []).filter(({ type }) => type !== UNREACHABLE);
  after.status = {
    ...after.status,
    conditions: [...others, { type: UNREACHABLE, message: `what is shown is from before: ${message}`, lastTransitionTime }],
  };
  return { after, since: Date.parse(lastTransitionTime) };
}

export async function refresh(app: Application, deps: RefreshDeps, { signal, log }: ReconcileContext): Promise<Result> {
  const { client, cache, clock } = deps;
  const startedAt = clock.now();
  const interval = deps.intervalOf(app);
  const { level, asked, pollAt } = dueLevel(app, { now: startedAt, interval, announced: isAnnounced(app, cache) });
  const looking = { revisions: level === 'live' ? shownRevisions(app) : [], hard: level === 'hard', now: startedAt, signal };
  const picture = await lookAt(app, deps, looking);
  const outage = picture.transient === true ? duringOutage(app, picture.error?.message ?? '', startedAt) : undefined;
  if (outage !== undefined && !asked && app.status?.reconciledAt !== undefined) {
    if (startedAt < outage.since + OUTAGE_GRACE_MS) {
      await writeApplication(client, app, outage.after);
      return waiting('RepositoryUnreachable', picture.error?.message ?? '', {
        kind: 'poll',
        at: startedAt + OUTAGE_RETRY_MS,
        why: 'the repository is asked again',
      });
    }
  }
  const after = clone(app);
  after.status = nextStatus(app, picture, level, startedAt);
  // Since when it goes on must not be forgotten, or it would be passed over once more.
  const goesOn = outage?.after.status?.conditions?.at(-1);
  if (goesOn !== undefined) after.status.conditions = [...(after.status.conditions ?? []), goesOn];
  const decision = await decideSync(after, picture, deps, { now: startedAt, signal });
  if (decision.kind === 'sync') after.operation = decision.operation;
  if (decision.kind === 'undecided')
    log.warn({ application: app.metadata.name, error: decision.message }, 'whether to sync could not be decided');
  if (decision.kind === 'refuse') {
    const condition = datedCondition(app, { type: 'SyncError', message: decision.message }, timestamp(startedAt));
    after.status.conditions = [...(after.status.conditions ?? []), condition];
  }
  dropRefreshRequest(after, app);
  await writeApplication(client, app, after);
  const poll = level === 'live' ? pollAt : interval === 0 ? Infinity : startedAt + interval;
  // A policy may have to wait for a window; and what could not be looked at is looked at again.
  const windowAt = after.spec.syncPolicy?.automated === undefined ? undefined : picture.windows.changesAt;
  const again = picture.transient === true ? startedAt + OUTAGE_RETRY_MS : Infinity;
  return nextLook(after, decision, Math.min(poll, windowAt ?? Infinity, again));
}

/** `undecided`: git could not tell what is new, and is asked again `at` (epoch milliseconds). */
type Decision = AutoSync | { kind: 'undecided'; message: string; at: number };

/** What the automated policy asks for, if it may ask now. What was seen is worth showing also where that cannot be told. */
async function decideSync(
  app: Application,
  picture: Picture,
  { renderer }: RefreshDeps,
  { now, signal }: { now: number; signal: AbortSignal },
): Promise<Decision> {
  if (picture.error !== undefined || !picture.windows.automated || !mayAutoSync(app)) return { kind: 'none' };
  const state = app.status?.operationState;
  const tried = state === undefined ? [] : operationRevisions(state);
  // What ended before it got to its revisions has tried none.
  let isNew: boolean;
  try {
    isNew = tried.length === 0 || (await renderer.differs(app, tried, picture.revisions, signal));
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: 'undecided', message: error instanceof Error ? error.message : String(error), at: now + OUTAGE_RETRY_MS };
  }
  return autoSync(app, picture.comparisons, { now, isNew });
}

function nextLook({ status }: Application, decision: Decision, pollAt: number): Result {
  const poll: WakeUp[] = Number.isFinite(pollAt)
    ? [{ kind: 'poll', at: pollAt, why: 'git is asked again for newer revisions' }]
    : [];
  const health = status?.health?.status;
  if (decision.kind === 'sync')
    return waiting('Syncing', 'an automated sync begins', { kind: 'event', on: 'the operation just requested is seen' }, ...poll);
  if (decision.kind === 'undecided')
    return waiting(
      'Undecided',
      `whether it has to be synced cannot be told: ${decision.message}`,
      { kind: 'poll', at: decision.at, why: 'git is asked again what has changed since the last sync' },
      ...poll,
    );
  if (decision.kind === 'wait')
    return waiting(
      'Healing',
      'it has been healed before; the next try waits',
      { kind: 'deadline', at: decision.at, why: 'it is healed again' },
      ...poll,
    );
  if (health === 'Progressing')
    return waiting(
      'Progressing',
      status?.health?.message ?? 'workloads are progressing',
      { kind: 'event', on: 'a workload changes' },
      ...poll,
    );
  return waiting(
    'Watching',
    `${status?.sync?.status ?? 'Unknown'} and ${health ?? 'Unknown'}`,
    { kind: 'event', on: 'the Application, one of its objects, or a known commit of its branches changes' },
    ...poll,
  );
}

/** Takes the refresh request off that this pass has answered. One that came meanwhile is newer than what was read, and fails the write. */
function dropRefreshRequest(after: Application, answered: Application): void {
  const annotations = answered.metadata.annotations;
  if (annotations?.[REFRESH_ANNOTATION] === undefined) return;
  const { [REFRESH_ANNOTATION]: _refresh, [REFRESH_TIMESTAMP_ANNOTATION]: _at, ...rest } = annotations;
  after.metadata.annotations = rest;
}
