import { CLIError } from '../cli-error.ts';
import type { ApiObject } from './objects.ts';

/** One event of a watch. */
export type StreamEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: ApiObject }
  /** What the server says instead of an object, as when a version has expired. */
  | { type: 'ERROR'; code: string; message: string };

const MAX_FRAME = 4 << 20;

/** Reads the frames of an event stream. Comments are skipped. Fails for frames that are no events, or too long. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  let buffer = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    buffer = (buffer + chunk).replaceAll('\r\n', '\n');
    for (let end = buffer.indexOf('\n\n'); end !== -1; end = buffer.indexOf('\n\n')) {
      const event = parseFrame(buffer.slice(0, end));
      buffer = buffer.slice(end + 2);
      if (event !== undefined) yield event;
    }
    if (buffer.length > MAX_FRAME) throw new CLIError('Response', 'the server sent an event that is too long');
  }
}

function parseFrame(frame: string): StreamEvent | undefined {
  const lines = frame.split('\n');
  const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).replace(/^ /, ''));
  if (data.length === 0) return undefined;
  try {
    const parsed = JSON.parse(data.join('\n')) as { type?: string; object?: ApiObject; code?: string; message?: string };
    if (lines.some((line) => /^event: ?error$/.test(line)))
      return { type: 'ERROR', code: parsed.code ?? 'unknown', message: parsed.message ?? '' };
    if ((parsed.type === 'ADDED' || parsed.type === 'MODIFIED' || parsed.type === 'DELETED') && parsed.object !== undefined)
      return { type: parsed.type, object: parsed.object };
  } catch (error) {
    throw new CLIError('Response', 'the server sent an event that is not JSON', error);
  }
  throw new CLIError('Response', 'the server sent an event of an unknown form');
}
