/** What is known of one project, kept current by watches: the data under every screen of it. No framework. */
import type { Freight, Promotion, Stage, Warehouse } from '@kargo/api';
import { ApiFailure, type Api, type Listed } from './api.ts';
import { readFrames } from './event-stream.ts';

/** Freshness: `live`, or since when it is not and when the next attempt is (epoch milliseconds). */
export type Connection =
  | { kind: 'connecting' }
  | { kind: 'live' }
  | { kind: 'lost'; since: number; retryAt: number; why: string };

export interface ProjectData {
  stages: ReadonlyMap<string, Stage>;
  warehouses: ReadonlyMap<string, Warehouse>;
  freight: ReadonlyMap<string, Freight>;
  promotions: ReadonlyMap<string, Promotion>;
  /** Whether everything was read at least once. */
  loaded: boolean;
  connection: Connection;
}

type Type = 'stages' | 'warehouses' | 'freight' | 'promotions';
const TYPES: readonly Type[] = ['stages', 'warehouses', 'freight', 'promotions'];
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

export interface StoreEnvironment {
  api: Pick<Api, 'stages' | 'warehouses' | 'freight' | 'promotions' | 'watch'>;
  now(): number;
  /** Calls once after `ms`; returns how to cancel that. */
  after(ms: number, call: () => void): () => void;
  /** Calls before the next frame is painted. */
  frame(call: () => void): void;
}

/** Lists, then watches; when a watch ends it lists again, with growing pauses while that fails. Listeners hear once a frame. */
export class ProjectStore {
  readonly project: string;
  readonly #environment: StoreEnvironment;
  readonly #listeners = new Set<() => void>();
  readonly #maps: Record<Type, Map<string, never>> = {
    stages: new Map<string, never>(),
    warehouses: new Map<string, never>(),
    freight: new Map<string, never>(),
    promotions: new Map<string, never>(),
  };
  readonly #ready = new Set<Type>();
  #data: ProjectData = {
    stages: new Map(),
    warehouses: new Map(),
    freight: new Map(),
    promotions: new Map(),
    loaded: false,
    connection: { kind: 'connecting' },
  };
  #abort: AbortController | undefined;
  #scheduled = false;
  #lost: { since: number; retryAt: number; why: string } | undefined;

  constructor(project: string, environment: StoreEnvironment) {
    this.project = project;
    this.#environment = environment;
  }

  /** The same value until something changes. */
  get = (): ProjectData => this.#data;

  /** The first listener starts the streams, the last one ends them. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#abort?.abort();
    };
  };

  #start(): void {
    this.#abort = new AbortController();
    for (const type of TYPES) void this.#follow(type, this.#abort.signal);
  }

  async #follow(type: Type, signal: AbortSignal): Promise<void> {
    let pause = FIRST_PAUSE;
    while (!signal.aborted) {
      try {
        const listed = (await this.#environment.api[type](this.project)) as Listed<{ metadata: { name?: string } }>;
        if (signal.aborted) return;
        this.#replace(type, listed.items);
        const stream = await this.#environment.api.watch(this.project, type, listed.resourceVersion, signal);
        this.#connected(type);
        pause = FIRST_PAUSE;
        for await (const { type: change, object } of readFrames(stream)) {
          if (signal.aborted) return;
          const name = object.metadata.name ?? '';
          if (change === 'DELETED') this.#maps[type].delete(name);
          else this.#maps[type].set(name, object as never);
          this.#changed();
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ApiFailure && (error.status === 401 || error.status === 403 || error.status === 404))
          pause = LONGEST_PAUSE;
        this.#disconnected(error instanceof Error ? error.message : String(error), pause);
      }
      await this.#pause(pause, signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  #replace(type: Type, items: readonly { metadata: { name?: string } }[]): void {
    const map = this.#maps[type];
    map.clear();
    for (const item of items) map.set(item.metadata.name ?? '', item as never);
    this.#ready.add(type);
    this.#changed();
  }

  #connected(type: Type): void {
    this.#ready.add(type);
    if (this.#ready.size === TYPES.length) this.#lost = undefined;
    this.#changed();
  }

  #disconnected(why: string, pause: number): void {
    const now = this.#environment.now();
    this.#lost = { since: this.#lost?.since ?? now, retryAt: now + pause, why };
    this.#changed();
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#environment.after(ms, resolve);
      signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  }

  /** Publishes what has changed, once before the next frame. */
  #changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#environment.frame(() => {
      this.#scheduled = false;
      const loaded = this.#ready.size === TYPES.length;
      const connection: Connection =
        this.#lost !== undefined ? { kind: 'lost', ...this.#lost } : loaded ? { kind: 'live' } : { kind: 'connecting' };
      const { stages, warehouses, freight, promotions } = this.#maps;
      this.#data = {
        stages: new Map(stages),
        warehouses: new Map(warehouses),
        freight: new Map(freight),
        promotions: new Map(promotions),
        loaded,
        connection,
      };
      for (const listener of this.#listeners) listener();
    });
  }
}
