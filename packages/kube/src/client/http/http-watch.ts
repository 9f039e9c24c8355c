import { ApiError, type Kind, type KubeObject, type Status } from '@kargo/api';
import { deepFreeze } from '../../objects/deep-freeze.ts';
import type { WatchEvent, WatchOptions } from '../client.ts';
import type { HttpTransport } from './http-transport.ts';
import { unreachable } from './http-transport.ts';
import { lines } from './lines.ts';
import { collectionPath, watchQuery, withQuery } from './paths.ts';

/**
 * How long one request of a watch lasts, in seconds. The server ends it then and the next one goes on, well before a quiet connection
 * is cut by the five minutes that HTTP clients and proxies allow between two bytes.
 */
const REQUEST_SECONDS = 240;
/** How long after that the end is waited for, in milliseconds: then the other end is gone without a word. */
const END_PATIENCE = 30_000;

/** A watch over HTTP: one request after the other, each going on where the last one ended. */
export class HttpWatch<T extends KubeObject> implements AsyncIterable<WatchEvent<T>> {
  readonly #transport: HttpTransport;
  readonly #kind: Kind<T>;
  readonly #options: WatchOptions;
  #resourceVersion: string | undefined;

  constructor(transport: HttpTransport, kind: Kind<T>, options: WatchOptions) {
    this.#transport = transport;
    this.#kind = kind;
    this.#options = options;
    this.#resourceVersion = options.resourceVersion;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent<T>> {
    const given = this.#options.signal;
    const leaving = new AbortController();
    const signal = given === undefined ? leaving.signal : AbortSignal.any([given, leaving.signal]);
    try {
      while (!signal.aborted) yield* this.#request(signal);
    } catch (error) {
      if (given?.aborted !== true) throw error;
    } finally {
      leaving.abort();
    }
  }

  async *#request(signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    const query = watchQuery(this.#options, this.#resourceVersion, REQUEST_SECONDS);
    const path = withQuery(collectionPath(this.#kind, this.#options.namespace), query);
    let events = 0;
    const opened = this.#transport.now();
    const silent = new AbortController();
    const timer = this.#transport.timer(REQUEST_SECONDS * 1000 + END_PATIENCE, () =>
      silent.abort(new ApiError('Timeout', `GET ${path}: the API should have ended the watch long ago; the connection is dead`)),
    );
    try {
      const body = await this.#transport.stream({ method: 'GET', path }, AbortSignal.any([signal, silent.signal]));
      for await (const line of guarded(lines(body), path)) {
        if (signal.aborted) return;
        const event = this.#read(line, path);
        events++;
        yield event;
      }
    } catch (error) {
      throw silent.signal.aborted && !signal.aborted ? silent.signal.reason : error;
    } finally {
      timer.cancel();
    }
    // A server that hangs up at once would be asked again and again: whoever watches must slow down.
    if (events === 0 && !signal.aborted && this.#transport.now() - opened < 1000)
      throw new ApiError('ServiceUnavailable', `GET ${path}: the API ended the watch at once`);
  }

  #read(line: string, path: string): WatchEvent<T> {
    let event: WatchEvent<T>;
    try {
      event = JSON.parse(line) as typeof event;
    } catch (cause) {
      throw new ApiError('InternalError', `GET ${path}: the watch sent something that is not JSON`, { cause });
    }
    const { type, object } = (event ?? {}) as { type?: unknown; object?: { metadata?: unknown } | null };
    if (type === 'ERROR') throw ApiError.fromStatus((object ?? {}) as Partial<Status>);
    if (typeof type !== 'string' || typeof object?.metadata !== 'object' || object.metadata === null)
      throw new ApiError('InternalError', `GET ${path}: the watch sent something that is no event`);
    this.#resourceVersion = newest(this.#resourceVersion, event.object.metadata.resourceVersion);
    if (event.type === 'BOOKMARK')
      return deepFreeze({ type: 'BOOKMARK', object: { metadata: { resourceVersion: event.object.metadata.resourceVersion } } });
    return deepFreeze(event);
  }
}

/**
 * The later of two versions. What exists when a watch begins comes in no order of versions; going on from an early one would repeat
 * what was told already.
 */
function newest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return b;
  return a.length > b.length || (a.length === b.length && a > b) ? a : b;
}

async function* guarded(source: AsyncIterable<string>, path: string): AsyncGenerator<string> {
  try {
    yield* source;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw unreachable(error, `GET ${path}: the watch broke off`);
  }
}
