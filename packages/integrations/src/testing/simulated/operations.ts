import type { Clock, Random } from '@kargo/kube';

/** Something that reached the world outside, in JSON. */
export interface SimulatedEffect {
  /** Epoch milliseconds of the virtual clock. */
  at: number;
  /** `git.push`, `http.send`. */
  kind: string;
  [detail: string]: unknown;
}

/** Called around every operation, by name: `git.push https://… stage/test`, `workspace.write out/manifests.yaml`. */
export interface SimulatedHooks {
  /** What it throws is what the operation fails with, before anything has happened. If it never resolves, the operation hangs. */
  before?: ((operation: string) => void | Promise<void>) | undefined;
  /** Called when everything has happened; what it throws looks like an answer that was lost. */
  after?: ((operation: string) => void | Promise<void>) | undefined;
}

/** Leads every operation of a simulated world through its hooks, lets virtual time pass and keeps the books. */
export class Operations {
  hooks: SimulatedHooks = {};
  readonly log: string[] = [];
  readonly effects: SimulatedEffect[] = [];
  readonly #clock: Clock;
  readonly #random: Random | undefined;
  readonly #latency: readonly [number, number] | undefined;

  constructor(options: { clock: Clock; random?: Random | undefined; latency?: readonly [number, number] | undefined }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#latency = options.latency;
  }

  /** Does `action` as one operation. `aborted` makes the error for a cancelled one; `remote` operations take time. */
  async perform<T>(
    operation: string,
    options: {
      signal?: AbortSignal | undefined;
      aborted?: ((cause: unknown) => Error) | undefined;
      remote?: boolean | undefined;
    },
    action: () => T | Promise<T>,
  ): Promise<T> {
    const check = (): void => {
      if (options.signal?.aborted === true) throw options.aborted?.(options.signal.reason) ?? new Error('aborted');
    };
    check();
    this.log.push(operation);
    await this.hooks.before?.(operation);
    if (options.remote === true && this.#latency !== undefined) {
      const [least, most] = this.#latency;
      const ms = Math.round(least + (this.#random?.next() ?? 0.5) * (most - least));
      await this.#clock.sleep(ms, options.signal === undefined ? {} : { signal: options.signal }).catch((error: unknown) => {
        throw options.aborted?.(error) ?? error;
      });
    }
    check();
    const result = await action();
    await this.hooks.after?.(operation);
    return result;
  }

  /** Notes an effect on the world outside. */
  effect(kind: string, details: Readonly<Record<string, unknown>>): void {
    this.effects.push({ at: this.#clock.now(), kind, ...details });
  }
}
