import { describe, expect, it } from 'vitest';
import { ApiFailure } from './api.ts';
import { readEvents, readLive, type StreamEvent } from './event-stream.ts';
import { ProjectStore, type StoreEnvironment } from './project-store.ts';

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function streamOf(...chunks: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encode(chunk));
      controller.close();
    },
  });
}

describe('server-sent events', () => {
  it('are put together from pieces, without the comments that keep the stream alive', async () => {
    const events: StreamEvent[] = [];
    let heard = 0;
    const stream = streamOf(
      'retry: 1000\n\nid: stages:1\ndata: {"a',
      '":1}\n\n: keepalive\n\ndata: é\ndata: b\n\nid: stages:2\n\nevent: error\ndata: no\n\n',
    );
    for await (const event of readEvents(stream, () => (heard += 1))) events.push(event);
    expect(heard).toBe(2);
    expect(events).toEqual([
      { id: 'stages:1', isError: false, data: '{"a":1}' },
      { id: undefined, isError: false, data: 'é\nb' },
      { id: 'stages:2', isError: false, data: '' },
      { id: undefined, isError: true, data: 'no' },
    ]);
  });
});

/** A server whose streams the test feeds, on time the test moves, for a page that the test looks at or not. */
class FakeServer {
  there: Record<string, string[]> = { stages: ['test'], warehouses: ['web'], freight: [], promotions: [] };
  readonly cursors: (string | undefined)[] = [];
  readonly pauses: number[] = [];
  failure: Error | undefined;
  seen = true;
  #feed: ReadableStreamDefaultController<Uint8Array> | undefined;
  #timers = new Map<() => void, number>();
  #attention = new Set<() => void>();

  readonly environment: StoreEnvironment = {
    follow: (_route, cursor, until) => readLive((signal) => this.#open(cursor, signal), this.environment.after, until),
    now: () => 1000,
    after: (ms, call) => {
      this.#timers.set(call, ms);
      return () => this.#timers.delete(call);
    },
    frame: (call) => queueMicrotask(call),
    isSeen: () => this.seen,
    onAttention: (call) => {
      this.#attention.add(call);
      return () => this.#attention.delete(call);
    },
  };

  #open(cursor: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    this.cursors.push(cursor);
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const stream = new ReadableStream<Uint8Array>({ start: (controller) => void (this.#feed = controller) });
    signal.addEventListener('abort', () => this.#feed?.error(new Error('aborted')));
    if (cursor === undefined)
      for (const [resource, names] of Object.entries(this.there)) for (const name of names) this.send(resource, 'ADDED', name);
    this.frame('id: all:1\ndata: {"type":"SYNCED","refused":[]}\n\n');
    return Promise.resolve(stream);
  }

  frame(text: string): void {
    this.#feed?.enqueue(encode(text));
  }

  send(resource: string, type: string, name: string, id = ''): void {
    this.frame(
      `${id === '' ? '' : `id: ${id}\n`}data: ${JSON.stringify({ type, resource, object: { metadata: { name } } })}\n\n`,
    );
  }

  end(): void {
    this.#feed?.close();
  }

  /** Lets timers of at most `ms` ring, and notes which there were. */
  pass(ms: number): void {
    const due = [...this.#timers].filter(([, after]) => after <= ms);
    for (const [call, after] of due) {
      this.#timers.delete(call);
      this.pauses.push(after);
      call();
    }
  }

  look(seen: boolean): void {
    this.seen = seen;
    for (const call of this.#attention) call();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

async function open(
  server = new FakeServer(),
): Promise<{ server: FakeServer; store: ProjectStore; heard: () => number; leave: () => void }> {
  const store = new ProjectStore('shop', server.environment);
  let heard = 0;
  const leave = store.subscribe(() => (heard += 1));
  await settle();
  return { server, store, heard: () => heard, leave };
}

describe('what is known of a project', () => {
  it('is read, then kept current by one stream; maps of what did not change stay the same', async () => {
    const { server, store, heard, leave } = await open();
    expect(store.get()).toMatchObject({ loaded: true, connection: { kind: 'live' } });
    expect([...store.get().stages.keys()]).toEqual(['test']);
    const [before, { warehouses, stages }] = [heard(), store.get()];
    server.send('stages', 'ADDED', 'uat');
    server.send('stages', 'DELETED', 'test');
    await settle();
    expect([...store.get().stages.keys()]).toEqual(['uat']);
    expect(store.get().stages).not.toBe(stages);
    expect(store.get().warehouses).toBe(warehouses);
    expect(heard() - before).toBeLessThanOrEqual(2);
    leave();
  });

  it('says since when it is not current, tries again with growing pauses, and goes on where it was', async () => {
    const { server, store, leave } = await open();
    server.send('stages', 'ADDED', 'uat', 'all:7');
    await settle();
    server.failure = new Error('away');
    server.end();
    await settle();
    server.pass(10_000);
    await settle();
    expect(store.get().connection).toMatchObject({ kind: 'lost', since: 1000, why: 'away' });
    server.pass(10_000);
    await settle();
    expect(server.pauses).toEqual([500, 1000]);
    server.failure = undefined;
    store.retry();
    await settle();
    expect(store.get().connection).toEqual({ kind: 'live' });
    expect(server.cursors).toEqual([undefined, 'all:7', 'all:7', 'all:7']);
    expect([...store.get().stages.keys()]).toEqual(['test', 'uat']);
    leave();
  });

  it('is read anew when the server does not know any more what came since; what is gone is gone', async () => {
    const { server, store, leave } = await open();
    server.there = { stages: ['prod'] };
    server.frame('event: error\ndata: {"code":"out_of_range"}\n\n');
    await settle();
    expect(server.cursors).toEqual([undefined, undefined]);
    expect([...store.get().stages.keys()]).toEqual(['prod']);
    expect(store.get().warehouses.size).toBe(0);
    leave();
  });

  it('takes a stream that says nothing for dead', async () => {
    const { server, store, leave } = await open();
    server.pass(75_000);
    await settle();
    expect(store.get().connection).toMatchObject({ kind: 'lost', why: expect.stringContaining('said nothing') as string });
    leave();
  });

  it('lets the stream go while nobody looks, and goes on when somebody does', async () => {
    const { server, store, leave } = await open();
    server.look(false);
    server.pass(10_000);
    await settle();
    expect(server.cursors).toHaveLength(1);
    expect(store.get().connection.kind).toBe('live');
    server.look(true);
    await settle();
    expect(server.cursors).toEqual([undefined, 'all:1']);
    leave();
  });

  it('does not try again by itself what is refused', async () => {
    const server = new FakeServer();
    server.failure = new ApiFailure(403, 'you may not');
    const { store, leave } = await open(server);
    server.pass(10_000);
    await settle();
    expect(server.cursors).toHaveLength(1);
    expect(store.get()).toMatchObject({ loaded: false, connection: { kind: 'refused', status: 403, why: 'you may not' } });
    server.failure = undefined;
    store.retry();
    await settle();
    expect(store.get().connection.kind).toBe('live');
    leave();
  });
});
