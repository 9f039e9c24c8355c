/** A change of an object as a watch reports it. */
export interface WatchFrame {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: { metadata: { name?: string; resourceVersion?: string } };
}

/** The stream said that it cannot go on from where it should. */
export class OutOfRangeError extends Error {
  override readonly name = 'OutOfRangeError';
}

/** Reads server-sent events off a stream. Comments keep it alive and are dropped; an error frame ends it with {@link OutOfRangeError}. */
export async function* readFrames(stream: ReadableStream<Uint8Array>): AsyncGenerator<WatchFrame> {
  for await (const { isError, data } of readEvents(stream)) {
    if (isError) throw new OutOfRangeError(data);
    if (data !== '') yield JSON.parse(data) as WatchFrame;
  }
}

/** Reads text that was sent as server-sent events, piece by piece. An error frame ends it with an error that says what the frame says. */
export async function* readText(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  for await (const { isError, data } of readEvents(stream)) {
    if (isError) throw new Error((JSON.parse(data) as { message?: string }).message ?? data);
    yield data;
  }
}

async function* readEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<{ isError: boolean; data: string }> {
  const reader = stream.pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>).getReader();
  let buffer = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      buffer += value;
      for (let end = buffer.indexOf('\n\n'); end !== -1; end = buffer.indexOf('\n\n')) {
        const lines = buffer.slice(0, end).split('\n');
        buffer = buffer.slice(end + 2);
        const data = lines.flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));
        if (data.length > 0) yield { isError: lines.includes('event: error'), data: data.join('\n') };
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
