import { describe, expect, it } from 'vitest';
import { ApiFailure } from '../api.ts';
import type { StreamEvent } from '../event-stream.ts';
import type { FromPage, FromWorker, StreamKey } from './messages.ts';
import { StreamHub } from './stream-hub.ts';
import { Streams, type WorkerPort } from './streams.ts';

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** A time that the test moves. */
class Time {
  now = 0;
  readonly #timers = new Set<{ at: number; call: () => void }>();

  after = (ms: number, call: () => void): (() => void) => {
    const timer = { at: this.now + ms, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.now = next.at;
      next.call();
      await settle();
    }
    this.now = end;
  }
}

/** A browser with pages on one worker, which the test can kill, before a server whose streams the test feeds. */
class Browser {
  readonly time = new Time();
  readonly opened: { key: StreamKey; cursor: string | undefined; signal: AbortSignal }[] = [];
  failure: Error | undefined;
  /** Objects that a stream from the beginning starts with. */
  there = ['a', 'b'];
  #feeds: ReadableStreamDefaultController<Uint8Array>[] = [];
  #hub = this.#newHub();
  /** What has died says and hears nothing. */
  #life = { isOver: false };
  hasWorkers = true;
  allowsWorkers = true;
  answers = true;
  /** Milliseconds in which clocks went on and nothing else. */
  slept = 0;
  /** How often pages have reached a worker. */
  connections = 0;

