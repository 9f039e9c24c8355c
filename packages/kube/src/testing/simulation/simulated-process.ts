import { keyText, type Kind, type KubeObject } from '@kargo/api';
import type { Client } from '../../client/client.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import { sleepOn } from '../../ports/system-clock.ts';
import { interceptClient } from '../intercept-client.ts';
import type { Trace } from './trace.ts';

/** A moment at which a process can die: just before a call of a port has its effect, or after it, before the answer arrives. */
export interface CrashPoint {
  /** Name of the port: `client`, or what {@link SimulatedProcess.guard} was given. */
  port: string;
  /** Name of the method, e.g. `push` or `patch`. */
  method: string;
  moment: 'before' | 'after';
  /** Counts all points of the process from 1. */
  n: number;
}

/** Decides at every point whether the process dies there. */
export type CrashPlan = (point: CrashPoint) => boolean;

/** Thrown by calls without a promise that a dead process still makes. Calls with a promise never answer, so no code can catch a crash. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
}

/** Names of client calls that change nothing. */
const READS = new Set(['get', 'list', 'watch']);

/**
 * A process that can die at any call it makes, as `kill -9` would have it: nothing after that instant happens. Its calls never answer,
 * its timers never fire, no `catch` and no `finally` runs. What it did before stays done.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly #trace: Trace;
  readonly #plan: CrashPlan;
  readonly #timers = new Set<Timer>();
  readonly #death = Promise.withResolvers<void>();
  #dead = false;
  #points = 0;

  constructor(options: { name: string; clock: Clock; random: Random; trace: Trace; plan?: CrashPlan | undefined }) {
    this.name = options.name;
    this.random = options.random;
    this.#trace = options.trace;
    this.log = this.#mortalLog(options.trace.log(options.name));
    this.#plan = options.plan ?? (() => false);
    this.clock = this.#mortalClock(options.clock);
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Resolves when the process dies. */
  get death(): Promise<void> {
    return this.#death.promise;
  }

  /** How many points the process has passed. */
  get points(): number {
    return this.#points;
  }

  /** Dies now. */
  crash(why = 'killed'): void {
    if (this.#dead) return;
    this.#trace.add(this.name, `dies: ${why}`);
    this.#dead = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#death.resolve();
  }

  /** The client as this process sees it. Writes are in the trace. */
  client(client: Client): Client {
    return interceptClient(client, {
      around: (call, next) => {
        if (!READS.has(call.verb)) this.#record(call.verb, call.kind, call.key);
        return this.#pass('client', call.verb, next);
      },
      watch: () => this.#alive(),
      event: async () => {
        await this.#alive();
        return true;
      },
    });
  }

  /**
   * A port whose methods are crash points of this process. Methods may answer with a promise, a value or an async iterable; other
   * properties are passed on.
   */
  guard<P extends object>(name: string, port: P): P {
    return new Proxy(port, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (this.#dead) {
            if (isAsync(value)) return never();
            throw new SimulatedCrash(`${this.name} is dead`);
          }
          if (this.#reaches(name, String(property), 'before')) return never();
          const result: unknown = Reflect.apply(value as (...all: unknown[]) => unknown, target, args);
          return result instanceof Promise ? this.#answer(name, String(property), result) : result;
        };
      },
    });
  }

  async #pass<R>(port: string, method: string, next: () => Promise<R>): Promise<R> {
    if (this.#dead || this.#reaches(port, method, 'before')) return never<R>();
    return this.#answer(port, method, next());
  }

  async #answer<R>(port: string, method: string, answer: Promise<R>): Promise<R> {
    try {
      return await answer;
    } finally {
      // A finally block that never ends takes the answer and the error with it.
      if (this.#dead || this.#reaches(port, method, 'after')) await never();
    }
  }

  #reaches(port: string, method: string, moment: CrashPoint['moment']): boolean {
    this.#points++;
    if (!this.#plan({ port, method, moment, n: this.#points })) return false;
    this.crash(`${moment} ${port}.${method}`);
    return true;
  }

  async #alive(): Promise<void> {
    if (this.#dead) await never();
  }

  #record(verb: string, kind: Kind<KubeObject>, key: { namespace?: string | undefined; name?: string | undefined }): void {
    if (!this.#dead)
      this.#trace.add(this.name, `${verb} ${kind.kind} ${keyText({ namespace: key.namespace, name: key.name ?? '' })}`);
  }

  #mortalLog(log: Log): Log {
    const mortal =
      (level: 'debug' | 'info' | 'warn' | 'error') =>
      (fields: object, message: string): void => {
        if (!this.#dead) log[level](fields, message);
      };
    return {
      debug: mortal('debug'),
      info: mortal('info'),
      warn: mortal('warn'),
      error: mortal('error'),
      child: (fields) => this.#mortalLog(log.child(fields)),
    };
  }

  #mortalClock(clock: Clock): Clock {
    const mortal: Clock = {
      now: () => clock.now(),
      setTimer: (at, fire) => {
        if (this.#dead) return { cancel: () => undefined };
        const timer = clock.setTimer(at, () => {
          this.#timers.delete(timer);
          fire();
        });
        this.#timers.add(timer);
        return {
          cancel: () => {
            this.#timers.delete(timer);
            timer.cancel();
          },
        };
      },
      sleep: (ms, options) => sleepOn(mortal, ms, options?.signal),
    };
    return mortal;
  }
}

function never<R>(): Promise<R> {
  return new Promise<R>(() => undefined);
}

function isAsync(value: object): boolean {
  return value.constructor.name === 'AsyncFunction';
}
