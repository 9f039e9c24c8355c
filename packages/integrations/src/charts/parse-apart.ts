import { Worker } from 'node:worker_threads';
import { type ChartIndex, readIndex } from './chart-index.ts';

/** What a thread may use and how long it may take, in MiB and milliseconds. */
const MEMORY = 1024;
const DEADLINE = 60_000;
/** Bytes that are read at once in no time. */
const SMALL = 64 * 1024;

/**
 * Reads an index in a thread of its own, so that nothing else waits for a large one; memory and time are bounded. `content` is given away.
 * Fails with a plain `Error` that says what is wrong with the index.
 */
export async function parseApart(content: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<ChartIndex> {
  if (content.length <= SMALL) return readIndex(content);
  signal?.throwIfAborted();
  const worker = new Worker(new URL('index-worker.ts', import.meta.url), {
    workerData: content,
    transferList: [content.buffer],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY },
    env: {},
    stdout: true,
    stderr: true,
  });
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<ChartIndex>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`it cannot be read within ${DEADLINE / 1000} s`)), DEADLINE);
      onAbort = () => reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      signal?.addEventListener('abort', onAbort, { once: true });
      worker.once('message', (answer: { index: ChartIndex } | { problem: string }) => {
        if ('index' in answer) resolve(answer.index);
        else reject(new Error(answer.problem));
      });
      worker.once('error', (error) => reject(new Error(`reading it takes too much: ${error.message}`, { cause: error })));
      worker.once('exit', () => reject(new Error('reading it ended early')));
    });
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}
