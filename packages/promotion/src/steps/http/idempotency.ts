/** Keys by which a server recognises a request that it has received before. */
import { createHash } from 'node:crypto';
import type { StepContext } from '../../step.ts';
import { readNote, writeNote } from '../step-state.ts';

/**
 * The key of the step's next request. All attempts to get it answered, also after a crash, carry the same key; once an answer was taken
 * in and found open, the next one is a request of its own.
 */
export async function idempotencyKey(context: StepContext<unknown>): Promise<string> {
  const { promotion, alias } = context;
  const series = await answeredSeries(context);
  return createHash('sha256')
    .update(JSON.stringify([promotion.uid, alias, series]))
    .digest('hex')
    .slice(0, 32);
}

/** Notes that the current request was answered, so that the next one gets a key of its own. */
export async function noteAnswered(context: StepContext<unknown>): Promise<void> {
  await writeNote(context.workspace, noteOf(context), String((await answeredSeries(context)) + 1));
}

async function answeredSeries(context: StepContext<unknown>): Promise<number> {
  return Number((await readNote(context.workspace, noteOf(context))) ?? 0);
}

function noteOf({ alias }: StepContext<unknown>): string {
  return `http/${encodeURIComponent(alias)}`;
}