  #newHub(): StreamHub {
    return new StreamHub({
      open: (key, cursor, signal) => this.open(key, cursor, signal),
      after: this.time.after,
      now: () => this.time.now + this.slept,
    });
  }

  open(key: StreamKey, cursor: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    this.opened.push({ key, cursor, signal });
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const stream = new ReadableStream<Uint8Array>({ start: (feed) => void this.#feeds.push(feed) });
    const feed = this.#feeds.at(-1);
    signal.addEventListener('abort', () => feed?.error(signal.reason));
    if (cursor === undefined) for (const name of this.there) this.send('ADDED', name);
    this.say(`id: ${cursor ?? 'v1'}\ndata: {"type":"SYNCED","refused":["x"]}\n\n`);
    return Promise.resolve(stream);
  }

  say(text: string): void {
    this.#feeds.at(-1)?.enqueue(encode(text));
  }

  send(type: string, name: string, id?: string): void {
    const frame = { resource: 'stages', type, object: { metadata: { name } } };
    this.say(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(frame)}\n\n`);
  }

  end(): void {
    this.#feeds.at(-1)?.close();
  }

  /** The worker dies with the page that it ran in. The next one who asks gets a new one. */
  kill(): void {
    this.#life.isOver = true;
    this.#life = { isOver: false };
    this.#hub = this.#newHub();
  }

  page(token = 'ann'): Page {
    return new Page(this, token);
  }

  connect(hear: (message: FromWorker) => void): WorkerPort {
    this.connections += 1;
    const life = this.#life;
    const closed = { isOver: false };
    const listen = this.#hub.connect({
      say: (message: FromWorker) => {
        if (this.answers && !life.isOver && !closed.isOver) queueMicrotask(() => hear(structuredClone(message)));
      },
    });
    return {
      say: (message: FromPage) => {
        if (!life.isOver) queueMicrotask(() => listen(structuredClone(message)));
      },
      close: () => (closed.isOver = true),
    };
  }
}

/** A page that follows one stream, and comes back at once when it breaks, as screens do. */
class Page {
  token: string | undefined;
  readonly streams: Streams;
  names = new Set<string>();
  isLive = false;
  /** Every end that it was told of. */
  readonly ends: string[] = [];
  #cursor: string | undefined;
  #stop = new AbortController();
  readonly #changed = new Set<() => void>();
  sessionEnded = false;
  /** What waits while the page is frozen. */
  #held: (() => void)[] | undefined;
  leave: () => void = () => undefined;

  constructor(browser: Browser, token: string) {
    this.token = token;
    this.streams = new Streams({
      api: {
        openStream: (route, cursor, signal) => browser.open({ base: '/alone', route, token: this.token }, cursor, signal),
      },
      session: this,
      base: '/',
      connect: browser.hasWorkers
        ? (hear) => (browser.allowsWorkers ? browser.connect((message) => this.#inTurn(() => hear(message))) : undefined)
        : undefined,
      after: (ms, call) => {
        let isOff = false;
        const cancel = browser.time.after(ms, () => this.#inTurn(() => isOff || call()));
        return () => {
          isOff = true;
          cancel();
        };
      },
      onLeave: (call) => (this.leave = call),
    });
  }

  end(): void {
    this.sessionEnded = true;
  }

  /** From now on nothing of the page runs. What comes waits. */
  freeze(): void {
    this.#held = [];
  }

  async thaw(): Promise<void> {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const call of held) call();
    await settle();
  }

  #inTurn(call: () => void): void {
    if (this.#held === undefined) call();
    else this.#held.push(call);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  };

  async follow(route = 'watch?kinds=stages'): Promise<this> {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    try {
      for await (const batch of this.streams.follow(route, this.#cursor, signal)) for (const event of batch) this.#take(event);
      if (!signal.aborted) this.ends.push('by itself');
    } catch (error) {
      if (!signal.aborted) this.ends.push((error as Error).message);
    }
    this.isLive = false;
    return this;
  }

  /** Starts to follow. */
  begin(route?: string): this {
    void this.follow(route);
    return this;
  }

  stop(): void {
    this.#stop.abort();
  }

  signIn(token: string | undefined): void {
    this.token = token;
    for (const each of this.#changed) each();
  }

  #take({ id, isError, data }: StreamEvent): void {
    if (isError) {
      this.#cursor = undefined;
      this.names = new Set();
      throw new Error(data);
    }
    if (id !== undefined) this.#cursor = id;
    if (data === '') return;
    const frame = JSON.parse(data) as { type: string; object?: { metadata: { name: string } } };
    if (frame.type === 'SYNCED') this.isLive = true;
    else if (frame.type === 'DELETED') this.names.delete(frame.object?.metadata.name ?? '');
    else this.names.add(frame.object?.metadata.name ?? '');
  }
}

const shown = (pages: readonly Page[]): string[] => pages.map(({ names, isLive }) => `${[...names].join()}${isLive ? '' : '?'}`);

describe('streams of several pages', () => {
  it('are one from the server: all see what there is and what changes', async () => {
    const browser = new Browser();
    const pages = [browser.page().begin(), browser.page().begin()];
    await settle();
    browser.send('ADDED', 'c', 'v2');
    browser.send('DELETED', 'a', 'v3');
    await settle();
    pages.push(browser.page().begin());
    await settle();
    expect(shown(pages)).toEqual(['b,c', 'b,c', 'b,c']);
    expect(browser.opened).toHaveLength(1);
  });

  it('are told apart by what is read and by who reads it', async () => {
    const browser = new Browser();
    browser.page('ann').begin();
    browser.page('bob').begin();
    browser.page('ann').begin('watch?kinds=events');
    await settle();
    expect(browser.opened.map(({ key }) => [key.token, key.route])).toEqual([
      ['ann', 'watch?kinds=stages'],
      ['bob', 'watch?kinds=stages'],
      ['ann', 'watch?kinds=events'],
    ]);
  });

  it('break for all, are opened once where they were, and are not said to be live until the server has said so', async () => {
    const browser = new Browser();
    const pages = [browser.page().begin(), browser.page().begin()];
    await settle();
    browser.send('ADDED', 'c', 'v2');
    await settle();
    browser.failure = new ApiFailure(0, 'away');
    browser.end();
    await settle();
    expect(shown(pages)).toEqual(['a,b,c?', 'a,b,c?']);
    for (const page of pages) page.begin();
    await settle();
    expect(pages.map(({ ends }) => ends)).toEqual(Array(2).fill(['by itself', 'away']));
    browser.failure = undefined;
    for (const page of pages) page.begin();
    await settle();
    browser.send('ADDED', 'd', 'v3');
    await settle();
    expect(shown(pages)).toEqual(['a,b,c,d', 'a,b,c,d']);
    expect(browser.opened.map(({ cursor }) => cursor)).toEqual([undefined, 'v2', 'v2']);
  });

  it('give who was away what has changed since, or say that it has to read everything again', async () => {
    const browser = new Browser();
    const [away, watching] = [browser.page().begin(), browser.page().begin()];
    await settle();
    away.stop();
    await settle();
    browser.send('DELETED', 'a', 'v2');
    browser.send('ADDED', 'c', 'v3');
    await settle();
    away.begin();
    await settle();
    expect(shown([away, watching])).toEqual(['b,c', 'b,c']);
    away.stop();
    await settle();
    for (let n = 0; n < 4_000; n++) browser.send('MODIFIED', `n${n % 3}`, `w${n}`);
    browser.send('DELETED', 'b', 'v4');
    await settle();
    await away.follow();
    expect(away.ends.at(-1)).toContain('out_of_range');
    away.begin();
    await settle();
    expect([...away.names].toSorted()).toEqual(['c', 'n0', 'n1', 'n2']);
    expect(browser.opened).toHaveLength(1);
  });

  it('remember large changes for as long as they are not too much together', async () => {
    const browser = new Browser();
    const [away] = [browser.page().begin(), browser.page().begin()];
    await settle();
    const large = (name: string, count: number): void => {
      for (let n = 0; n < count; n++) browser.send('MODIFIED', name.repeat(1_000_000), `${name}${n}`);
    };
    away.stop();
    await settle();
    large('c', 4);
    await settle();
    away.begin();
    await settle();
    expect([away.isLive, away.names.size]).toEqual([true, 3]);
    away.stop();
    await settle();
    large('d', 8);
    await settle();
    await away.follow();
    expect(away.ends).toEqual([expect.stringContaining('out_of_range')]);
  });

  it('read everything again when the server cannot go on where they were', async () => {
    const browser = new Browser();
    const page = browser.page().begin();
    await settle();
    browser.failure = new ApiFailure(410, 'out_of_range: too old');
    browser.end();
    await settle();
    await page.follow();
    expect(page.ends.at(-1)).toContain('out_of_range');
    browser.failure = undefined;
    browser.there = ['z'];
    page.begin();
    await settle();
    expect(shown([page])).toEqual(['z']);
  });

  it('end a while after the last reader has left, and go on from there for the next', async () => {
    const browser = new Browser();
    const page = browser.page().begin();
    await settle();
    page.stop();
    await browser.time.pass(1_000);
    expect(browser.opened[0]?.signal.aborted).toBe(false);
    await browser.time.pass(10_000);
    expect(browser.opened[0]?.signal.aborted).toBe(true);
    const next = browser.page().begin();
    await settle();
    expect(shown([next])).toEqual(['a,b']);
    expect(browser.opened.map(({ cursor }) => cursor)).toEqual([undefined, 'v1']);
  });

  it('go on after the page in which the worker ran has crashed', async () => {
    const browser = new Browser();
    const pages = [browser.page().begin(), browser.page().begin()];
    await settle();
    browser.kill();
    await browser.time.pass(13_000);
    expect(pages.map(({ ends }) => ends.length)).toEqual([1, 1]);
    // What the new worker does not know of is read again.
    for (const page of pages) await page.follow();
    for (const page of pages) page.begin();
    await settle();
    expect(shown(pages)).toEqual(['a,b', 'a,b']);
    browser.send('ADDED', 'c', 'v2');
    await settle();
    expect(shown(pages)).toEqual(['a,b,c', 'a,b,c']);
    expect(browser.opened).toHaveLength(2);
  });

  it('let go of pages that were left or have crashed, and keep the others for as long as they are there', async () => {
    const browser = new Browser();
    const [left, crashed, here] = ['stages', 'freight', 'events'].map((kind) => browser.page().begin(`watch?kinds=${kind}`));
    await settle();
    const areOpen = (): boolean[] => browser.opened.map(({ signal }) => !signal.aborted);
    left?.leave();
    crashed?.freeze();
    await browser.time.pass(10_000);
    expect(areOpen()).toEqual([false, true, true]);
    await browser.time.pass(60_000);
    expect(areOpen()).toEqual([false, false, true]);
    expect(here?.isLive).toBe(true);
  });

  it('end for a page that was frozen, which is back with what it missed', async () => {
    const browser = new Browser();
    const [frozen, watching] = [browser.page().begin(), browser.page().begin()];
    await settle();
    frozen.freeze();
    await browser.time.pass(40_000);
    browser.send('ADDED', 'c', 'v2');
    await settle();
    await frozen.thaw();
    expect([frozen.ends, frozen.isLive]).toEqual([['The page was silent for too long.'], false]);
    frozen.begin();
    await settle();
    browser.send('ADDED', 'd', 'v3');
    await settle();
    expect(shown([frozen, watching])).toEqual(['a,b,c,d', 'a,b,c,d']);
    expect(browser.opened).toHaveLength(1);
  });

  it('end once for all when the computer has slept, and are as steady as before when it is awake', async () => {
    const browser = new Browser();
    const pages = [browser.page().begin(), browser.page().begin()];
    await settle();
    // Clocks go on in a sleep, timers do not.
    browser.slept += 8 * 60 * 60 * 1000;
    await browser.time.pass(3_000);
    expect(pages.map(({ ends }) => ends)).toEqual(Array(2).fill(['The page was silent for too long.']));
    for (const page of pages) page.begin();
    await settle();
    const connections = browser.connections;
    await browser.time.pass(60_000);
    expect(pages.map(({ ends, isLive }) => [ends.length, isLive])).toEqual(Array(2).fill([1, true]));
    expect(browser.connections).toBe(connections);
  });

  it('forget what somebody else was shown', async () => {
    const browser = new Browser();
    const page = browser.page('ann').begin();
    await settle();
    page.signIn('bob');
    await settle();
    expect(browser.opened[0]?.signal.aborted).toBe(true);
    expect(shown([page])).toEqual(['a,b?']);
    page.signIn('ann');
    browser.page('ann').begin();
    await settle();
    expect(browser.opened.map(({ cursor }) => cursor)).toEqual([undefined, undefined]);
  });

  it('end the session of the page when the server does not take its token any more', async () => {
    const browser = new Browser();
    browser.failure = new ApiFailure(401, 'no');
    const page = await browser.page().follow();
    expect([page.sessionEnded, page.ends]).toEqual([true, ['no']]);
  });

  it('are read by each page alone where browsers have no such workers or forbid them, or they do not answer', async () => {
    for (const what of ['hasWorkers', 'allowsWorkers'] as const) {
      const without = new Browser();
      without[what] = false;
      const page = without.page().begin();
      await settle();
      expect([shown([page]), without.opened[0]?.key.base]).toEqual([['a,b'], '/alone']);
    }

    const mute = new Browser();
    mute.answers = false;
    const waiting = mute.page().begin();
    await mute.time.pass(6_000);
    expect(waiting.ends).toEqual(['The worker that reads for all pages does not answer.']);
    waiting.begin();
    await settle();
    expect([shown([waiting]), mute.opened.at(-1)?.key.base]).toEqual([['a,b'], '/alone']);
  });

  it('are shared by a page that was on its own, once the worker answers', async () => {
    const browser = new Browser();
    browser.answers = false;
    const page = browser.page().begin();
    await browser.time.pass(6_000);
    page.begin();
    await settle();
    await browser.time.pass(70_000);
    expect([page.isLive, page.ends.length, browser.connections]).toEqual([true, 1, 2]);
    browser.answers = true;
    // As the server does now and then.
    browser.say(': here\n\n');
    await settle();
    await browser.time.pass(70_000);
    expect([page.isLive, page.ends.length, browser.connections]).toEqual([true, 1, 3]);
    page.stop();
    await settle();
    page.begin();
    await settle();
    expect([shown([page]), browser.opened.map(({ key }) => key.base)]).toEqual([['a,b'], ['/', '/alone', '/']]);
  });
});
