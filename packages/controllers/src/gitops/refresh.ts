import type { Application, ApplicationStatus, OperationState } from '@kargo/api';
import { equal } from '@kargo/kube';
import { sourcesOf } from './source.ts';

/** How deep a pass looks: `live` re-reads live objects against what was rendered last; `latest` resolves revisions anew; `hard` also renders anew. */
export type RefreshLevel = 'live' | 'latest' | 'hard';

export interface Due {
  level: RefreshLevel;
  /** Somebody waits for the answer: a repository that cannot be reached is not passed over. */
  asked: boolean;
  /** When revisions are resolved without being asked (epoch milliseconds); never, if polling is off. */
  pollAt: number;
}

export interface RefreshOptions {
  now: number;
  /** Milliseconds between polls, with the Application's share of the jitter. 0 switches polling off. */
  interval: number;
  /** Whether something else than git itself has told of a commit that the Application does not show yet. */
  announced: boolean;
}

export const REFRESH_ANNOTATION = 'argocd.argoproj.io/refresh';
export const REFRESH_TIMESTAMP_ANNOTATION = 'argocd.argoproj.io/refresh-timestamp';

/** How often revisions are resolved without being asked, in milliseconds. */
export const POLL_INTERVAL_MS = 120_000;
/** Longest time that is added to it, so that Applications do not all ask at once. */
export const POLL_JITTER_MS = 60_000;

/** What the comparison of an Application rested on. */
export function comparedTo(app: Application): Record<string, unknown> {
  const { source, sources, destination } = app.spec;
  const { ignoreDifferences } = app.spec as { ignoreDifferences?: unknown[] };
  return {
    ...(sources !== undefined && sources.length > 0 ? { sources } : { source }),
    destination,
    ...(ignoreDifferences === undefined || ignoreDifferences.length === 0 ? {} : { ignoreDifferences }),
  };
}

/** The level that is due now, and when the next poll is. */
export function dueLevel(app: Application, { now, interval, announced }: RefreshOptions): Due {
  const { status } = app;
  const requested = app.metadata.annotations?.[REFRESH_ANNOTATION];
  const reconciledAt = status?.reconciledAt === undefined ? undefined : Date.parse(status.reconciledAt);
  const pollAt = interval === 0 ? Infinity : (reconciledAt ?? now) + interval;
  if (requested === 'hard') return { level: 'hard', asked: true, pollAt };
  const finishedAt = completedAt(status);
  const asked =
    requested !== undefined ||
    announced ||
    (finishedAt !== undefined && reconciledAt !== undefined && reconciledAt < finishedAt) ||
    !equal(status?.sync?.comparedTo, comparedTo(app)) ||
    sourcesOf(app).length === 0;
  const due = asked || reconciledAt === undefined || now >= pollAt;
  return { level: due ? 'latest' : 'live', asked, pollAt };
}

function completedAt(status: ApplicationStatus | undefined): number | undefined {
  const state: OperationState | undefined = status?.operationState;
  return state?.finishedAt === undefined || state.phase === 'Running' ? undefined : Date.parse(state.finishedAt);
}
