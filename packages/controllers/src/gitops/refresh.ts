import type { Application, ApplicationStatus, OperationState } from '@kargo/api';
import { equal } from '@kargo/kube';
import { sourcesOf } from './source.ts';

/** How deep a pass looks: `live` re-reads live objects against what was rendered last; `latest` resolves revisions anew; `hard` also renders anew. */
export type RefreshLevel = 'live' | 'latest' | 'hard';

export const REFRESH_ANNOTATION = 'argocd.argoproj.io/refresh';
export const REFRESH_TIMESTAMP_ANNOTATION = 'argocd.argoproj.io/refresh-timestamp';

/** How often revisions are resolved without being asked, in milliseconds. */
export const POLL_INTERVAL_MS = 120_000;

/** What the comparison of an Application rested on. */
export function comparedTo(app: Application): Record<string, unknown> {
  const { source, sources, destination } = app.spec;
  return { ...(sources !== undefined && sources.length > 0 ? { sources } : { source }), destination };
}

/** The level that is due at `now`, and when the next poll is. */
export function dueLevel(app: Application, now: number): { level: RefreshLevel; pollAt: number } {
  const { status } = app;
  const requested = app.metadata.annotations?.[REFRESH_ANNOTATION];
  const reconciledAt = status?.reconciledAt === undefined ? undefined : Date.parse(status.reconciledAt);
  const finishedAt = completedAt(status);
  const pollAt = (reconciledAt ?? now) + POLL_INTERVAL_MS;
  if (requested === 'hard') return { level: 'hard', pollAt };
  const due =
    requested !== undefined ||
    reconciledAt === undefined ||
    (finishedAt !== undefined && reconciledAt < finishedAt) ||
    now >= pollAt ||
    !equal(status?.sync?.comparedTo, comparedTo(app)) ||
    sourcesOf(app).length === 0;
  return { level: due ? 'latest' : 'live', pollAt };
}

function completedAt(status: ApplicationStatus | undefined): number | undefined {
  const state: OperationState | undefined = status?.operationState;
  return state?.finishedAt === undefined || state.phase === 'Running' ? undefined : Date.parse(state.finishedAt);
}
