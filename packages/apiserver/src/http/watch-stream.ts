import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { ApiError, apiVersionOf, type Kind, type KubeObject } from '@kargo/api';
import type { Clock, WatchEvent } from '@kargo/kube';
import type { BookmarkTimer } from './bookmark-timer.ts';
import type { ReadQuery } from './query.ts';

/** How long a watch lasts that names no timeout. */
const DEFAULT_SECONDS = 30 * 60;

/** How long a reader may take to take anything of what it is sent, in milliseconds. */
const READ_TIMEOUT = 60_000;

/** Writes the object of one event in the representation that the caller asked for. */
export type EventText = (object: KubeObject) => string;

/**
 * Sends events, one JSON document a line, until the caller leaves or the time is up. A caller that reads slowly is waited for; when it
 * falls behind history its watch ends with an ERROR event (410), as does any failure after the first byte. One that does not read at all is
 * cut off.
 */
export async function streamWatch(
  response: ServerResponse,
  kind: Kind,
  query: ReadQuery,
  {
    open,
    text,
    clock,
    bookmarks,
  }: {
    open: (signal: AbortSignal) => AsyncIterable<WatchEvent<KubeObject>>;
    text: EventText;
    clock: Clock;
    bookmarks: BookmarkTimer;
  },
): Promise<void> {
  const ended = new AbortController();
  response.once('close', () => {
    ended.abort();
  });
  const timer = clock.setTimer(clock.now() + (query.timeoutSeconds || DEFAULT_SECONDS) * 1000, () => {
    ended.abort();
  });
  const unwatch = query.allowBookmarks ? bookmarks.watch() : undefined;
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  try {
    for await (const event of open(ended.signal)) {
      const line =
        event.type === 'BOOKMARK'
          ? bookmarkText(kind, event.object)
          : `{"type":"${event.type}","object":${text(event.object)}}\n`;
      if (!response.write(line) && !ended.signal.aborted) await drained(response, ended.signal, clock);
    }
  } catch (error) {
    const failure = error instanceof ApiError ? error : new ApiError('InternalError', 'the watch failed', { cause: error });
    response.write(`${JSON.stringify({ type: 'ERROR', object: failure.toStatus() })}\n`);
    if (!(error instanceof ApiError)) throw error;
  } finally {
    timer.cancel();
    unwatch?.();
    response.end();
  }
}

function bookmarkText(kind: Kind, { metadata }: { metadata: object }): string {
  const object = { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: { ...metadata, creationTimestamp: null } };
  return `${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
}

async function drained(response: ServerResponse, signal: AbortSignal, clock: Clock): Promise<void> {
  const timer = clock.setTimer(clock.now() + READ_TIMEOUT, () => {
    response.destroy();
  });
  try {
    await once(response, 'drain', { signal });
  } catch (error) {
    // The caller left, or its time is up: the loop ends by itself.
    if (!signal.aborted) throw error;
  } finally {
    timer.cancel();
  }
}
