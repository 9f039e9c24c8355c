import { apiVersionOf, isReason, Lease } from '@kargo/api';
import type { Client } from '../client/client.ts';
import { clone } from '../objects/clone.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Fence } from './fence.ts';
import { fencedClient } from './fenced-client.ts';

export interface LeaderElectionOptions {
  client: Client;
  clock: Clock;
  random: Random;
  log: Log;
  /** The Lease that the leader holds. */
  namespace: string;
  name: string;
  /** Names this process; must be unlike that of every other, and of earlier ones. */
  identity: string;
  /** How long a Lease that is not renewed is left alone, in milliseconds. Default 15 s. */
  leaseDuration?: number | undefined;
  /** After how long without renewal a leader stops, in milliseconds; well below `leaseDuration`. Default two thirds of it. */
  renewDeadline?: number | undefined;
  /** Pause between attempts to get or renew, in milliseconds. Default a sixth of `leaseDuration`. */
  retryPeriod?: number | undefined;
}

/** A time of leadership. */
export interface Term {
  /** Aborts when leadership ends or may have ended. */
  readonly signal: AbortSignal;
  readonly fence: Fence;
  /** Whether this process is the leader at this instant, by its own clock. */
  isCurrent(): boolean;
  /** A client whose writes happen in this term or not at all. */
  client(client: Client): Client;
}

