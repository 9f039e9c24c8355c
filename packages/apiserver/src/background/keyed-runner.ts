import type { Clock, Timer } from '@kargo/kube';

const FIRST_RETRY = 1000;
const LONGEST_RETRY = 60_000;

/** Handles keys one after another; a key that is added while it waits is handled once. Failures are tried again, later each time. */
export class KeyedRunner {
  readonly #handle: (key: string) => Promise<void>;
  readonly #onFailure: (key: string, error: unknown) => void;
  readonly #clock: Clock;
  readonly #waiting = new Set<string>();
  readonly #retries = new Map<string, { timer: Timer; failures: number }>();
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(clock: Clock, handle: (key: string) => Promise<void>, onFailure: (key: string, error: unknown) => void) {
    this.#clock = clock;
    this.#handle = handle;
    this.#onFailure = onFailure;
  }

  add(key: string): void {
    if (this.#closed) return;
    this.#waiting.add(key);
    this.#running ??= this.#run();
  }

  /** Finishes the key at hand and drops the rest. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    for (const { timer } of this.#retries.values()) timer.cancel();
    await this.#running;
  }

  async #run(): Promise<void> {
    // Whoever adds keys is in the middle of publishing a commit: start after that.
    await Promise.resolve();
    for (;;) {
      const [key] = this.#waiting;
      if (key === undefined) break;
      this.#waiting.delete(key);
      this.#retries.get(key)?.timer.cancel();
      try {
        await this.#handle(key);
        this.#retries.delete(key);
      } catch (error) {
        if (this.#closed) break;
        this.#onFailure(key, error);
        this.#retryLater(key);
      }
    }
    this.#running = undefined;
  }

  #retryLater(key: string): void {
    const failures = (this.#retries.get(key)?.failures ?? 0) + 1;
    const pause = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** (failures - 1));
    const timer = this.#clock.setTimer(this.#clock.now() + pause, () => {
      this.add(key);
    });
    this.#retries.set(key, { timer, failures });
  }
}
