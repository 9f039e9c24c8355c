import { CLIError } from '../cli-error.ts';
import type { ApiObject } from './objects.ts';

/** One event of a watch. */
export type StreamEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: ApiObject }
  /** What the server says instead of an object, as when a version has expired. */
  | { type: 'ERROR'; code: string; message: string };

const MAX_FRAME = 4 << 20;

interface Frame {
  isError: boolean;
  data: string;
}

/** Reads the events of a watch. Comments are skipped. Fails for frames that are no events, or too long. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  for await (const frame of readFrames(body)) yield parseEvent(frame);
}

/** Reads a log that comes as events: the lines of an event belong together, and the text goes on in the next. Fails as the server says. */
export async function* readText(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  for await (const { isError, data } of readFrames(body)) {
    if (isError) throw new CLIError('Response', `the log broke off: ${errorIn(data)}`);
    yield data;
  }
}

async function* readFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  let buffer = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    buffer = (buffer + chunk).replaceAll('\r\n', '\n');
    for (let end = buffer.indexOf('\n\n'); end !== -1; end = buffer.indexOf('\n\n')) {
      const frame = parseFrame(buffer.slice(0, end));
      buffer = buffer.slice(end + 2);
      if (frame !== undefined) yield frame;
    }
    if (buffer.length > MAX_FRAME) throw new CLIError('Response', 'the server sent an event that is too long');
  }
}

function parseFrame(text: string): Frame | undefined {
  const lines = text.split('\n');
  const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).replace(/^ /, ''));
  if (data.length === 0) return undefined;
  return { isError: lines.some((line) => /^event: ?error$/.test(line)), data: data.join('\n') };
}

function parseEvent({ isError, data }: Frame): StreamEvent {
  try {
    const parsed = JSON.parse(data) as { type?: string; object?: ApiObject; code?: string; message?: string };
    if (isError) return { type: 'ERROR', code: parsed.code ?? 'unknown', message: parsed.message ?? '' };
    if ((parsed.type === 'ADDED' || parsed.type === 'MODIFIED' || parsed.type === 'DELETED') && parsed.object !== undefined)
      return { type: parsed.type, object: parsed.object };
  } catch (error) {
    throw new CLIError('Response', 'the server sent an event that is not JSON', error);
  }
  throw new CLIError('Response', 'the server sent an event of an unknown form');
}

function errorIn(data: string): string {
  try {
    const { message } = JSON.parse(data) as { message?: string };
    return message ?? data;
  } catch {
    // Not every server says it in JSON.
    return data;
  }
}
