import { keyText, type ObjectKey } from '@kargo/api';
import type { Clock, Timer } from '../ports/clock.ts';

export interface WorkQueueOptions {
  clock: Clock;
  /** Called whenever a key became ready to be taken. */
  onReady: () => void;
}

interface Ready {
  key: ObjectKey;
  /** When it became ready, for the measurement of latency. */
  since: number;
}

/**
 * Keys waiting for a worker. A key is in the queue at most once however often it is added, and is not handed out again until it is
 * {@link done}: a key added meanwhile comes back then. First in, first out. A delayed key has one exact timer, the earliest asked for.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #onReady: () => void;
  readonly #ready = new Map<string, Ready>();
  readonly #processing = new Set<string>();
  /** Added while being processed. */
  readonly #again = new Map<string, Ready>();
  readonly #delayed = new Map<string, { at: number; timer: Timer }>();
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#onReady = options.onReady;
  }

  /** Keys ready to be taken. */
  get depth(): number {
    return this.#ready.size;
  }

  /** Keys taken and not yet done. */
  get processing(): number {
    return this.#processing.size;
  }

  /** Whether nothing is ready and nothing is being processed. Delayed keys do not count. */
  get idle(): boolean {
    return this.#ready.size === 0 && this.#processing.size === 0;
  }

  add(key: ObjectKey): void {
    if (this.#closed) return;
    const text = keyText(key);
    if (this.#processing.has(text)) {
      if (!this.#again.has(text)) this.#again.set(text, { key, since: this.#clock.now() });
      return;
    }
    if (this.#ready.has(text)) return;
    this.#ready.set(text, { key, since: this.#clock.now() });
    this.#onReady();
  }

  /** Adds at exactly `at` (epoch milliseconds), or now if that has passed. An earlier time asked for before stays. */
  addAt(key: ObjectKey, at: number): void {
    if (this.#closed) return;
    if (at <= this.#clock.now()) {
      this.add(key);
      return;
    }
    const text = keyText(key);
    const delayed = this.#delayed.get(text);
    if (delayed !== undefined) {
      if (delayed.at <= at) return;
      delayed.timer.cancel();
    }
    const timer = this.#clock.setTimer(at, () => {
      this.#delayed.delete(text);
      this.add(key);
    });
    this.#delayed.set(text, { at, timer });
  }

  /** Cancels the delayed add of a key. */
  cancelDelayed(key: ObjectKey): void {
    const text = keyText(key);
    this.#delayed.get(text)?.timer.cancel();
    this.#delayed.delete(text);
  }

  /** When the delayed add of a key is due. */
  delayedUntil(key: ObjectKey): number | undefined {
    return this.#delayed.get(keyText(key))?.at;
  }

  /** Whether the key is ready, being processed, or will come back by a timer. */
  knows(key: ObjectKey): boolean {
    const text = keyText(key);
    return this.#ready.has(text) || this.#processing.has(text) || this.#delayed.has(text);
  }

  /** The key that waits longest. Its delayed add is cancelled: who handles it decides anew when to come back. */
  take(): Ready | undefined {
    const next = this.#ready.entries().next().value;
    if (next === undefined) return undefined;
    const [text, ready] = next;
    this.#ready.delete(text);
    this.#processing.add(text);
    this.cancelDelayed(ready.key);
    return ready;
  }

  /** Ends the processing of a key that was taken. */
  done(key: ObjectKey): void {
    const text = keyText(key);
    this.#processing.delete(text);
    const again = this.#again.get(text);
    if (again === undefined || this.#closed) return;
    this.#again.delete(text);
    this.#ready.set(text, again);
    this.#onReady();
  }

  /** Drops everything that waits and cancels all timers. Later adds do nothing. */
  close(): void {
    this.#closed = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#ready.clear();
    this.#again.clear();
  }
}
