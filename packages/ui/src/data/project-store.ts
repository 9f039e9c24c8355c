/** What is known of one project, kept current by one stream: the data under every screen of it. No framework. */
import type { Freight, Promotion, Stage, Warehouse } from '@kargo/api';
import { ApiFailure, streams } from './api.ts';
import { untilSeen, whileSeen, type Attention } from './attention.ts';
import { messageIn, OutOfRangeError, type StreamEvent } from './event-stream.ts';
import type { Follow } from './streams/streams.ts';

/** Freshness: `live`, or since when it is not and when the next attempt is (epoch milliseconds). `refused`: trying again is of no use. */
export type Connection =
  | { kind: 'connecting' }
  | { kind: 'live' }
  | { kind: 'lost'; since: number; retryAt: number; why: string }
  | { kind: 'refused'; status: number; why: string };

/** Maps are new when, and only when, something of their kind has changed; objects are never changed. */
export interface ProjectData {
  stages: ReadonlyMap<string, Stage>;
  warehouses: ReadonlyMap<string, Warehouse>;
  freight: ReadonlyMap<string, Freight>;
  promotions: ReadonlyMap<string, Promotion>;
  /** Whether everything was read at least once. */
  loaded: boolean;
  /** Sorts of objects that this user may not see. */
  refused: readonly string[];
  connection: Connection;
}

const TYPES = ['stages', 'warehouses', 'freight', 'promotions'] as const;
type Type = (typeof TYPES)[number];
type Maps = Record<Type, Map<string, never>>;

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

export interface StoreEnvironment extends Attention {
  follow: Follow;
  now(): number;
  /** Calls before the next frame is painted. */
  frame(call: () => void): void;
}

interface Frame {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'SYNCED';
  resource?: string;
  refused?: string[];
  object?: { metadata: { name?: string } };
}

const emptyMaps = (): Maps => ({
  stages: new Map<string, never>(),
  warehouses: new Map<string, never>(),
  freight: new Map<string, never>(),
  promotions: new Map<string, never>(),
});

/**
 * Reads everything, then changes, in one stream; goes on where it was when the stream breaks, with growing pauses while that fails.
 * Lets the stream go while nobody looks. Listeners hear once a frame.
 */
