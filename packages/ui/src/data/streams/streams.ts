/** Streams of the server as pages read them: through the worker that all pages of the browser share, or alone where there is none. */
import { ApiFailure } from '../api.ts';
import { readLive, type StreamEvent } from '../event-stream.ts';
import type { After } from '../pause.ts';
import { SIGN_OF_LIFE, type FromPage, type FromWorker } from './messages.ts';

/** Milliseconds that the worker may take until it says something for the first time. Then streams are read without it. */
const FIRST_SIGN = 5_000;
/** Milliseconds after which a worker that did not answer is tried again, while streams are read without it: a busy computer gets better. */
const TRY_AGAIN = 60_000;
/** Milliseconds without a sign of life after which the worker is taken to be dead. */
const SILENCE = SIGN_OF_LIFE * 4;

/** Events as they come, those that came together at once. Ends or fails when the stream does. */
export type Follow = (route: string, cursor: string | undefined, signal: AbortSignal) => AsyncIterable<readonly StreamEvent[]>;

/** The way to the worker. */
export interface WorkerPort {
  say(message: FromPage): void;
  close(): void;
}

export interface StreamsEnvironment {
  api: {
    openStream(route: string, cursor: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  };
  session: { readonly token: string | undefined; end(): void; subscribe(listener: () => void): () => void };
  /** Where the page is served. */
  base: string;
  /**
   * Reaches the worker, starting it if no page has; undefined where browsers have no such workers, and gives undefined where they forbid
   * them. `failed`: it cannot be started.
   */
  connect: ((hear: (message: FromWorker) => void, failed: () => void) => WorkerPort | undefined) | undefined;
  after: After;
  /** When the page is left for good. */
  onLeave(call: () => void): void;
}

interface Membership {
  take(message: FromWorker): void;
}

/** One for a page. */
export class Streams {
  readonly #environment: StreamsEnvironment;
  readonly #memberships = new Map<number, Membership>();
  #next = 0;
  #port: WorkerPort | undefined;
  /** There is no worker that answers: this page is on its own. Streams that it opens then stay so until they end. */
  #isAlone: boolean;
  #wasHeard = false;
  #stopWaiting: () => void = () => undefined;
  #stopTrying: () => void = () => undefined;

  constructor(environment: StreamsEnvironment) {
    this.#environment = environment;
    this.#isAlone = environment.connect === undefined;
    environment.session.subscribe(() => this.#say({ kind: 'session', base: environment.base, token: environment.session.token }));
    environment.onLeave(() => this.#lose('The page is left.'));
  }

  /** Reaches the worker ahead of the first stream: it takes a moment to start. */
  prepare(): void {
    if (!this.#isAlone) this.#reach();
  }

  /** See {@link Follow}. Answers that say no are {@link ApiFailure}s. */
  follow: Follow = (route, cursor, signal) => {
    if (!this.#isAlone) this.#reach();
    return this.#isAlone ? this.#followAlone(route, cursor, signal) : this.#followShared(route, cursor, signal);
  };

  #followAlone(route: string, cursor: string | undefined, signal: AbortSignal): AsyncIterable<readonly StreamEvent[]> {
    const { api, after } = this.#environment;
    return readLive((until) => api.openStream(route, cursor, until), after, signal);
  }

  async *#followShared(route: string, cursor: string | undefined, signal: AbortSignal): AsyncGenerator<readonly StreamEvent[]> {
    signal.throwIfAborted();
    const { session, base } = this.#environment;
    const { token } = session;
    const id = this.#next++;
    const queue: FromWorker[] = [];
    let wake = (): void => undefined;
    this.#memberships.set(id, {
      take: (message) => {
        queue.push(message);
        wake();
      },
    });
    const stop = (): void => wake();
    signal.addEventListener('abort', stop);
    let isOver = false;
    try {
      this.#reach();
      this.#say({ kind: 'join', id, cursor, base, route, token });
      for (;;) {
        signal.throwIfAborted();
        const message = queue.shift();
        if (message === undefined) {
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        if (message.kind === 'events') yield message.events;
        if (message.kind !== 'ended') continue;
        isOver = true;
        if (message.message === undefined) return;
        if (message.status === 401 && token === session.token) session.end();
        throw message.status === undefined ? new Error(message.message) : new ApiFailure(message.status, message.message);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      this.#memberships.delete(id);
      if (!isOver) this.#say({ kind: 'leave', id });
    }
  }

  #reach(): void {
    const { connect, after } = this.#environment;
    if (this.#port !== undefined || connect === undefined) return;
    this.#wasHeard = false;
    this.#port = connect(
      (message) => this.#hear(message),
      () => this.#giveUp(),
    );
    if (this.#port === undefined) {
      this.#isAlone = true;
      return;
    }
    this.#stopWaiting = after(FIRST_SIGN, () => this.#giveUp());
  }

  #hear(message: FromWorker): void {
    if (this.#port === undefined) return;
    this.#wasHeard = true;
    this.#isAlone = false;
    this.#stopWaiting();
    this.#stopWaiting = this.#environment.after(SILENCE, () =>
      this.#lose('Another page of this browser, which read for all, is gone.'),
    );
    if (message.kind === 'here') this.#say({ kind: 'here' });
    else this.#memberships.get(message.id)?.take(message);
  }

  /** Whoever reads comes again by itself, and finds a worker that is new, or none. */
  #lose(why: string): void {
    this.#stopWaiting();
    // A worker that was only slow need not wait until it finds that nobody is there.
    this.#say({ kind: 'bye' });
    this.#port?.close();
    this.#port = undefined;
    for (const [id, membership] of this.#memberships) membership.take({ kind: 'ended', id, message: why });
  }

  #giveUp(): void {
    if (!this.#wasHeard) {
      this.#isAlone = true;
      this.#stopTrying();
      this.#stopTrying = this.#environment.after(TRY_AGAIN, () => this.#reach());
    }
    this.#lose('The worker that reads for all pages does not answer.');
  }

  #say(message: FromPage): void {
    this.#port?.say(message);
  }
}
