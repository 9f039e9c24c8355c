/** One stream of the server that several pages read. */
import { ApiFailure } from '../api.ts';
import { readLive, type StreamEvent } from '../event-stream.ts';
import type { After } from '../pause.ts';

/** How many changes back a page may be and still go on where it was; further back it reads everything again. */
const REMEMBERED = 2_000;
/** How many characters these changes may have: objects can be large. */
const REMEMBERED_SIZE = 4 * 1024 * 1024;
/** Milliseconds that a stream stays open after its last reader left: who loads a page again leaves and comes. */
const LINGER = 5_000;

export interface Reader {
  take(events: readonly StreamEvent[]): void;
  /** Nothing follows. The same as for {@link FromWorker} `ended`. */
  end(message: string | undefined, status?: number): void;
}

export interface SharedStreamEnvironment {
  open(cursor: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  after: After;
}

interface Frame {
  type: string;
  resource?: string;
  object?: { metadata?: { name?: string; namespace?: string } };
}

/** What a reader is told that was away for longer than is remembered. The server says the same. */
const EXPIRED: StreamEvent = { id: undefined, isError: true, data: '{"message":"out_of_range: read everything again"}' };

/**
 * Reads a stream once for any number of readers. Whoever comes later gets what there is from here, and whoever comes back what has changed
 * since. Readers are told that all is there only while the server keeps it current. A stream that breaks ends for everybody; who joins
 * then opens it again, where it was.
 */
export class SharedStream {
  readonly #environment: SharedStreamEnvironment;
  readonly #readers = new Set<Reader>();
  /** Those that cannot be told yet where they stand, with where they were. */
  readonly #waiting = new Map<Reader, string | undefined>();
  #objects = new Map<string, StreamEvent>();
  #cursor: string | undefined;
  #synced: StreamEvent | undefined;
  /** Changes, and where the first of them goes on from. */
  #recent: StreamEvent[] = [];
  #recentFrom: string | undefined;
  /** Characters of the changes. */
  #recentSize = 0;
  #running: AbortController | undefined;
  #isLive = false;
  #stopLingering: () => void = () => undefined;

  constructor(environment: SharedStreamEnvironment) {
    this.#environment = environment;
  }

  get isRead(): boolean {
    return this.#readers.size + this.#waiting.size > 0;
  }

