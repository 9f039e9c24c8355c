import type { ServerResponse } from 'node:http';
import type { Clock } from '@kargo/kube';

/** Requests that have not been answered yet. Streams, which have no end of their own, do not count once they have begun. */
export class InFlight {
  readonly #open = new Set<ServerResponse>();
  #wake: () => void = () => undefined;

  /** Counts a request until it is answered or its caller leaves. */
  track(response: ServerResponse): void {
    this.#open.add(response);
    const ended = (): void => {
      this.#open.delete(response);
      this.#wake();
    };
    response.once('close', ended);
  }

  /** Resolves when every answer that was owed has been given, or when `ms` have passed. Returns how many are still owed. */
  async settled(ms: number, clock: Clock): Promise<number> {
    let isLate = false;
    const timer = clock.setTimer(clock.now() + ms, () => {
      isLate = true;
      this.#wake();
    });
    try {
      while (this.#owed() > 0 && !isLate)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      return this.#owed();
    } finally {
      timer.cancel();
    }
  }

  #owed(): number {
    let count = 0;
    for (const { headersSent, writableFinished } of this.#open) if (!headersSent && !writableFinished) count += 1;
    return count;
  }
}
