import { seededRandom, type SeededRandom } from '../../ports/seeded-random.ts';
import type { Clock } from '../../ports/clock.ts';
import { VirtualClock } from '../../ports/virtual-clock.ts';
import { SimulatedProcess, type CrashPlan } from './simulated-process.ts';
import { Trace } from './trace.ts';

export interface SimulationOptions {
  seed: number | string;
  /** Virtual time at the beginning. Default 2026-01-01T00:00:00Z. */
  start?: number | string | undefined;
}

export interface RunOptions {
  /** Virtual time after which the run has failed, in milliseconds from now. Default one day. */
  limit?: number | undefined;
  /** Timers after which the run has failed: something goes round in circles. Default 100,000. */
  steps?: number | undefined;
}

/**
 * A whole system in one process on virtual time. Everything in it takes `clock`, `random` and processes from here and does no real I/O;
 * then a seed repeats a run exactly, including its trace.
 */
export class Simulation {
  readonly seed: number | string;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly trace: Trace;
  #processes = 0;

  constructor(options: SimulationOptions) {
    this.seed = options.seed;
    this.clock = new VirtualClock(options.start);
    this.random = seededRandom(options.seed);
    this.trace = new Trace(this.clock);
  }

  /** A process that dies where `plan` says. A restarted process is a new one. `clock` is that of its machine, if it has one of its own. */
  process(name: string, plan?: CrashPlan, clock: Clock = this.clock): SimulatedProcess {
    this.#processes++;
    this.trace.add(name, 'starts');
    return new SimulatedProcess({
      name,
      clock,
      random: this.random.fork(`${name}#${this.#processes}`),
      trace: this.trace,
      plan,
    });
  }

  /**
   * Lets time pass from timer to timer until `done`. Fails with the end of the trace when nothing is left that could happen, or when it
   * takes longer than the limits.
   */
  async run(done: () => boolean | Promise<boolean>, options: RunOptions = {}): Promise<void> {
    const end = this.clock.now() + (options.limit ?? 24 * 3600_000);
    const steps = options.steps ?? 100_000;
    // `done` may act (restart a process, say), so the run has failed only when nothing came of that either.
    let nothing = 0;
    for (let step = 0; nothing < 2; step++) {
      await this.#settled(this.clock.settle());
      if (await done()) return;
      if (step >= steps) throw this.#failure(`not done after ${steps} timers`);
      nothing = (await this.#settled(this.clock.runNext(end))) ? 0 : nothing + 1;
    }
    throw this.#failure(this.clock.nextAt() === undefined ? 'nothing is left that could happen' : 'not done within the limit');
  }

  async #settled<R>(settling: Promise<R>): Promise<R> {
    try {
      return await settling;
    } catch (error) {
      throw this.#failure(error instanceof Error ? error.message : String(error));
    }
  }

  #failure(why: string): Error {
    const last = this.trace.lines.slice(-40).join('\n');
    return new Error(`simulation with seed ${JSON.stringify(this.seed)}: ${why}. The last of its trace:\n${last}`);
  }
}

/** A plan that dies at point `n`, once. */
export function crashAt(n: number): CrashPlan {
  return (point) => point.n === n;
}

/** A plan that dies at each point that `counts` with probability `chance`. */
export function crashRandomly(random: { next(): number }, chance: number, counts: CrashPlan = () => true): CrashPlan {
  return (point) => counts(point) && random.next() < chance;
}
