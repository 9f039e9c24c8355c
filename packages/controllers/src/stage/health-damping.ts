/** Keeps health that comes and goes from starting and undoing things with every turn. Pure. */
import type { Health } from '@kargo/api';
import { timestamp } from '@kargo/kube';
import type { StageHealthReport } from './assess-health.ts';

/** How long health must hold after the second relapse before it is believed again; doubled with each further one. */
export const FIRST_HOLD_MS = 5_000;
/** The longest that health must hold. */
export const LONGEST_HOLD_MS = 120_000;
/** Relapses are forgotten after this long without another. */
export const RELAPSE_MEMORY_MS = 600_000;

type Relapses = NonNullable<Health['relapses']>;

/** What is to be believed of a report. */
export interface Damped {
  report: StageHealthReport;
  relapses?: Relapses | undefined;
  /** When health that holds now will be believed (epoch milliseconds). */
  believedAt?: number | undefined;
}

/**
 * Bad news are believed at once, and so is a recovery. What turns bad again after that must hold for some time before it is believed,
 * longer with each relapse; until then it counts as `Progressing`.
 */
export function damped(report: StageHealthReport, before: Health | undefined, now: number): Damped {
  const known = remembered(before?.relapses, now);
  const wasHealthy = before?.status === 'Healthy' || known?.healthySince !== undefined;
  if (report.status !== 'Healthy') {
    // Not to know is no relapse: an operation under way, say, or Argo CD out of reach.
    if (!wasHealthy || report.status === 'Unknown')
      return { report, ...(known === undefined ? {} : { relapses: without(known) }) };
    return { report, relapses: { count: (known?.count ?? 0) + 1, last: timestamp(now) } };
  }
  if (known === undefined || before?.status === 'Healthy')
    return { report, ...(known === undefined ? {} : { relapses: without(known) }) };
  const healthySince = known.healthySince ?? timestamp(now);
  const believedAt = Date.parse(healthySince) + holdOf(known.count);
  if (now >= believedAt) return { report, relapses: without(known) };
  const issue = `The Stage is healthy again, but was so ${known.count} time${known.count === 1 ? '' : 's'} before and did not stay so: it is believed at ${timestamp(believedAt)}`;
  return {
    report: { ...report, status: 'Progressing', issues: [...report.issues, issue] },
    relapses: { ...known, healthySince },
    believedAt,
  };
}

function holdOf(relapses: number): number {
  return relapses < 2 ? 0 : Math.min(FIRST_HOLD_MS * 2 ** (relapses - 2), LONGEST_HOLD_MS);
}

function remembered(relapses: Relapses | undefined, now: number): Relapses | undefined {
  return relapses !== undefined && now - Date.parse(relapses.last) < RELAPSE_MEMORY_MS ? relapses : undefined;
}

function without({ healthySince: _since, ...relapses }: Relapses): Relapses {
  return relapses;
}
