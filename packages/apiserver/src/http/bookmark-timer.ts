import type { Clock } from '@kargo/kube';

/** How long a watch that asked for bookmarks waits for one while nothing happens, in milliseconds: as long as in Kubernetes. */
const EVERY = 60_000;

/** Has bookmarks sent from time to time while anybody watches who asked for them. */
export class BookmarkTimer {
  readonly #clock: Clock;
  readonly #send: () => void;
  #watchers = 0;
  #timer: { cancel(): void } | undefined;

  constructor(clock: Clock, send: () => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Counts a watcher. Returns what to call when it leaves. */
  watch(): () => void {
    this.#watchers++;
    if (this.#watchers === 1) this.#arm();
    return () => {
      this.#watchers--;
      if (this.#watchers === 0) this.#timer?.cancel();
    };
  }

  #arm(): void {
    this.#timer = this.#clock.setTimer(this.#clock.now() + EVERY, () => {
      this.#send();
      this.#arm();
    });
  }
}
