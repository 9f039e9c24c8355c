import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openPipeline, type Harness, type HarnessOptions } from './harness.ts';

/** A stream of a server that listens, read frame by frame. */
export class Stream {
  readonly response: IncomingMessage;
  #text = '';
  #wake: () => void = () => undefined;
  #ended = false;

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      this.#text += chunk;
      this.#wake();
    });
    response.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** The next frame without its empty line; undefined when the stream has ended. */
  async frame(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const frame = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return frame;
      }
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next event as `TYPE name`. */
  async event(): Promise<string> {
    const frame = (await this.frame()) ?? '';
    if (!frame.startsWith('data: {') || frame.includes('\n')) return frame;
    const { type, object } = JSON.parse(frame.slice('data: '.length)) as { type: string; object: { metadata: { name: string } } };
    return `${type} ${object.metadata.name}`;
  }

  async events(count: number): Promise<string[]> {
    const out: string[] = [];
    for (let i = 0; i < count; i++) out.push(await this.event());
    return out;
  }
}

/** A server that listens, and how to open streams of it. */
export interface Streams extends Harness {
  /** Opens a stream below `/v1beta1`, as the administrator if nothing else is said. */
  stream: (path: string, headers?: Record<string, string>) => Promise<Stream>;
  close: () => Promise<void>;
}

export async function openStreams(options: HarnessOptions = {}): Promise<Streams> {
  const harness = await openPipeline(options);
  await harness.server.listen({ host: '127.0.0.1', port: 0 });
  const agent = new Agent();
  const { port } = harness.server.server.address() as AddressInfo;
  return {
    ...harness,
    stream: (path, more = {}) =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${harness.token}`, accept: 'text/event-stream', ...more };
        httpRequest({ host: '127.0.0.1', port, path: `/v1beta1${path}`, headers, agent }, (response) =>
          resolve(new Stream(response)),
        )
          .on('error', reject)
          .end();
      }),
    async close() {
      agent.destroy();
      await harness.server.close();
    },
  };
}