/**
 * Elects one leader among processes by a Lease. Safety does not depend on clocks agreeing: who waits measures the silence of the Lease on
 * its own clock, who leads counts from before each renewal, and both only need to run at about the same speed. A leader that was paused
 * finds its term over before it writes again; a write that was on its way then is refused by its fence.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions & Record<'leaseDuration' | 'renewDeadline' | 'retryPeriod', number>;
  #observed: { version: string | undefined; at: number } | undefined;
  /** Why this process does not lead, as people were told last. */
  #told: string | undefined;

  constructor(options: LeaderElectionOptions) {
    const leaseDuration = options.leaseDuration ?? 15_000;
    const renewDeadline = options.renewDeadline ?? (leaseDuration * 2) / 3;
    const retryPeriod = options.retryPeriod ?? leaseDuration / 6;
    if (!(retryPeriod > 0 && retryPeriod < renewDeadline && renewDeadline < leaseDuration))
      throw new Error('programmer error: a leader election needs retryPeriod < renewDeadline < leaseDuration');
    this.#options = { ...options, leaseDuration, renewDeadline, retryPeriod };
  }

  /**
   * Waits to become leader, calls `lead` for the term, and waits again when the term is over; `lead` must end soon after its signal aborts.
   * Until the signal aborts: then the Lease is given back. Rejects only when `lead` does.
   */
  async run(lead: (term: Term) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const held = await this.#acquire(signal);
      if (held === undefined) continue;
      await this.#lead(held, lead, signal);
    }
  }

  /** One attempt after the other, until the Lease is held; undefined when the signal aborted. */
  async #acquire(signal: AbortSignal): Promise<{ lease: Lease; since: number } | undefined> {
    const { clock, log, random, retryPeriod } = this.#options;
    this.#told = undefined;
    while (!signal.aborted) {
      const since = clock.now();
      try {
        const lease = await this.#tryAcquire();
        if (lease !== undefined) return { lease, since };
      } catch (error) {
        if (!isReason(error, 'Conflict', 'AlreadyExists'))
          this.#tellOnce(text(error), (failure) =>
            log.warn({ error: failure }, 'asking for the lease failed and will be tried again until it works'),
          );
      }
      await this.#pause(retryPeriod * (1 + random.next() / 5), signal);
    }
    return undefined;
  }

  /** Tells people why this process does not lead, once for each reason that follows another. */
  #tellOnce(why: string, tell: (why: string) => void): void {
    if (this.#told !== why) tell(why);
    this.#told = why;
  }

  async #tryAcquire(): Promise<Lease | undefined> {
    const { client, clock, log, namespace, name, leaseDuration } = this.#options;
    const stored = await client.get(Lease, { namespace, name }).catch((error: unknown) => {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    });
    if (stored === undefined) {
      const metadata = { namespace, name };
      return client.create(Lease, { apiVersion: apiVersionOf(Lease), kind: Lease.kind, metadata, spec: this.#spec(0) });
    }
    const now = clock.now();
    const { resourceVersion } = stored.metadata;
    if (this.#observed?.version !== resourceVersion) this.#observed = { version: resourceVersion, at: now };
    const { holderIdentity = '', leaseDurationSeconds = 0, leaseTransitions = 0 } = stored.spec ?? {};
    const patience = Math.max(leaseDurationSeconds * 1000, leaseDuration);
    if (holderIdentity !== '' && now - (this.#observed?.at ?? now) < patience) {
      this.#tellOnce(holderIdentity, (leader) => log.info({ leader, lease: name }, 'another process leads; this one stands by'));
      return undefined;
    }
    const wanted = clone(stored) as Lease;
    wanted.spec = this.#spec(leaseTransitions + 1);
    return client.update(Lease, wanted);
  }

  async #lead(held: { lease: Lease; since: number }, lead: (term: Term) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, log, namespace, name, identity, renewDeadline } = this.#options;
    const ending = new AbortController();
    const fence: Fence = { namespace, name, holder: identity, transitions: held.lease.spec?.leaseTransitions ?? 0 };
    let deadline = held.since + renewDeadline;
    const isCurrent = (): boolean => !ending.signal.aborted && clock.now() < deadline;
    const term: Term = { signal: ending.signal, fence, isCurrent, client: (client) => fencedClient(client, fence, isCurrent) };
    const end = (why: string): void => {
      if (!ending.signal.aborted) log.info({ identity, why }, 'leadership ends');
      ending.abort(new Error(`leadership ended: ${why}`));
    };
    const onAbort = (): void => end('the process stops');
    signal.addEventListener('abort', onAbort, { once: true });
    log.info({ identity, term: fence.transitions }, 'leadership begins');
    const work = lead(term).finally(() => end('the work is over'));
    let { lease } = held;
    try {
      while (!ending.signal.aborted) {
        const timer = clock.setTimer(deadline, () => end('the lease could not be renewed in time'));
        await this.#pause(this.#options.retryPeriod, ending.signal);
        if (!ending.signal.aborted) {
          const since = clock.now();
          const renewed = await this.#renew(lease, fence, ending.signal);
          if (renewed === 'lost') end('another process holds the lease');
          else if (renewed !== undefined && isCurrent()) {
            lease = renewed;
            deadline = since + renewDeadline;
          }
        }
        timer.cancel();
        if (!isCurrent()) end('the lease could not be renewed in time');
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      try {
        await work;
      } finally {
        await this.#release(lease, fence);
      }
    }
  }

  /** The renewed Lease; `lost` when somebody else has it; undefined when nobody knows. */
  async #renew(lease: Lease, fence: Fence, signal: AbortSignal): Promise<Lease | 'lost' | undefined> {
    const { client, log, namespace, name, identity } = this.#options;
    const wanted = clone(lease) as Lease;
    wanted.spec = { ...this.#spec(fence.transitions), acquireTime: lease.spec?.acquireTime ?? '' };
    try {
      return await client.update(Lease, wanted, { signal });
    } catch (error) {
      if (signal.aborted) return undefined;
      if (isReason(error, 'NotFound')) return 'lost';
      if (!isReason(error, 'Conflict')) {
        log.warn({ error: text(error) }, 'renewing the lease failed and will be tried again');
        return undefined;
      }
    }
    try {
      // The answer of an earlier renewal may have been lost, or somebody annotated the Lease.
      const stored = await client.get(Lease, { namespace, name }, { signal });
      const { holderIdentity, leaseTransitions } = stored.spec ?? {};
      if (holderIdentity !== identity || leaseTransitions !== fence.transitions) return 'lost';
      wanted.metadata = clone(stored.metadata) as Lease['metadata'];
      return await client.update(Lease, wanted, { signal });
    } catch (error) {
      return isReason(error, 'NotFound') ? 'lost' : undefined;
    }
  }

  /** Lets others in at once. Whoever has the Lease by now keeps it. */
  async #release(lease: Lease, fence: Fence): Promise<void> {
    const wanted = clone(lease) as Lease;
    wanted.spec = { ...this.#spec(fence.transitions), holderIdentity: '' };
    try {
      await this.#options.client.update(Lease, wanted);
    } catch (error) {
      if (!isReason(error, 'Conflict', 'NotFound'))
        this.#options.log.debug({ error: text(error) }, 'the lease could not be given back; it ends by itself');
    }
  }

  #spec(transitions: number): NonNullable<Lease['spec']> {
    const { clock, identity, leaseDuration } = this.#options;
    const now = microTime(clock.now());
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDuration / 1000),
      acquireTime: now,
      renewTime: now,
      leaseTransitions: transitions,
    };
  }

  async #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(milliseconds, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

/** RFC 3339 with microseconds, as Leases have it. */
export function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z');
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
