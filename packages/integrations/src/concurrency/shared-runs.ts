interface Run<T> {
  started: boolean;
  waiting: number;
  readonly abort: AbortController;
  readonly result: Promise<T>;
}

/**
 * An action whose result serves everybody who asked before it started. Somebody who asks while it runs gets the next run, since the
 * running one may have looked at the world too early for him. A run that nobody waits for any more is aborted.
 */
export class SharedRuns<T> {
  readonly #action: (signal: AbortSignal) => Promise<T>;
  #last: Run<T> | undefined;

  constructor(action: (signal: AbortSignal) => Promise<T>) {
    this.#action = action;
  }

  /** The result of a run that starts now or later. Rejects with the signal's reason as soon as that aborts. */
  async join(signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const run = this.#last === undefined || this.#last.started ? this.#begin(this.#last) : this.#last;
    run.waiting += 1;
    let onAbort: (() => void) | undefined;
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      signal?.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([run.result, aborted]);
    } finally {
      if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
      run.waiting -= 1;
      if (run.waiting === 0) run.abort.abort(new Error('nobody waits for the result any more'));
    }
  }

  #begin(previous: Run<T> | undefined): Run<T> {
    const abort = new AbortController();
    const before = previous === undefined ? Promise.resolve() : previous.result.then(nothing, nothing);
    const run: Run<T> = {
      started: false,
      waiting: 0,
      abort,
      result: before.then(() => {
        run.started = true;
        return this.#action(abort.signal);
      }),
    };
    // Somebody who went away must not leave an unhandled rejection.
    run.result.catch(nothing);
    this.#last = run;
    return run;
  }
}

const nothing = (): void => undefined;
