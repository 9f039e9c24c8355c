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

/** Reads text that was sent as server-sent events, piece by piece. An error frame ends it with an error that says what the frame says. */
export async function* readText(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  for await (const { isError, data } of readEvents(stream)) {
    if (isError) throw new Error((JSON.parse(data) as { message?: string }).message ?? data);
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
