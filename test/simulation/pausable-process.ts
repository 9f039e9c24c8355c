import type { Clock, Client } from '@kargo/kube';
import { interceptClient, type SimulatedProcess } from '@kargo/kube/testing';

/**
 * A simulated process that can be stopped for a while, as SIGSTOP and slow virtual machines do: time goes on, its timers fire late, its
 * calls stay where they are (before they are sent, or with their answer unread) and go on afterwards.
 */
export class PausableProcess {
  readonly process: SimulatedProcess;
  readonly clock: Clock;
  #resumed: PromiseWithResolvers<void> | undefined;

  constructor(process: SimulatedProcess) {
    this.process = process;
    const inner = process.clock;
    this.clock = {
      now: () => inner.now(),
      setTimer: (at, fire) => {
        let cancelled = false;
        const timer = inner.setTimer(at, () => {
          void this.#running().then(() => {
            if (!cancelled && !process.dead) fire();
          });
        });
        return {
          cancel: () => {
            cancelled = true;
            timer.cancel();
          },
        };
      },
      sleep: (ms, options) =>
        inner.sleep(ms, options).then(
          () => this.#running(),
          async (error: unknown) => {
            await this.#running();
            throw error;
          },
        ),
    };
  }

  pause(): void {
    this.#resumed ??= Promise.withResolvers();
  }

  resume(): void {
    this.#resumed?.resolve();
    this.#resumed = undefined;
  }

  get paused(): boolean {
    return this.#resumed !== undefined;
  }

  /** The client as this process sees it. `onTheWay` comes between the decision to call and the call. */
  client(client: Client, onTheWay: () => Promise<void> = () => Promise.resolve()): Client {
    return interceptClient(this.process.client(client), {
      around: async (_, next) => {
        await onTheWay();
        await this.#running();
        try {
          return await next();
        } finally {
          await this.#running();
        }
      },
      event: async () => {
        await this.#running();
        return true;
      },
    });
  }

  /** Work outside of the API: begins and ends while the process runs. */
  async outside(work: () => Promise<void>): Promise<void> {
    await this.#running();
    if (this.process.dead) await new Promise<never>(() => undefined);
    await work();
    await this.#running();
  }

  async #running(): Promise<void> {
    while (this.#resumed !== undefined) await this.#resumed.promise;
  }
}
