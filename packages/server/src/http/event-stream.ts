import { isReason } from '@kargo/api';
import type { Clock } from '@kargo/kube';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sessionEnd } from '../auth/authentication.ts';

/** Pause between comments that keep quiet connections open, in milliseconds. */
const KEEPALIVE = 30_000;

/** What all streams of a server have in common. */
export interface EventStreamEnvironment {
  clock: Clock;
  /** Told when a stream begins and when it has ended. */
  onOpen: (by: 1 | -1) => void;
}

/** An answer of server-sent events that has begun. */
export interface EventStream {
  /** Aborts when the caller leaves. */
  signal: AbortSignal;
  /** Sends one frame, its empty line included. Waits while the caller reads too slowly. */
  send(frame: string): Promise<void>;
}

/** Aborts when the caller of a request leaves. */
export function whenGone(reply: FastifyReply): AbortController {
  const leaving = new AbortController();
  const leave = (): void => leaving.abort(new Error('the caller is gone'));
  reply.raw.on('close', leave);
  reply.raw.on('error', leave);
  // Who left while the answer was prepared is not announced again.
  if (reply.raw.destroyed) leave();
  return leaving;
}

/**
 * Answers with server-sent events that `write` sends, until it returns. Its failures are told in an error frame, as the answer has begun
 * already: what can be refused must have been refused before. A comment every half minute keeps the connection open.
 */
export async function streamEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  { clock, onOpen }: EventStreamEnvironment,
  write: (stream: EventStream) => Promise<void>,
  leaving: AbortController = whenGone(reply),
): Promise<FastifyReply> {
  reply.hijack();
  const { raw } = reply;
  const { signal } = leaving;
  raw.writeHead(200, {
    ...inherited(reply),
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache',
    Connection: 'keep-alive',
    'X-Accel-Buffering': 'no',
  });
  raw.flushHeaders();
  onOpen(1);
  const stopKeepalive = keepalive(clock, () => raw.write(': keepalive\n\n'));
  // What a token opens ends with it, however long the stream has been open.
  const end = sessionEnd(request);
  let hasEnded = false;
  const session =
    end === undefined
      ? undefined
      : clock.setTimer(end, () => {
          hasEnded = true;
          leaving.abort(new Error('the session has ended'));
        });
  try {
    await write({
      signal,
      async send(frame) {
        if (!raw.write(frame)) await drained(raw, signal);
      },
    });
  } catch (error) {
    if (!signal.aborted) raw.write(errorFrame(error));
  } finally {
    session?.cancel();
    if (hasEnded) raw.write(failureFrame('unauthenticated', 'the session has ended; sign in again'));
    stopKeepalive();
    onOpen(-1);
    raw.end();
  }
  return reply;
}

/** Headers that every answer has, which a hijacked one would lose. */
function inherited(reply: FastifyReply): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined && name !== 'cache-control' && name !== 'content-type') out[name] = String(value);
  return out;
}

function errorFrame(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return isReason(error, 'Expired', 'Gone')
    ? failureFrame('out_of_range', `watch resource version expired: ${message}`)
    : failureFrame('unknown', `watch failed: ${message}`);
}

/** The last frame of a stream that cannot go on. */
export function failureFrame(code: 'out_of_range' | 'unauthenticated' | 'unknown', message: string): string {
  return `event: error\ndata: ${JSON.stringify({ code, message })}\n\n`;
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
    const done = (): void => {
      raw.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    raw.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
