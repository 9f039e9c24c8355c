import { isReason, keyText, type KubeObject, type ObjectKey } from '@kargo/api';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { Backoff } from './backoff.ts';
import type { Change, ControllerOptions, Source } from './controller.ts';
import type { ReconcileOutcome, RuntimeMetrics } from './metrics.ts';
import { TerminalError, type Result, type Waiting } from './result.ts';
import { badResult, nextLook } from './result-check.ts';
import type { Defect, DefectProblem, Wait } from './wait.ts';
import { WorkQueue } from './work-queue.ts';

/** What a runner needs besides the options of its controller. */
export interface RunnerContext {
  clock: Clock;
  random: Random;
  log: Log;
  metrics?: RuntimeMetrics | undefined;
  /** Called when a reconcile ended or a key became ready. */
  onChange: () => void;
}

/** How long a reconcile may go on after its signal aborted before it counts as stuck and its worker is replaced. */
const GRACE = 10_000;
/** How many looks in a row may ask for another one at once before they are slowed down. */
const BUSY_LOOKS = 10;

/** Runs one controller: hands keys from the queue to the reconciler and acts on the results. */
export class ControllerRunner {
  readonly options: ControllerOptions;
  readonly #context: RunnerContext;
  readonly #log: Log;
  readonly #queue: WorkQueue;
  readonly #failures: Backoff;
  readonly #busy: Backoff;
  readonly #waits = new Map<string, Wait>();
  readonly #defects = new Map<string, Defect>();
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #started = false;
  #active = 0;

  constructor(options: ControllerOptions, context: RunnerContext) {
    this.options = options;
    this.#context = context;
    this.#log = context.log.child({ controller: options.name });
    this.#failures = new Backoff(options.backoff ?? { base: 200, max: 60_000 }, context.random);
    this.#busy = new Backoff({ base: 10, max: 5000 }, context.random);
    this.#queue = new WorkQueue({ clock: context.clock, onReady: () => this.#pump() });
  }

  /** Begins to hand out keys; those added before are kept until then. */
  start(): void {
    this.#started = true;
    this.#pump();
  }

