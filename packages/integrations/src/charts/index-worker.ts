/** What runs in the thread that {@link parseApart} starts. */
import { parentPort, workerData } from 'node:worker_threads';
import { readIndex } from './chart-index.ts';

try {
  parentPort?.postMessage({ index: readIndex(workerData as Uint8Array) });
} catch (error) {
  parentPort?.postMessage({ problem: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) });
}
