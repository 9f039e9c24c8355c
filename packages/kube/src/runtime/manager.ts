import type { Kind, KubeObject, ObjectKey } from '@kargo/api';
import type { Client, ListOptions } from '../client/client.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { hasPendingTurns, nextTurn } from '../ports/turn.ts';
import type { Cache, Index } from './cache.ts';
import type { ControllerOptions, Source } from './controller.ts';
import { ControllerRunner } from './controller-runner.ts';
import { Informer } from './informer.ts';
import type { RuntimeMetrics } from './metrics.ts';
import type { Defect, Wait } from './wait.ts';

export interface ManagerOptions {
  client: Client;
  clock: Clock;
  random: Random;
  log: Log;
  metrics?: RuntimeMetrics | undefined;
  /**
   * How long after a list everything of a kind is listed again, in milliseconds: a safety net under watches that lose events without a
   * trace. Default: never.
   */
  relistAfter?: number | undefined;
}

type AnyInformer = Informer<KubeObject>;

/** How many turns of the event loop everything must have been quiet to count as idle: changes travel through the watch meanwhile. */
const QUIET_TURNS = 8;

/**
 * Runs controllers over one shared cache. Everything is registered first, then started. Reconciles wait until every cache has its first
 * list. No failure of a reconciler, map function or watch ends it.
 */