  /** Aborts what runs and waits until it ended, at most the grace period. */
  async stop(): Promise<void> {
    this.#queue.close();
    this.#abort.abort(new Error(`the controller ${this.options.name} stops`));
    const { promise: graceOver, resolve } = Promise.withResolvers<void>();
    const timer = this.#context.clock.setTimer(this.#context.clock.now() + GRACE, resolve);
    await Promise.race([Promise.allSettled(this.#running), graceOver]);
    timer.cancel();
  }

  get idle(): boolean {
    return this.#queue.idle;
  }

  enqueue(key: ObjectKey): void {
    this.#queue.add(key);
  }

  /** Maps a change of a source to keys and adds them. */
  handle<T extends KubeObject>(source: Source<T>, change: Change<T>): void {
    try {
      for (const key of source.map(change)) this.#queue.add(key);
    } catch (error) {
      const subject = change.object ?? change.old;
      const message = `mapping a change of ${source.kind.kind} ${subject?.metadata.name ?? ''} failed: ${text(error)}`;
      this.#defect('MapFailed', source.kind.kind, undefined, message);
      this.#log.error({ source: source.kind.kind, error: stack(error) }, 'mapping a change failed');
    }
  }

  waits(): Iterable<Wait> {
    return this.#waits.values();
  }

  waitOf(key: ObjectKey): Wait | undefined {
    return this.#waits.get(keyText(key));
  }

  /** Defects found so far, and objects among `objects` that nothing would wake. */
  defects(objects: Iterable<KubeObject>): Defect[] {
    const out = [...this.#defects.values()];
    for (const object of objects) {
      const key = { namespace: object.metadata.namespace, name: object.metadata.name ?? '' };
      if (this.#queue.knows(key) || this.#waits.has(keyText(key))) continue;
      if (this.options.finished === undefined || this.options.finished(object as never)) continue;
      const message = `${this.options.for.kind} ${keyText(key)} is unfinished, yet its reconcile settled and nothing will wake it`;
      out.push({ ...this.#about('NoWakeUp', this.options.for.kind, key, message), since: this.#context.clock.now() });
    }
    return out;
  }

  #pump(): void {
    const workers = this.options.workers ?? 4;
    while (this.#started && this.#active < workers) {
      const taken = this.#queue.take();
      if (taken === undefined) break;
      const { metrics, clock } = this.#context;
      metrics?.queueLatency?.(this.options.name, clock.now() - taken.since);
      metrics?.queueDepth?.(this.options.name, this.#queue.depth);
      this.#active++;
      metrics?.busyWorkers?.(this.options.name, this.#active);
      const running = this.#work(taken.key)
        .catch((error: unknown) => this.#log.error({ error: stack(error) }, 'programmer error: the runtime itself failed'))
        .finally(() => {
          this.#running.delete(running);
          this.#queue.done(taken.key);
          this.#pump();
          this.#context.onChange();
        });
      this.#running.add(running);
    }
    this.#context.onChange();
  }

  /** Reconciles one key and acts on the outcome. Never rejects. */
  async #work(key: ObjectKey): Promise<void> {
    const started = this.#context.clock.now();
    const slot = { held: true };
    const deadline = this.#deadline(key, slot);
    let outcome: ReconcileOutcome;
    try {
      const result = await this.options.reconciler.reconcile(key, { signal: deadline.signal, log: this.#log.child(logKey(key)) });
      outcome = this.#accept(key, result);
    } catch (error) {
      outcome = this.#fail(key, error, deadline.timedOut());
    } finally {
      deadline.cancel();
    }
    this.#defects.delete(defectId('Stuck', this.options.for.kind, key));
    this.#release(slot);
    this.#context.metrics?.reconciled?.(this.options.name, outcome, this.#context.clock.now() - started);
  }

  #release(slot: { held: boolean }): void {
    if (!slot.held) return;
    slot.held = false;
    this.#active--;
    this.#context.metrics?.busyWorkers?.(this.options.name, this.#active);
  }

  /** A signal that aborts when the controller stops or the reconcile takes too long; one that then goes on loses its worker. */
  #deadline(key: ObjectKey, slot: { held: boolean }): { signal: AbortSignal; timedOut: () => boolean; cancel: () => void } {
    const { timeout } = this.options;
    const stopping = this.#abort.signal;
    if (timeout === undefined) return { signal: stopping, timedOut: () => false, cancel: () => undefined };
    const late = new AbortController();
    let timer: Timer;
    const onGraceOver = (): void => {
      const message = `reconciling ${this.options.for.kind} ${keyText(key)} goes on ${GRACE / 1000} s after its signal aborted`;
      this.#defect('Stuck', this.options.for.kind, key, message);
      this.#log.error(logKey(key), 'a reconcile ignores its deadline; another worker takes its place');
      this.#release(slot);
      this.#pump();
    };
    const { clock } = this.#context;
    timer = clock.setTimer(clock.now() + timeout, () => {
      late.abort(new Error(`reconciling took longer than ${timeout / 1000} s`));
      timer = clock.setTimer(clock.now() + GRACE, onGraceOver);
    });
    return {
      signal: AbortSignal.any([stopping, late.signal]),
      timedOut: () => late.signal.aborted,
      cancel: () => timer.cancel(),
    };
  }

  #accept(key: ObjectKey, result: Result): ReconcileOutcome {
    this.#failures.forget(keyText(key));
    const problem = badResult(result);
    if (problem !== undefined) {
      this.#defect(problem.problem, this.options.for.kind, key, `${this.options.for.kind} ${keyText(key)}: ${problem.message}`);
      this.#log.error(
        { ...logKey(key), problem: problem.message },
        'the reconciler returned a result that leaves the object asleep',
      );
      return this.#retry(key, new Error(`programmer error: ${problem.message}`));
    }
    this.#clearDefects(key);
    if (result.kind === 'settled') {
      this.#busy.forget(keyText(key));
      this.#waits.delete(keyText(key));
      return 'settled';
    }
    this.#wait(key, result);
    this.#arm(key, nextLook(result));
    return 'waiting';
  }

  /** Sets the timer of the next look. Looks that are due already are slowed down when they keep coming. */
  #arm(key: ObjectKey, at: number | undefined): void {
    const now = this.#context.clock.now();
    const id = keyText(key);
    if (at === undefined || at > now) {
      this.#busy.forget(id);
      if (at !== undefined) this.#queue.addAt(key, at);
      return;
    }
    const pause = this.#busy.next(id);
    if (this.#busy.failures(id) <= BUSY_LOOKS) {
      this.#queue.add(key);
      return;
    }
    const message = `${this.options.for.kind} ${id} asked ${BUSY_LOOKS} times in a row to be looked at again at once`;
    this.#defect('Busy', this.options.for.kind, key, message);
    this.#queue.addAt(key, now + pause);
  }

  #fail(key: ObjectKey, error: unknown, timedOut: boolean): ReconcileOutcome {
    if (this.#abort.signal.aborted) return 'error';
    if (error instanceof TerminalError) {
      this.#failures.forget(keyText(key));
      this.#log.warn({ ...logKey(key), error: error.message }, 'reconcile failed for good');
      const on = `${this.options.for.kind} ${keyText(key)} or something it depends on changes`;
      this.#wait(key, { kind: 'waiting', reason: 'TerminalError', message: error.message, until: [{ kind: 'event', on }] });
      return 'terminal';
    }
    const outcome = this.#retry(key, error);
    return timedOut ? 'timeout' : outcome;
  }

  #retry(key: ObjectKey, error: unknown): ReconcileOutcome {
    const id = keyText(key);
    const at = this.#context.clock.now() + this.#failures.next(id);
    const attempt = this.#failures.failures(id);
    const isConflict = isReason(error, 'Conflict');
    // A conflict means that somebody was faster: looking again is all there is to do, and nothing to report.
    if (isConflict) this.#log.debug({ ...logKey(key), attempt }, 'reconcile met a concurrent write');
    else this.#log.warn({ ...logKey(key), attempt, error: told(error) }, 'reconcile failed; it will be retried');
    this.#wait(key, {
      kind: 'waiting',
      reason: 'Retry',
      message: `attempt ${attempt} failed: ${text(error)}`,
      until: [{ kind: 'poll', at, why: 'the reconcile is retried after an error' }],
    });
    this.#queue.addAt(key, at);
    return isConflict ? 'conflict' : 'error';
  }

  #wait(key: ObjectKey, { reason, message, until }: Waiting): void {
    const id = keyText(key);
    const before = this.#waits.get(id);
    const since = before?.reason === reason ? before.since : this.#context.clock.now();
    this.#waits.set(id, { controller: this.options.name, kind: this.options.for.kind, key, reason, message, until, since });
  }

  #about(problem: DefectProblem, kind: string, key: ObjectKey | undefined, message: string): Omit<Defect, 'since'> {
    return { controller: this.options.name, kind, problem, message, ...(key === undefined ? {} : { key }) };
  }

