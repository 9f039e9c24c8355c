import { useSyncExternalStore } from 'react';
import { useServices } from '../services.ts';

/** A clock that all who look at it share: one timer, and none while nobody sees the page. */
export class Ticker {
  readonly #listeners = new Set<() => void>();
  readonly #every: number;
  #timer: ReturnType<typeof setInterval> | undefined;
  #now = Date.now();

  constructor(every: number) {
    this.#every = every;
  }

  get = (): number => this.#now;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) {
      this.#now = Date.now();
      this.#timer = setInterval(() => {
        if (document.hidden) return;
        this.#now = Date.now();
        for (const each of this.#listeners) each();
      }, this.#every);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) clearInterval(this.#timer);
    };
  };
}

/** The time by the clock of this machine, told again every second; not while `still`. Epoch milliseconds. */
export function useSeconds({ still = false }: { still?: boolean } = {}): number {
  const { seconds } = useServices();
  return useSyncExternalStore(still ? never : seconds.subscribe, seconds.get);
}

function never(): () => void {
  return () => undefined;
}

/** The time by the clock of the server, told again every few seconds. Epoch milliseconds. */
export function useNow(): number {
  const { ticker, api } = useServices();
  return useSyncExternalStore(ticker.subscribe, ticker.get) + api.skew;
}
