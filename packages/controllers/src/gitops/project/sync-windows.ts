/** When Applications of a project may be synced. */
import type { Application, AppProject } from '@kargo/api';
import { parseDuration } from '@kargo/gocompat';
import { Cron } from 'croner';
import { matches, type Place } from './permissions.ts';

type SyncWindow = NonNullable<AppProject['spec']['syncWindows']>[number];

/** What the windows of an Application allow now. */
export interface SyncWindows {
  /** Syncs that a policy begins. */
  automated: boolean;
  /** Syncs that somebody asked for. */
  manual: boolean;
  /** When a window opens or closes next (epoch milliseconds). */
  changesAt: number | undefined;
}

const OPEN: SyncWindows = { automated: true, manual: true, changesAt: undefined };

/**
 * What the sync windows of a project allow an Application at `now` (epoch milliseconds). A window that denies wins over those that allow;
 * where some allow, nothing else does; `manualSync` lets people through. A window that cannot be read denies, with its reason thrown.
 */
export function syncWindows(app: Application, project: AppProject | undefined, place: Place, now: number): SyncWindows {
  const windows = (project?.spec.syncWindows ?? []).filter((window) => concerns(window, app, place));
  if (windows.length === 0) return OPEN;
  const states = windows.map((window) => ({ window, ...stateAt(window, now) }));
  const active = (kind: string): SyncWindow[] =>
    states.filter(({ window, isActive }) => isActive && window.kind === kind).map(({ window }) => window);
  const [denying, allowing] = [active('deny'), active('allow')];
  const times = states.flatMap(({ changesAt }) => changesAt ?? []);
  const changesAt = times.length === 0 ? undefined : Math.min(...times);
  const throughAll = (some: readonly SyncWindow[]): boolean => some.every(({ manualSync }) => manualSync === true);
  if (denying.length > 0) return { automated: false, manual: throughAll(denying), changesAt };
  if (allowing.length > 0) return { automated: true, manual: true, changesAt };
  const closed = windows.filter(({ kind }) => kind === 'allow');
  if (closed.length > 0) return { automated: false, manual: throughAll(closed), changesAt };
  return { automated: true, manual: true, changesAt };
}

function concerns(
  { applications = [], namespaces = [], clusters = [], andOperator }: SyncWindow,
  app: Application,
  place: Place,
): boolean {
  const { name = '' } = app.metadata;
  const parts = [
    { patterns: applications, is: (pattern: string) => matches(pattern, name) },
    { patterns: namespaces, is: (pattern: string) => matches(pattern, app.spec.destination.namespace ?? '') },
    { patterns: clusters, is: (pattern: string) => matches(pattern, place.server) || matches(pattern, place.name) },
  ].filter(({ patterns }) => patterns.length > 0);
  const found = parts.map(({ patterns, is }) => patterns.some(is));
  return andOperator === true ? found.length > 0 && found.every(Boolean) : found.some(Boolean);
}

function stateAt(window: SyncWindow, now: number): { isActive: boolean; changesAt: number | undefined } {
  const length = lengthOf(window);
  const schedule = scheduleOf(window);
  // The last start that may still be open; strictly after the moment before, so that a window closes when its time is over.
  const last = schedule.nextRun(new Date(now - length))?.getTime();
  const isActive = last !== undefined && last <= now;
  if (isActive) return { isActive, changesAt: latestEnd(schedule, last, length, now) };
  return { isActive, changesAt: last };
}

/**
 * When a window that is open closes: later starts within it keep it open. The last one is found by halving, as a long window that starts every
 * minute has more of them than can be walked through.
 */
function latestEnd(schedule: Cron, first: number, length: number, now: number): number {
  let start = first;
  for (let after = now; start < after;) {
    const middle = start + Math.floor((after - start) / 2);
    const next = schedule.nextRun(new Date(middle))?.getTime();
    if (next !== undefined && next <= now) start = next;
    else after = middle;
  }
  return start + length;
}

function lengthOf({ duration = '' }: SyncWindow): number {
  try {
    return parseDuration(duration);
  } catch (cause) {
    throw new Error(`sync window with the duration ${JSON.stringify(duration)}: write it as in 1h30m`, { cause });
  }
}

function scheduleOf({ schedule = '', timeZone = '' }: SyncWindow): Cron {
  try {
    // Five fields, as cron has them: seconds would be another language.
    const cron = new Cron(schedule, { mode: '5-part', timezone: timeZone === '' ? 'UTC' : timeZone });
    cron.nextRun(new Date(0)); // Looks at the time zone.
    return cron;
  } catch (cause) {
    throw new Error(
      `sync window with the schedule ${JSON.stringify(schedule)}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