export class ProjectStore {
  readonly project: string;
  readonly #environment: StoreEnvironment;
  readonly #listeners = new Set<() => void>();
  #maps = emptyMaps();
  readonly #dirty = new Set<Type>();
  #data: ProjectData = {
    ...emptyMaps(),
    loaded: false,
    refused: [],
    connection: { kind: 'connecting' },
  };
  /** Where a stream can go on; undefined: from the beginning. */
  #cursor: string | undefined;
  #loaded = false;
  #refused: readonly string[] = [];
  #connection: Connection = { kind: 'connecting' };
  #running: AbortController | undefined;
  #scheduled = false;
  /** Ends a pause early. */
  #wake: () => void = () => undefined;

  constructor(project: string, environment: StoreEnvironment) {
    this.project = project;
    this.#environment = environment;
  }

  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  /** The same value until something changes. */
  get = (): ProjectData => this.#data;

  /** The first listener starts the stream, the last one ends it. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#running?.abort();
    };
  };

  /** Tries again now instead of at the end of the pause. */
  retry = (): void => this.#wake();

  #start(): void {
    const running = new AbortController();
    this.#running = running;
    const stop = this.#environment.onAttention(() => this.#wake());
    running.signal.addEventListener('abort', stop);
    void this.#run(running.signal);
  }

  async #run(signal: AbortSignal): Promise<void> {
    let pause = FIRST_PAUSE;
    while (!signal.aborted) {
      if (this.#loaded) await untilSeen(this.#environment, signal);
      if (signal.aborted) return;
      const ended = await this.#follow(signal, () => (pause = FIRST_PAUSE));
      if (signal.aborted) return;
      if (ended.kind === 'unseen') continue;
      if (ended.kind === 'expired' || (ended.kind === 'refused' && ended.status === 400 && this.#cursor !== undefined)) {
        this.#cursor = undefined;
        continue;
      }
      this.#connection =
        ended.kind === 'refused'
          ? { kind: 'refused', status: ended.status, why: ended.why }
          : {
              kind: 'lost',
              since: this.#connection.kind === 'lost' ? this.#connection.since : this.#environment.now(),
              retryAt: this.#environment.now() + pause,
              why: ended.why,
            };
      this.#changed();
      await this.#pause(ended.kind === 'refused' ? undefined : pause, signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  /** One stream until it ends, and why it ended. */
  async #follow(signal: AbortSignal, connected: () => void): Promise<Ended> {
    try {
      const ended = await whileSeen<Ended>(this.#environment, signal, async (end) => {
        const { follow } = this.#environment;
        const cursor = this.#cursor;
        // From the beginning: what is not there any more must be gone in the end, and until then what was known stays.
        const filling = cursor === undefined ? emptyMaps() : undefined;
        const state = { filling };
        if (filling !== undefined && !this.#loaded) this.#maps = filling;
        for await (const batch of follow(streams.project(this.project), cursor, end)) {
          if (end.aborted) break;
          for (const event of batch) this.#apply(event, state, connected);
          this.#changed();
        }
        return { kind: 'lost', why: 'The server ended the connection.' };
      });
      return ended ?? { kind: 'unseen' };
    } catch (error) {
      return endedBy(error);
    }
  }

  #apply({ id, isError, data }: StreamEvent, state: { filling: Maps | undefined }, connected: () => void): void {
    if (isError) throw new OutOfRangeError(data);
    if (id !== undefined) this.#cursor = id;
    if (data === '') return;
    const { type, resource, refused, object } = JSON.parse(data) as Frame;
    if (type === 'SYNCED') {
      if (state.filling !== undefined) {
        this.#maps = state.filling;
        for (const each of TYPES) this.#dirty.add(each);
        state.filling = undefined;
      }
      this.#loaded = true;
      this.#refused = refused ?? [];
      this.#connection = { kind: 'live' };
      connected();
      return;
    }
    const name = object?.metadata.name;
    if (name === undefined || !isType(resource)) return;
    const map = (state.filling ?? this.#maps)[resource];
    if (type === 'DELETED') map.delete(name);
    else map.set(name, object as never);
    if (state.filling === undefined || state.filling === this.#maps) this.#dirty.add(resource);
  }

  #pause(ms: number | undefined, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener('abort', done);
        this.#wake = () => undefined;
        resolve();
      };
      const cancel = ms === undefined ? () => undefined : this.#environment.after(ms, done);
      signal.addEventListener('abort', done);
      this.#wake = done;
    });
  }

  /** Publishes what has changed, once before the next frame. */
  #changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#environment.frame(() => {
      this.#scheduled = false;
      const { stages, warehouses, freight, promotions } = this.#data;
      const next = { stages, warehouses, freight, promotions };
      // Each map by itself: who looks at one kind need not hear of the others.
      for (const type of this.#dirty) next[type] = new Map(this.#maps[type]);
      this.#dirty.clear();
      this.#data = { ...next, loaded: this.#loaded, refused: this.#refused, connection: this.#connection };
      for (const listener of this.#listeners) listener();
    });
  }
}

type Ended =
  | { kind: 'lost'; why: string }
  | { kind: 'refused'; status: number; why: string }
  | { kind: 'expired' }
  | { kind: 'unseen' };

function endedBy(error: unknown): Ended {
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof OutOfRangeError)
    return why.includes('out_of_range') ? { kind: 'expired' } : { kind: 'lost', why: messageIn(why) };
  if (error instanceof ApiFailure && [400, 401, 403, 404].includes(error.status))
    return { kind: 'refused', status: error.status, why };
  return { kind: 'lost', why };
}

function isType(resource: string | undefined): resource is Type {
  return TYPES.some((type) => type === resource);
}
