import { describe, expect, it } from 'vitest';
import { readFrames } from './event-stream.ts';
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
    const frames = [];
    for await (const frame of readFrames(
      streamOf(
        'data: {"type":"ADDED","obj',
        'ect":{"metadata":{"name":"a"}}}\n\n: keepalive\n\ndata: {"type":"DELETED","object":{"metadata":{"name":"é"}}}\n\n',
      ),
    ))
      frames.push(frame);
    expect(frames.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ['ADDED', 'a'],
      ['DELETED', 'é'],
    ]);
  });

  it('end with an error when the server cannot go on', async () => {
    const read = async (): Promise<void> => {
      for await (const _ of readFrames(streamOf('event: error\ndata: {"code":"out_of_range"}\n\n'))) continue;
    };
    await expect(read()).rejects.toThrow('out_of_range');
  });
});

/** A server whose watches the test feeds, on time the test moves. */
class FakeServer {
  readonly listed: Record<string, string[]> = { stages: ['test'], warehouses: ['web'], freight: [], promotions: [] };
  readonly feeds = new Map<string, ReadableStreamDefaultController<Uint8Array>>();
  readonly pauses: number[] = [];
  down = false;
  #resume: (() => void)[] = [];

  readonly environment: StoreEnvironment = {
    api: {
      stages: () => this.#list('stages'),
      warehouses: () => this.#list('warehouses'),
      freight: () => this.#list('freight'),
      promotions: () => this.#list('promotions'),
      watch: (_project, type) =>
        this.down
          ? Promise.reject(new Error('away'))
          : Promise.resolve(new ReadableStream<Uint8Array>({ start: (controller) => void this.feeds.set(type, controller) })),
    },
    now: () => 1000,
    after: (ms, call) => {
      this.pauses.push(ms);
      this.#resume.push(call);
      return () => undefined;
    },
    frame: (call) => queueMicrotask(call),
  };

  #list(type: string): Promise<never> {
    if (this.down) return Promise.reject(new Error('away'));
    return Promise.resolve({
      items: (this.listed[type] ?? []).map((name) => ({ metadata: { name } })),
      resourceVersion: '1',
    } as never);
  }

  send(type: string, change: string, name: string): void {
    this.feeds.get(type)?.enqueue(encode(`data: ${JSON.stringify({ type: change, object: { metadata: { name } } })}\n\n`));
  }

  passPauses(): void {
    for (const call of this.#resume.splice(0)) call();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('what is known of a project', () => {
  it('is listed, then kept current by watches', async () => {
    const server = new FakeServer();
    const store = new ProjectStore('shop', server.environment);
    let heard = 0;
    const leave = store.subscribe(() => (heard += 1));
    await settle();
    expect(store.get()).toMatchObject({ loaded: true, connection: { kind: 'live' } });
    expect([...store.get().stages.keys()]).toEqual(['test']);
    const before = heard;
    server.send('stages', 'ADDED', 'uat');
    server.send('stages', 'DELETED', 'test');
    await settle();
    expect([...store.get().stages.keys()]).toEqual(['uat']);
    expect(heard - before).toBeLessThanOrEqual(2);
    leave();
  });

  it('says since when it is not current, tries again with growing pauses, and catches up', async () => {
    const server = new FakeServer();
    const store = new ProjectStore('shop', server.environment);
    const leave = store.subscribe(() => undefined);
    await settle();
    server.down = true;
    server.feeds.get('stages')?.close();
    await settle();
    server.passPauses();
    await settle();
    expect(store.get().connection).toMatchObject({ kind: 'lost', since: 1000, why: 'away' });
    server.passPauses();
    await settle();
    expect(server.pauses.at(-1)).toBeGreaterThan(server.pauses[0] ?? 0);
    server.down = false;
    server.listed['stages'] = ['prod'];
    server.passPauses();
    await settle();
    expect(store.get().connection).toEqual({ kind: 'live' });
    expect([...store.get().stages.keys()]).toEqual(['prod']);
    leave();
  });
});