  /** `cursor`: where the reader was. Returns how to leave. */
  join(reader: Reader, cursor: string | undefined): () => void {
    this.#stopLingering();
    if (this.#isLive) this.#welcome(reader, cursor);
    else if (this.#cursor === undefined && cursor !== undefined) reader.take([EXPIRED]);
    else {
      this.#waiting.set(reader, cursor);
      // While everything is read for the first time, what has come is shown already.
      if (this.#running !== undefined && this.#cursor === undefined && this.#objects.size > 0)
        reader.take([...this.#objects.values()]);
    }
    if (this.isRead && this.#running === undefined) void this.#run();
    return () => {
      this.#readers.delete(reader);
      this.#waiting.delete(reader);
      if (!this.isRead) this.#linger();
    };
  }

  /** Ends it for everybody. What was read is forgotten. */
  close(): void {
    this.#stopLingering();
    this.#running?.abort();
    this.#endAll('The session is over.');
    this.#forget();
  }

  #welcome(reader: Reader, cursor: string | undefined): void {
    const synced: StreamEvent = { id: this.#cursor, isError: false, data: this.#synced?.data ?? '{"type":"SYNCED"}' };
    if (cursor === undefined) {
      this.#readers.add(reader);
      reader.take([...this.#objects.values(), synced]);
    } else {
      const place = cursor === this.#recentFrom ? 0 : this.#recent.findIndex(({ id }) => id === cursor) + 1;
      if (place === 0 && cursor !== this.#recentFrom) return reader.take([EXPIRED]);
      this.#readers.add(reader);
      reader.take([...this.#recent.slice(place), synced]);
    }
  }

  #linger(): void {
    this.#stopLingering();
    this.#stopLingering = this.#environment.after(LINGER, () => {
      if (!this.isRead) this.#running?.abort();
    });
  }

  async #run(): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    const { signal } = running;
    const { open, after } = this.#environment;
    const resumed = this.#cursor;
    let failure: { message?: string; status?: number };
    try {
      if (resumed === undefined) this.#forget();
      for await (const batch of readLive((until) => open(resumed, until), after, signal)) {
        if (signal.aborted) break;
        this.#take(batch);
      }
      failure = {};
    } catch (error) {
      failure = failureOf(error);
    }
    if (this.#running !== running) return;
    this.#running = undefined;
    this.#isLive = false;
    if (resumed === undefined && this.#cursor === undefined) this.#forget();
    if (
      resumed !== undefined &&
      (failure.status === 400 || failure.status === 410 || failure.message?.includes('out_of_range') === true)
    ) {
      this.#forget();
      for (const reader of [...this.#readers, ...this.#waiting.keys()]) reader.take([EXPIRED]);
    }
    // Somebody may have come while a stream without readers was let go.
    if (signal.aborted && this.isRead) {
      void this.#run();
      return;
    }
    this.#endAll(failure.message, failure.status);
  }

  #take(batch: readonly StreamEvent[]): void {
    const isFirst = this.#cursor === undefined;
    const passed: StreamEvent[] = [];
    for (const event of batch) {
      if (event.isError) {
        this.#pass(passed, isFirst);
        throw new Error(event.data);
      }
      const frame = event.data === '' ? undefined : (JSON.parse(event.data) as Frame);
      if (event.id !== undefined) this.#cursor = event.id;
      if (frame?.type === 'SYNCED') {
        // Those who saw everything come need no more than to hear that this was all.
        this.#pass(passed.splice(0), isFirst);
        this.#synced = event;
        this.#isLive = true;
        if (isFirst) this.#recentFrom = event.id;
        this.#admit(isFirst);
        continue;
      }
      if (frame !== undefined) this.#note(frame, event);
      if (this.#isLive) this.#remember(event);
      passed.push(event);
    }
    this.#pass(passed, isFirst && !this.#isLive);
  }

  #remember(event: StreamEvent): void {
    this.#recent.push(event);
    this.#recentSize += event.data.length;
    if (this.#recent.length <= REMEMBERED * 1.5 && this.#recentSize <= REMEMBERED_SIZE * 1.5) return;
    let from = this.#recent.length;
    let size = 0;
    while (from > 0 && this.#recent.length - from < REMEMBERED) {
      const { length } = this.#recent[from - 1]?.data ?? '';
      if (size + length > REMEMBERED_SIZE) break;
      size += length;
      from -= 1;
    }
    this.#recentFrom = this.#recent[from - 1]?.id;
    this.#recent = this.#recent.slice(from);
    this.#recentSize = size;
  }

  #note({ type, resource, object }: Frame, event: StreamEvent): void {
    const key = `${resource ?? ''}/${object?.metadata?.namespace ?? ''}/${object?.metadata?.name ?? ''}`;
    if (type === 'DELETED') this.#objects.delete(key);
    else this.#objects.set(key, { ...event, id: undefined });
  }

  #pass(events: readonly StreamEvent[], isFilling: boolean): void {
    if (events.length === 0) return;
    for (const reader of isFilling ? this.#waiting.keys() : this.#readers) reader.take(events);
  }

  #admit(sawAll: boolean): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [reader, cursor] of waiting) {
      if (sawAll && this.#synced !== undefined) {
        this.#readers.add(reader);
        reader.take([{ ...this.#synced, id: this.#cursor }]);
      } else this.#welcome(reader, cursor);
    }
  }

  #endAll(message: string | undefined, status?: number): void {
    const readers = [...this.#readers, ...this.#waiting.keys()];
    this.#readers.clear();
    this.#waiting.clear();
    for (const reader of readers) reader.end(message, status);
  }

  #forget(): void {
    this.#objects = new Map();
    this.#recent = [];
    this.#recentFrom = undefined;
    this.#recentSize = 0;
    this.#cursor = undefined;
    this.#synced = undefined;
  }
}

function failureOf(error: unknown): { message: string; status?: number } {
  if (error instanceof ApiFailure) return { message: error.message, status: error.status };
  return { message: error instanceof Error ? error.message : String(error) };
}
