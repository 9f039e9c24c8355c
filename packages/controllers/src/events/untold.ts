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
   * Writes an event, and if that fails keeps it and tries again with growing pauses. `mayExist`: one of that name is this one, told by
   * another. Resolves after the first attempt, and never fails.
   */
  tell(id: string, event: Event, options: { mayExist: boolean }): Promise<void>;
}

/** Writes events until they are written: an API that is away for a minute costs none. `told` is called for each that is there. */
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
  const waiting = new Map<string, { event: Event; since: number }>();

  async function attempt(id: string, event: Event, tries: number, mayExist: boolean): Promise<void> {
    try {
      await client.create(Event, event);
    } catch (error) {
      if (!(mayExist && isReason(error, 'AlreadyExists'))) return failed(id, event, tries, error);
    }
    waiting.delete(id);
    told(id);
  }

  function failed(id: string, event: Event, tries: number, error: unknown): void {
    const { reason, involvedObject } = event;
    const facts = {
      reason,
      kind: involvedObject.kind,
      namespace: involvedObject.namespace,
      name: involvedObject.name,
      error: error instanceof Error ? error.message : String(error),
    };
    const entry = waiting.get(id) ?? { event, since: clock.now() };
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
      // A lost answer leaves an event that is there.
      if (waiting.get(id) === entry) void attempt(id, event, tries + 1, true);
    });
  }

  return {
    has: (id) => waiting.has(id),
    tell: (id, event, { mayExist }) => attempt(id, event, 0, mayExist),
  };
}
