import type { AttemptRequest, AttemptResult, ContainerToRun } from './executor.ts';

/** Runs one container to its end. */
export type RunContainer = (container: ContainerToRun, signal: AbortSignal) => Promise<AttemptResult>;

/**
 * Runs the containers of an attempt in the order of a Pod: init containers one after the other, then the others side by side. The first
 * failure stops the others, whose end is awaited; it is what the attempt ends with.
 */
export async function runContainers(request: AttemptRequest, run: RunContainer): Promise<AttemptResult> {
  for (const container of request.initContainers) {
    const result = await run(container, request.signal);
    if (result.kind !== 'succeeded') return result;
  }
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  let failure: AttemptResult | undefined;
  const ends = await Promise.allSettled(
    request.containers.map(async (container) => {
      try {
        const result = await run(container, signal);
        if (result.kind === 'succeeded') return;
        failure ??= result;
        stop.abort(new Error(`container ${container.name} failed`));
      } catch (error) {
        if (failure === undefined) throw error; // Stopped because another one failed: that one's result counts.
      }
    }),
  );
  const crashed = ends.find((end) => end.status === 'rejected');
  if (failure === undefined && crashed !== undefined) throw crashed.reason;
  return failure ?? { kind: 'succeeded' };
}

/** A container that ended by itself, but not with 0. `words` is what it said last. */
export function failedContainer(container: ContainerToRun, exitCode: number, words: string): AttemptResult {
  const last = words.trim().split('\n').slice(-3).join('\n').slice(-500);
  return {
    kind: 'failed',
    container: container.name,
    exitCode,
    message: `container "${container.name}" ended with exit code ${exitCode}${last === '' ? '' : `: ${last}`}`,
  };
}
