/** What runs in a thread of the computations of steps. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Assignment } from '@kargo/integrations';
import { tasks } from './tasks.ts';

function answer({ task, input }: Assignment): Answer {
  try {
    const known = tasks as unknown as Record<string, ((input: unknown) => unknown) | undefined>;
    const action = known[task];
    if (action === undefined) throw new Error(`programmer error: there is no task ${JSON.stringify(task)}`);
    return { value: action(input) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.postMessage(answer(workerData as Assignment));
