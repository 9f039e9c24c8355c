/** When controllers last reported, asked again while somebody wants to know. */
import type { Heartbeats } from './api.ts';
import type { Attention } from './attention.ts';

/** How often controllers are asked after, in milliseconds. */
const EVERY = 15_000;

export interface HeartbeatEnvironment extends Attention {
  ask(): Promise<Heartbeats>;
}

/** One for all screens: they are asked after once, however many show it. */
export class HeartbeatStore {
  readonly #environment: HeartbeatEnvironment;
  readonly #listeners = new Set<() => void>();
  #beats: Heartbeats | undefined;
  #stop: () => void = () => undefined;

  constructor(environment: HeartbeatEnvironment) {
    this.#environment = environment;
  }

  get = (): Heartbeats | undefined => this.#beats;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop();
    };
  };

  #start(): void {
    let isOver = false;
    let cancel = (): void => undefined;
    const ask = async (): Promise<void> => {
      cancel();
      if (this.#environment.isSeen()) {
        // That the server is away is said by the word for the connection.
        const beats = await this.#environment.ask().catch(() => undefined);
        if (isOver) return;
        if (beats !== undefined) {
          this.#beats = beats;
          for (const each of this.#listeners) each();
        }
      }
      cancel();
      cancel = this.#environment.after(EVERY, () => void ask());
    };
    const stopAttention = this.#environment.onAttention(() => void ask());
    void ask();
    this.#stop = () => {
      isOver = true;
      cancel();
      stopAttention();
    };
  }
}
