import type { Clock, Timer } from './clock.ts';
import { sleepOn } from './system-clock.ts';
import { hasPendingFiles, hasPendingTurns, nextTurn } from './turn.ts';

interface VirtualTimer {
  at: number;
  order: number;
  fire: () => void;
}

/** After how many turns at one instant it is certain that something goes round in circles. */
const MOST_TURNS = 50_000;

/** How many turns of the event loop must pass without a timer set or fired or anything else pending before everything counts as settled. */
const QUIET_TURNS = 4;

/**
 * Time that moves only when told. Timers fire one by one in order of their instant, equal instants in the order they were set, and
 * everything that follows from one runs before the next fires. As with real clocks, time is in whole milliseconds and no timer fires early. A timer that is due when set fires in the next turn of the event loop.
 */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  #activity = 0;
  #pumping = false;
  /** Sorted, the next one last. */
  readonly #timers: VirtualTimer[] = [];

  constructor(start: number | string = '2026-01-01T00:00:00Z') {
    this.#now = typeof start === 'number' ? start : Date.parse(start);
  }

  now(): number {
    return this.#now;
  }

  setTimer(at: number, fire: () => void): Timer {
    const timer: VirtualTimer = { at: Math.max(Math.ceil(at), this.#now), order: this.#order++, fire };
    this.#activity++;
    this.#timers.splice(this.#position(timer), 0, timer);
    if (timer.at <= this.#now) this.#pump();
    return {
      cancel: () => {
        const index = this.#timers.indexOf(timer);
        if (index >= 0) this.#timers.splice(index, 1);
      },
    };
  }

  sleep(ms: number, options?: { signal?: AbortSignal }): Promise<void> {
    return sleepOn(this, ms, options?.signal);
  }

  /** The instant of the next timer. */
  nextAt(): number | undefined {
    return this.#timers.at(-1)?.at;
  }

  /** How many timers are pending. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Fires what is due now and waits until nothing more follows from it. Time does not move. Fails when it never comes to rest. */
  async settle(): Promise<void> {
    let quiet = 0;
    let seen = this.#activity;
    for (let turn = 0; quiet < QUIET_TURNS; turn++) {
      // The file system takes as many turns as it likes.
      if (turn >= MOST_TURNS && !hasPendingFiles())
        throw new Error('virtual time does not come to rest: something goes round in circles at one instant');
      await nextTurn();
      this.#fireDue();
      quiet = this.#activity === seen && !hasPendingTurns() ? quiet + 1 : 0;
      seen = this.#activity;
    }
  }

  /** Moves to the next timer, fires it and settles. False when there is none up to `limit`: then time does not move. */
  async runNext(limit: number = Infinity): Promise<boolean> {
    await this.settle();
    const next = this.nextAt();
    if (next === undefined || next > limit) return false;
    this.#now = Math.max(this.#now, next);
    await this.settle();
    return true;
  }

  /** Moves to `at` (epoch milliseconds or RFC 3339) through every timer on the way. */
  async advanceTo(at: number | string): Promise<void> {
    const target = typeof at === 'number' ? at : Date.parse(at);
    while (await this.runNext(target));
    this.#now = Math.max(this.#now, target);
    await this.settle();
  }

  async advanceBy(ms: number): Promise<void> {
    await this.advanceTo(this.#now + ms);
  }

  /** Fires the first due timer only, so that its consequences come before the next one. */
  #fireDue(): void {
    const timer = this.#timers.at(-1);
    if (timer === undefined || timer.at > this.#now) return;
    this.#timers.pop();
    this.#activity++;
    timer.fire();
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#fireDue();
      const next = this.nextAt();
      if (next !== undefined && next <= this.#now) this.#pump();
    });
  }

  #position(timer: VirtualTimer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#timers[middle];
      if (other !== undefined && (other.at > timer.at || (other.at === timer.at && other.order > timer.order))) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
