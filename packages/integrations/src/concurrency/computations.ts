import { Worker } from 'node:worker_threads';
import { systemCode } from '../port-error.ts';
import { KeyedSemaphore } from './semaphore.ts';

/** Work that only needs time, done where it holds up nobody. */
export interface Computations {
  /**
   * Does the task of that name. Input and result are copied. Fails with what the task fails with (as a plain `Error`), or with one that says
   * that it took too long or too much memory.
   */
  run(task: string, input: unknown, options?: { signal?: AbortSignal | undefined }): Promise<unknown>;
}

/** What the script of {@link threadComputations} is given. */
export interface Assignment {
  task: string;
  input: unknown;
}

/** What the script of {@link threadComputations} answers with its only message. */
export type Answer = { value: unknown } | { problem: string };

/**
 * Computations in threads: each in one of its own that is gone afterwards, no more than `threads` at a time. `script` is what they run; it finds
 * the {@link Assignment} in `workerData` and posts an {@link Answer}.
 */
export function threadComputations(options: {
  script: URL;
  /** Default 2. */
  threads?: number | undefined;
  /** Milliseconds a task may take. Default 60,000. */
  deadline?: number | undefined;
  /** MiB a task may use. Default 1024. */
  memory?: number | undefined;
}): Computations {
  const { script, threads = 2, deadline = 60_000, memory = 1024 } = options;
  const room = new KeyedSemaphore(threads);
  return {
    run: (task, input, { signal } = {}) =>
      room.run('', () => inThread(script, { task, input }, { deadline, memory, signal }), signal),
  };
}

async function inThread(
  script: URL,
  assignment: Assignment,
  { deadline, memory, signal }: { deadline: number; memory: number; signal?: AbortSignal | undefined },
): Promise<unknown> {
  signal?.throwIfAborted();
  const worker = new Worker(script, {
    workerData: assignment,
    resourceLimits: { maxOldGenerationSizeMb: memory },
    env: {},
    stdout: true,
    stderr: true,
  });
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<unknown>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`it takes longer than ${deadline / 1000} s`)), deadline);
      onAbort = () => reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      signal?.addEventListener('abort', onAbort, { once: true });
      worker.once('message', (answer: Answer) => {
        if ('value' in answer) resolve(answer.value);
        else reject(new Error(answer.problem));
      });
      worker.once('error', (error) => {
        const tooMuch = systemCode(error) === 'ERR_WORKER_OUT_OF_MEMORY';
        reject(new Error(tooMuch ? `it takes too much memory: more than ${memory} MiB` : error.message, { cause: error }));
      });
      worker.once('exit', () => reject(new Error('it ended early')));
    });
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}
