import type { After } from './pause.ts';

/** The stream said that it cannot go on. `message` is what it said. */
export class OutOfRangeError extends Error {
  override readonly name = 'OutOfRangeError';
}

/** One server-sent event. `id` is where a later stream can go on from. */
export interface StreamEvent {
  id: string | undefined;
  isError: boolean;
  data: string;
}

/** What the data of an error frame says, for people. */
export function messageIn(data: string): string {
  try {
    return (JSON.parse(data) as { message?: string }).message ?? data;
  } catch {
    return data; // Something between the browser and the server spoke.
  }
}

/** Reads text that was sent as server-sent events, piece by piece. An error frame ends it with an error that says what the frame says. */
export async function* readText(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  for await (const { isError, data } of readEvents(stream)) {
    if (isError) throw new Error(messageIn(data));
    yield data;
  }
}

/** Reads events that have data off a stream. `heard` is called for whatever arrives, comments included. */
export async function* readEvents(
  stream: ReadableStream<Uint8Array>,
  heard: () => void = () => undefined,
): AsyncGenerator<StreamEvent> {
  for await (const batch of readBatches(stream, heard)) yield* batch;
}

/** The same, all events that arrived together at once: a caller with thousands of them is not interrupted between any two. */
export async function* readBatches(
  stream: ReadableStream<Uint8Array>,
  heard: () => void = () => undefined,
): AsyncGenerator<readonly StreamEvent[]> {
  const reader = stream.pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>).getReader();
  let buffer = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      buffer += value;
      const batch: StreamEvent[] = [];
      let start = 0;
      for (let end = buffer.indexOf('\n\n'); end !== -1; end = buffer.indexOf('\n\n', start)) {
        const event = eventIn(buffer.slice(start, end));
        start = end + 2;
        if (event !== undefined) batch.push(event);
      }
      buffer = buffer.slice(start);
      if (batch.length > 0) yield batch;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** A stream that says nothing for this long is dead: the server says something every half minute. */
const SILENCE = 75_000;

/** Opens a stream that never ends by itself, and reads it. Fails when the server has said nothing for so long that the connection is dead. */
export async function* readLive(
  open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>,
  after: After,
  signal: AbortSignal,
): AsyncGenerator<readonly StreamEvent[]> {
  const silence = new AbortController();
  let rest = (): void => undefined;
  const heard = (): void => {
    rest();
    rest = after(SILENCE, () => silence.abort(new Error('The server has said nothing for more than a minute.')));
  };
  heard();
  try {
    yield* readBatches(await open(AbortSignal.any([signal, silence.signal])), heard);
    silence.signal.throwIfAborted();
  } catch (error) {
    throw silence.signal.aborted ? silence.signal.reason : error;
  } finally {
    rest();
  }
}

/** Undefined for a block of comments only. */
function eventIn(block: string): StreamEvent | undefined {
  let id: string | undefined;
  let isError = false;
  let data: string | undefined;
  for (const line of block.split('\n')) {
    if (line.startsWith('data: ')) data = data === undefined ? line.slice(6) : `${data}\n${line.slice(6)}`;
    else if (line.startsWith('id: ')) id = line.slice(4);
    else if (line === 'event: error') isError = true;
  }
  return data === undefined && id === undefined ? undefined : { id, isError, data: data ?? '' };
}
