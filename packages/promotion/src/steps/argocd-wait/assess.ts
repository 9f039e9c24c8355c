import type { Application } from '@kargo/api';
import { errorConditions, isStale } from '../../health/application.ts';
import type { WaitCondition } from './config.ts';

/** How far an Application is. `waiting` says what is missing, after the name of the Application. */
export type Readiness =
  | { kind: 'ready' }
  /** `refresh`: what is known of it is too old to be trusted. */
  | { kind: 'waiting'; why: string; refresh: boolean }
  /** It will not become what is waited for. */
  | { kind: 'failed'; why: string };

/** Health states that are alternatives to each other, by the condition that waits for them. */
const HEALTH: Readonly<Partial<Record<WaitCondition, string>>> = {
  health: 'Healthy',
  suspended: 'Suspended',
  degraded: 'Degraded',
};

/** States of health after which degradation says nothing new. */
const NOTHING_NEW: ReadonlySet<string> = new Set(['', 'Degraded', 'Unknown']);

/** Whether an Application is what is waited for. `before` is the health it was seen in last, empty if it was not. */
export function assessReadiness(app: Application, conditions: readonly WaitCondition[], before: string): Readiness {
  const errors = errorConditions(app);
  if (errors.length > 0)
    return { kind: 'failed', why: `has errors: ${errors.map(({ type, message }) => `${type}: ${message}`).join('; ')}` };
  if (conditions.includes('operation') && isOperating(app)) return waiting('to finish its operation');
  const wanted = conditions.flatMap((condition) => HEALTH[condition] ?? []);
  if (wanted.length > 0) {
    // Health from before the operation would be believed too early.
    if (isStale(app)) return waiting('to be looked at anew after its operation', true);
    const { status = '', message = '' } = app.status?.health ?? {};
    if (!wanted.includes(status)) {
      if (conditions.includes('health') && status === 'Degraded' && !NOTHING_NEW.has(before))
        return { kind: 'failed', why: `became Degraded, having been ${before}${message === '' ? '' : `: ${message}`}` };
      return waiting(`to be ${wanted.join(' or ')}; it is ${status === '' ? 'of unknown health' : status}`);
    }
  }
  const sync = app.status?.sync?.status ?? 'Unknown';
  if (conditions.includes('sync') && sync !== 'Synced') return waiting(`to be Synced; it is ${sync}`);
  return { kind: 'ready' };
}

function waiting(why: string, refresh = false): Readiness {
  return { kind: 'waiting', why, refresh };
}

function isOperating({ operation, status }: Application): boolean {
  const state = status?.operationState;
  return operation !== undefined || (state !== undefined && state.finishedAt === undefined && !ENDED.has(state.phase));
}

const ENDED: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Error']);
