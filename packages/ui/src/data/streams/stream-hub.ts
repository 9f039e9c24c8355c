/** All streams that the pages of one browser read, each from the server once: browsers have six connections to a server for all their tabs. */
import type { After } from '../pause.ts';
import { SIGN_OF_LIFE, type FromPage, type FromWorker, type StreamKey } from './messages.ts';
import { SharedStream } from './shared-stream.ts';

/** Streams that nobody reads of which what was read is kept. */
const KEPT = 4;
/** Milliseconds after which a page that says nothing is taken to be gone: it crashed, or the browser has frozen it. */
const GONE = 30_000;

export interface HubEnvironment {
  open(key: StreamKey, cursor: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  after: After;
  /** Epoch milliseconds. */
  now(): number;
}

/** A page, as the hub sees it. */
export interface PagePort {
  say(message: FromWorker): void;
}

interface Page {
  port: PagePort;
  heardAt: number;
  readonly memberships: Map<number, () => void>;
}

/** Runs in a worker that all pages share. */
export class StreamHub {
  readonly #environment: HubEnvironment;
  /** By everything that tells streams apart; the one asked for last is last. */
  readonly #streams = new Map<string, { key: StreamKey; stream: SharedStream }>();
  readonly #pages = new Set<Page>();
  #isWatching = false;

  constructor(environment: HubEnvironment) {
    this.#environment = environment;
  }

  /** A page has come. Returns what to call with everything that it says. */
  connect(port: PagePort): (message: FromPage) => void {
    const page: Page = { port, heardAt: this.#environment.now(), memberships: new Map() };
    this.#keep(page);
    port.say({ kind: 'here' });
    return (message) => {
      page.heardAt = this.#environment.now();
      this.#keep(page);
      this.#hear(page, message);
    };
  }

  #hear(page: Page, message: FromPage): void {
    switch (message.kind) {
      case 'join': {
        const { id, cursor, base, route, token } = message;
        page.memberships.get(id)?.();
        let isOver = false;
        const leave = this.#streamOf({ base, route, token }).join(
          {
            take: (events) => page.port.say({ kind: 'events', id, events }),
            end: (text, status) => {
              isOver = true;
              page.memberships.delete(id);
              page.port.say({ kind: 'ended', id, message: text, status });
            },
          },
          cursor,
        );
        if (!isOver) page.memberships.set(id, leave);
        return;
      }
      case 'leave':
        page.memberships.get(message.id)?.();
        page.memberships.delete(message.id);
        return;
      case 'session':
        for (const [name, { key, stream }] of this.#streams) {
          if (key.base !== message.base || key.token === message.token) continue;
          this.#streams.delete(name);
          stream.close();
        }
        return;
      case 'bye':
        this.#drop(page);
        return;
      case 'here':
    }
  }

  #streamOf(key: StreamKey): SharedStream {
    const name = JSON.stringify([key.base, key.route, key.token]);
    const known = this.#streams.get(name) ?? {
      key,
      stream: new SharedStream({
        open: (cursor, signal) => this.#environment.open(key, cursor, signal),
        after: this.#environment.after,
      }),
    };
    this.#streams.delete(name);
    this.#streams.set(name, known);
    let unread = [...this.#streams.values()].filter(({ stream }) => !stream.isRead).length - 1;
    for (const [each, { stream }] of this.#streams) {
      if (unread <= KEPT) break;
      if (stream.isRead || stream === known.stream) continue;
      this.#streams.delete(each);
      stream.close();
      unread -= 1;
    }
    return known.stream;
  }

  /** A page that was taken to be gone is back when it says something. */
  #keep(page: Page): void {
    this.#pages.add(page);
    if (!this.#isWatching) this.#watchPages();
  }

  #drop(page: Page): void {
    for (const leave of page.memberships.values()) leave();
    page.memberships.clear();
    this.#pages.delete(page);
  }

  #watchPages(): void {
    this.#isWatching = true;
    this.#environment.after(SIGN_OF_LIFE, () => {
      this.#isWatching = false;
      for (const page of this.#pages) {
        if (this.#environment.now() - page.heardAt > GONE) this.#giveUp(page);
        else page.port.say({ kind: 'here' });
      }
      if (this.#pages.size > 0) this.#watchPages();
    });
  }

  /** It may have slept, as its computer may have: then it must not take for live what it is not told any more. */
  #giveUp(page: Page): void {
    const read = [...page.memberships.keys()];
    this.#drop(page);
    for (const id of read) page.port.say({ kind: 'ended', id, message: 'The page was silent for too long.' });
  }
}
