import type { FromWorker } from './messages.ts';
import type { StreamsEnvironment } from './streams.ts';

/** How a page reaches the worker; undefined in browsers that have none, and without a port where they do not let the page have one. */
export const connectWorker: StreamsEnvironment['connect'] =
  typeof SharedWorker === 'undefined'
    ? undefined
    : (hear, failed) => {
        let worker: SharedWorker;
        try {
          worker = new SharedWorker(new URL('./stream.worker.ts', import.meta.url), { type: 'module', name: 'kargo streams' });
        } catch {
          return undefined; // Forbidden, as everything is that pages share where no storage is allowed.
        }
        worker.addEventListener('error', failed);
        const { port } = worker;
        port.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => hear(data));
        port.start();
        return { say: (message) => port.postMessage(message), close: () => port.close() };
      };