export class Manager {
  readonly cache: Cache;
  readonly #options: ManagerOptions;
  readonly #informers = new Map<string, AnyInformer>();
  readonly #runners: ControllerRunner[] = [];
  readonly #abort = new AbortController();
  readonly #following: Promise<void>[] = [];
  #state: 'new' | 'starting' | 'running' | 'stopped' = 'new';
  #activity = 0;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.cache = {
      get: <T extends KubeObject>(kind: Kind<T>, key: ObjectKey): T | undefined => this.#informer(kind).store.get(key),
      list: <T extends KubeObject>(kind: Kind<T>, list?: Pick<ListOptions, 'namespace' | 'labelSelector'>): readonly T[] =>
        this.#informer(kind).store.list(list),
      byIndex: <T extends KubeObject>(kind: Kind<T>, name: string, value: string): readonly T[] =>
        this.#informer(kind).store.byIndex(name, value),
    };
  }

  /** Keeps the objects of a kind in the cache though no controller watches it. */
  watch<T extends KubeObject>(kind: Kind<T>): void {
    this.#mustBeNew();
    const id = idOf(kind);
    if (this.#informers.has(id)) return;
    const { client, clock, random, log, metrics, relistAfter } = this.#options;
    const informer = new Informer({
      client,
      kind,
      clock,
      random,
      log: log.child({ informer: kind.kind }),
      metrics,
      relistAfter,
    });
    informer.listen(() => {
      this.#activity++;
    });
    // Informers of different kinds stand in one map; each comes out under the kind it went in with.
    this.#informers.set(id, informer as unknown as AnyInformer);
  }

  /** Files cached objects under an index; watches the kind if nobody does. */
  addIndex<T extends KubeObject>(index: Index<T>): void {
    this.watch(index.kind);
    this.#informer(index.kind).store.addIndex(index);
  }

  /** Registers a controller. A second one of the same name is a programmer error. */
  add(options: ControllerOptions): void {
    this.#mustBeNew();
    if (this.#runners.some((other) => other.options.name === options.name))
      throw new Error(`programmer error: there is a controller named "${options.name}" already`);
    const { clock, random, log, metrics } = this.#options;
    this.watch(options.for);
    const runner = new ControllerRunner(options, {
      clock,
      random,
      log,
      metrics,
      onChange: () => {
        this.#activity++;
      },
    });
    this.#runners.push(runner);
    for (const source of sourcesOf(options)) this.watch(source.kind);
  }

  /**
   * Follows all kinds, waits for every first list, and lets the workers begin with every existing object. Resolves then; while the API
   * cannot be reached it keeps trying. Rejects only when stopped meanwhile.
   */
  async start(): Promise<void> {
    this.#mustBeNew();
    this.#state = 'starting';
    for (const informer of this.#informers.values()) this.#following.push(informer.run(this.#abort.signal));
    const stopped = Promise.withResolvers<never>();
    const onAbort = (): void => stopped.reject(this.#abort.signal.reason);
    this.#abort.signal.addEventListener('abort', onAbort, { once: true });
    await Promise.race([Promise.all([...this.#informers.values()].map((informer) => informer.synced)), stopped.promise]);
    this.#abort.signal.removeEventListener('abort', onAbort);
    this.#state = 'running';
    for (const runner of this.#runners) this.#connect(runner);
    for (const runner of this.#runners) runner.start();
  }

  /** Aborts when the manager stops: for what lives as long as its controllers do. */
  get stopping(): AbortSignal {
    return this.#abort.signal;
  }

  /** Aborts what runs, ends all watches and waits for both. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#abort.abort(new Error('the manager stops'));
    await Promise.all([...this.#runners.map((runner) => runner.stop()), ...this.#following]);
  }

  /** Every object that waits, in the order of controllers and keys. */
  waits(): readonly Wait[] {
    return this.#runners.flatMap((runner) => [...runner.waits()].toSorted((a, b) => compareKeys(a.key, b.key)));
  }

  /** What an object waits for in each controller of its kind. */
  waitsOf(kind: Kind<KubeObject>, key: ObjectKey): readonly Wait[] {
    return this.#of(kind).flatMap((runner) => runner.waitOf(key) ?? []);
  }

  /** What an object waits for: of several controllers, the one registered first. */
  waitOf(kind: Kind<KubeObject>, key: ObjectKey): Wait | undefined {
    return this.waitsOf(kind, key)[0];
  }

  /** Mistakes of this program that the runtime noticed. Empty in a correct one. */
  defects(): readonly Defect[] {
    if (this.#state !== 'running') return [];
    return this.#runners.flatMap((runner) => runner.defects(this.#informer(runner.options.for).store.list()));
  }

  /** Has an object reconciled soon by every controller of its kind, as if it had changed. */
  enqueue(kind: Kind<KubeObject>, key: ObjectKey): void {
    for (const runner of this.#of(kind)) runner.enqueue(key);
  }

  /**
   * For tests: resolves when no key is ready or being reconciled and no change is on its way from an in-process API. Timers ahead do
   * not count. Never resolves while a reconcile hangs.
   */
  async idle(): Promise<void> {
    let quiet = 0;
    let seen = this.#activity;
    while (quiet < QUIET_TURNS) {
      await nextTurn();
      quiet = seen === this.#activity && !hasPendingTurns() && this.#runners.every((runner) => runner.idle) ? quiet + 1 : 0;
      seen = this.#activity;
    }
  }

  #connect(runner: ControllerRunner): void {
    for (const source of sourcesOf(runner.options)) {
      const informer = this.#informer(source.kind);
      informer.listen((change) => runner.handle(source, change));
      for (const object of informer.store.list()) runner.handle(source, { object });
    }
    for (const { metadata } of this.#informer(runner.options.for).store.list())
      runner.enqueue({ namespace: metadata.namespace, name: metadata.name ?? '' });
  }

  #of(kind: Kind<KubeObject>): ControllerRunner[] {
    return this.#runners.filter((runner) => idOf(runner.options.for) === idOf(kind));
  }

  #informer<T extends KubeObject>(kind: Kind<T>): Informer<T> {
    const informer = this.#informers.get(idOf(kind));
    if (informer === undefined)
      throw new Error(
        `programmer error: ${kind.kind} is not watched; register it with the manager before reading it from the cache`,
      );
    return informer as unknown as Informer<T>;
  }

  #mustBeNew(): void {
    if (this.#state !== 'new') throw new Error('programmer error: the manager has started; register everything before');
  }
}

/** The sources of a controller, with its own kind among them. */
function sourcesOf(options: ControllerOptions): readonly Source[] {
  const { sources } = options;
  if (sources.some(({ kind }) => idOf(kind) === idOf(options.for))) return sources;
  const own: Source = {
    kind: options.for,
    map: ({ object, old }) => {
      const { metadata } = (object ?? old) as KubeObject;
      return [{ namespace: metadata.namespace, name: metadata.name ?? '' }];
    },
  };
  return [own, ...sources];
}

function idOf({ group, plural }: Pick<Kind, 'group' | 'plural'>): string {
  return `${plural}.${group}`;
}

function compareKeys(a: ObjectKey, b: ObjectKey): number {
  const left = `${a.namespace ?? ''}/${a.name}`;
  const right = `${b.namespace ?? ''}/${b.name}`;
  return left < right ? -1 : left > right ? 1 : 0;
}
