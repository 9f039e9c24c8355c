import { isReason, type Kind, type KubeObject } from '@kargo/api';
import type { Client, Clock, WatchEvent, WatchOptions } from '@kargo/kube';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Wire } from './wire.ts';

/** Pause between comments that keep quiet connections open, in milliseconds. */
const KEEPALIVE = 30_000;

export interface WatchStream<T extends KubeObject> {
  client: Pick<Client, 'watch'>;
  kind: Kind<T>;
  options: WatchOptions;
  /** Objects that the caller wants to see. A changed object that is no longer wanted is told as deleted. Default: all. */
  wanted?: ((object: T) => boolean) | undefined;
  wire: Wire;
  clock: Clock;
  /** Objects as JSON. What many watch is written once. */
  textOf: (object: object) => string;
  /** Told when the stream begins and when it has ended. */
  onOpen: (by: 1 | -1) => void;
}

/**
 * Answers with a watch as server-sent events until the caller leaves or the watch fails. Failures are told in an error frame, as the
 * answer has begun already; what can be refused must have been refused before.
 */
export async function streamWatch<T extends KubeObject>(
  request: FastifyRequest,
  reply: FastifyReply,
  stream: WatchStream<T>,
): Promise<FastifyReply> {
  reply.hijack();
  const { raw } = reply;
  const leaving = new AbortController();
  raw.on('close', () => leaving.abort());
  raw.on('error', () => leaving.abort());
  if (request.raw.destroyed && !request.raw.complete) leaving.abort();
  raw.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache',
    Connection: 'keep-alive',
    'X-Accel-Buffering': 'no',
  });
  raw.flushHeaders();
  stream.onOpen(1);
  const stopKeepalive = keepalive(stream.clock, () => raw.write(': keepalive\n\n'));
  try {
    for await (const event of stream.client.watch(stream.kind, { ...stream.options, signal: leaving.signal })) {
      const shown = shownEvent(event, stream);
      if (
        shown !== undefined &&
        !raw.write(`data: {"type":${JSON.stringify(shown.type)},"object":${stream.textOf(shown.object)}}\n\n`)
      )
        await drained(raw, leaving.signal);
    }
  } catch (error) {
    if (!leaving.signal.aborted) raw.write(errorFrame(error));
  } finally {
    stopKeepalive();
    stream.onOpen(-1);
    raw.end();
  }
  return reply;
}

/** What the caller sees of a watch event; nothing of bookmarks and of objects it does not want. */
export function shownEvent<T extends KubeObject>(
  event: WatchEvent<T>,
  { wanted, wire }: Pick<WatchStream<T>, 'wanted' | 'wire'>,
): { type: string; object: T } | undefined {
  if (event.type === 'BOOKMARK') return undefined;
  if (wanted === undefined || wanted(event.object)) return { type: event.type, object: wire(event.object) };
  return event.type === 'MODIFIED' ? { type: 'DELETED', object: wire(event.object) } : undefined;
}

function errorFrame(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const body = isReason(error, 'Expired', 'Gone')
    ? { code: 'out_of_range', message: `watch resource version expired: ${message}` }
    : { code: 'unknown', message: `watch failed: ${message}` };
  return `event: error\ndata: ${JSON.stringify(body)}\n\n`;
}

function keepalive(clock: Clock, beat: () => void): () => void {
  let timer = clock.setTimer(clock.now() + KEEPALIVE, onTime);
  function onTime(): void {
    beat();
    timer = clock.setTimer(clock.now() + KEEPALIVE, onTime);
  }
  return () => timer.cancel();
}

function drained(raw: NodeJS.WritableStream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    raw.once('drain', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
