import { threadComputations, type Computations } from '@kargo/integrations';
import type { StepPorts } from '../step.ts';
import { tasks, type Tasks } from './tasks.ts';

/** Characters of input below which a task takes so little time that it is done at once: some 50 ms at most. */
const SMALL = 128 * 1024;

/** The computations of steps, in threads. */
export function stepComputations(): Computations {
  return threadComputations({ script: new URL('./computation-worker.ts', import.meta.url) });
}

/** Whether a task of that size is done elsewhere. */
export function isComputedApart(size: number, { computations }: Pick<StepPorts, 'computations'>): boolean {
  return size > SMALL && computations !== undefined;
}

/** Does a task: at once if its input of `size` characters is small, otherwise where it holds up no other promotion. */
export async function compute<Name extends keyof Tasks>(
  name: Name,
  input: Parameters<Tasks[Name]>[0],
  size: number,
  { computations }: Pick<StepPorts, 'computations'>,
  signal: AbortSignal,
): Promise<ReturnType<Tasks[Name]>> {
  if (size <= SMALL || computations === undefined) return (tasks[name] as (input: unknown) => ReturnType<Tasks[Name]>)(input);
  return (await computations.run(name, input, { signal })) as ReturnType<Tasks[Name]>;
}