  #defect(problem: DefectProblem, kind: string, key: ObjectKey | undefined, message: string): void {
    const id = defectId(problem, kind, key);
    const since = this.#defects.get(id)?.since ?? this.#context.clock.now();
    this.#defects.set(id, { ...this.#about(problem, kind, key, message), since });
  }

  #clearDefects(key: ObjectKey): void {
    if (this.#defects.size === 0) return;
    for (const problem of ['NoWakeUp', 'BadResult'] as const) this.#defects.delete(defectId(problem, this.options.for.kind, key));
  }
}

function defectId(problem: DefectProblem, kind: string, key: ObjectKey | undefined): string {
  return `${problem} ${kind} ${key === undefined ? '' : keyText(key)}`;
}

function logKey({ namespace, name }: ObjectKey): object {
  return namespace === undefined ? { name } : { namespace, name };
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Errors of the language, and bare ones that nothing else caused, are faults of a program: where they come from helps those who mend it. */
const FAULTS: ReadonlySet<string> = new Set(['Error', 'TypeError', 'RangeError', 'ReferenceError', 'SyntaxError']);

/** What the log says of an error: what went wrong outside speaks for itself. */
function told(error: unknown): string {
  const isFault = error instanceof Error && FAULTS.has(error.name) && error.cause === undefined;
  return isFault ? stack(error) : text(error);
}

function stack(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
