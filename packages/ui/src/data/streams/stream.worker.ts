/** The worker that reads the streams of all pages of this browser. */
import { Api } from '../api.ts';
import type { FromPage } from './messages.ts';
import { StreamHub } from './stream-hub.ts';

/** The scope of a worker that pages share, as much of it as is used: types of pages and of workers exclude each other. */
interface SharedScope {
  onconnect: ((event: MessageEvent) => void) | null;
}

const hub = new StreamHub({
  open: ({ base, route, token }, cursor, signal) => {
    const session = { token, signIn: () => undefined, end: () => undefined };
    return new Api(session, (input, init) => fetch(new URL(String(input), base), init)).openStream(route, cursor, signal);
  },
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  now: () => Date.now(),
});

(globalThis as unknown as SharedScope).onconnect = ({ ports: [port] }): void => {
  if (port === undefined) return;
  const hear = hub.connect({ say: (message) => port.postMessage(message) });
  port.addEventListener('message', ({ data }: MessageEvent<FromPage>) => hear(data));
  port.start();
};
