import type { FromWorker } from './messages.ts';
import type { StreamsEnvironment } from './streams.ts';

/** How a page reaches the worker; undefined in browsers that have none. */
export const connectWorker: StreamsEnvironment['connect'] =
  typeof SharedWorker === 'undefined'
    ? undefined
    : (hear, failed) => {
        const worker = new SharedWorker(new URL('./stream.worker.ts', import.meta.url), {
          type: 'module',
          name: 'kargo streams',
        });
        worker.addEventListener('error', failed);
        const { port } = worker;
        port.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => hear(data));
        port.start();
        return { say: (message) => port.postMessage(message), close: () => port.close() };
      };
