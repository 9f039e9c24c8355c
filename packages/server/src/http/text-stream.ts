import type { FastifyReply, FastifyRequest } from 'fastify';
import { failureFrame, streamEvents, type EventStreamEnvironment } from './event-stream.ts';

/** Longest part of a chunk, in characters. */
const CHUNK = 4096;

/**
 * Answers with text as server-sent events: each piece is one event whose lines are those of the piece, so that clients which join lines
 * with `\n` and put events one after the other have the text again. `leaving` ends the pieces when the caller is gone.
 */
export async function streamText(
  request: FastifyRequest,
  reply: FastifyReply,
  environment: EventStreamEnvironment,
  pieces: AsyncIterable<string>,
  leaving: AbortController,
): Promise<FastifyReply> {
  const write = async ({ signal, send }: { signal: AbortSignal; send: (frame: string) => Promise<void> }): Promise<void> => {
    try {
      for await (const piece of pieces)
        for (let at = 0; at < piece.length; at += CHUNK) await send(textEvent(piece.slice(at, at + CHUNK)));
    } catch (error) {
      if (!signal.aborted) await send(failureFrame('unknown', error instanceof Error ? error.message : String(error)));
    }
  };
  return streamEvents(request, reply, environment, write, leaving);
}

/** One event of the stream. An empty line is `data: ` with its space. */
export function textEvent(chunk: string): string {
  return `${chunk
    .split('\n')
    .map((line) => `data: ${line}\n`)
    .join('')}\n`;
}
