import type { FastifyReply } from 'fastify';

/** Longest part of a chunk, in characters. */
const CHUNK = 4096;

/**
 * Answers with text as server-sent events: each piece is one event whose lines are those of the piece, so that clients which join lines
 * with `\n` and put events one after the other have the text again.
 */
export async function streamText(
  reply: FastifyReply,
  pieces: AsyncIterable<string>,
  leaving: AbortController,
): Promise<FastifyReply> {
  reply.hijack();
  const { raw } = reply;
  raw.on('close', () => leaving.abort(new Error('the caller is gone')));
  raw.on('error', () => leaving.abort(new Error('the caller is gone')));
  raw.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache',
    Connection: 'keep-alive',
    'X-Accel-Buffering': 'no',
  });
  raw.flushHeaders();
  try {
    for await (const piece of pieces)
      for (let at = 0; at < piece.length; at += CHUNK) {
        const isWritten = raw.write(textEvent(piece.slice(at, at + CHUNK)));
        if (!isWritten) await drained(raw, leaving.signal);
      }
  } catch (error) {
    if (!leaving.signal.aborted)
      raw.write(
        `event: error\ndata: ${JSON.stringify({ code: 'unknown', message: error instanceof Error ? error.message : String(error) })}\n\n`,
      );
  } finally {
    raw.end();
  }
  return reply;
}

/** One event of the stream. An empty line is `data: ` with its space. */
export function textEvent(chunk: string): string {
  return `${chunk
    .split('\n')
    .map((line) => `data: ${line}\n`)
    .join('')}\n`;
}

function drained(raw: NodeJS.WritableStream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    raw.once('drain', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
