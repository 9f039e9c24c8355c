/** Events that could not be written yet. */
import { Event, isReason } from '@kargo/api';
import type { Clock, Log, Writer } from '@kargo/kube';
import { RETELL_FOR } from './recent.ts';

/** How many events wait at most; beyond that the oldest are given up. */
const MOST = 1000;
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

export interface UntoldEvents {
  /** Whether an event waits for being written. */
  has(id: string): boolean;
  /**
   * Writes an event, and if that fails keeps it and tries again with growing pauses. `mayRecur`: others may have told it, or will want to
   * again, under the same name. Resolves after the first attempt, and never fails.
   */
  tell(id: string, event: Event, options: { mayRecur: boolean }): Promise<void>;
}

interface Untold {
  event: Event;
  mayRecur: boolean;
  since: number;
}

/**
 * Writes events until they are written: an API that is away for a minute costs none. `told` is called for each that is there and may
 * recur.
 */
export function untoldEvents({
  client,
  clock,
  log,
  told,
}: {
  client: Pick<Writer, 'create'>;
  clock: Clock;
  log: Log;
  told: (id: string) => void;
}): UntoldEvents {
  const waiting = new Map<string, Untold>();

  async function attempt(id: string, entry: Untold, tries: number): Promise<void> {
    try {
      await client.create(Event, entry.event);
    } catch (error) {
      // A lost answer leaves an event that is there.
      const mayExist = entry.mayRecur || tries > 0;
      if (!(mayExist && isReason(error, 'AlreadyExists'))) return failed(id, entry, tries, error);
    }
    waiting.delete(id);
    if (entry.mayRecur) told(id);
  }

  function failed(id: string, entry: Untold, tries: number, error: unknown): void {
    const { reason, involvedObject } = entry.event;
    const facts = {
      reason,
      kind: involvedObject.kind,
      namespace: involvedObject.namespace,
      name: involvedObject.name,
      error: error instanceof Error ? error.message : String(error),
    };
    // No namespace, or one that is going: there is nobody to tell.
    const isHopeless = isReason(error, 'NotFound', 'Forbidden', 'Invalid', 'BadRequest');
    if (isHopeless || clock.now() - entry.since > RETELL_FOR) {
      waiting.delete(id);
      log.warn(facts, 'an event could not be recorded');
      return;
    }
    waiting.set(id, entry);
    for (const [oldest, { event: given }] of waiting) {
      if (waiting.size <= MOST) break;
      waiting.delete(oldest);
      const { namespace, name } = given.involvedObject;
      log.warn({ reason: given.reason, namespace, name }, 'too many events wait for being recorded: this one is given up');
    }
    log.debug(facts, 'an event could not be recorded yet');
    const pause = Math.min(FIRST_PAUSE * 2 ** tries, LONGEST_PAUSE);
    clock.setTimer(clock.now() + pause, () => {
      if (waiting.get(id) === entry) void attempt(id, entry, tries + 1);
    });
  }

  return {
    has: (id) => waiting.has(id),
    tell: (id, event, { mayRecur }) => attempt(id, { event, mayRecur, since: clock.now() }, 0),
  };
}
