/** All objects of a sort, kept current by a stream. */
import { untilSeen, whileSeen, type Attention } from './attention.ts';
import { messageIn, type StreamEvent } from './event-stream.ts';
import { pause } from './pause.ts';

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

interface Frame<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'SYNCED';
  object?: T;
}

export interface ListEnvironment<T> {
  attention: Attention;
  follow(signal: AbortSignal): AsyncIterable<readonly StreamEvent[]>;
  /** Everything there is: once all was read, then after every change. */
  show(objects: readonly T[]): void;
  /** The stream has ended, by `error` if that was not by itself. Says whether to open it again, `ms` milliseconds later. */
  lost(error: Error | undefined, ms: number): boolean | Promise<boolean>;
}

/**
 * Reads everything, then changes; begins anew when the stream ends, with growing pauses while that fails. What was shown stays until
 * everything was read again. Lets the stream go while nobody looks. Ends when `signal` is aborted, or `lost` says so.
 */
export async function followList<T extends { metadata: { name?: string | undefined } }>(
  { attention, follow, show, lost }: ListEnvironment<T>,
  signal: AbortSignal,
): Promise<void> {
  let ms = FIRST_PAUSE;
  let loaded = false;
  while (!signal.aborted) {
    if (loaded) await untilSeen(attention, signal);
    let error: Error | undefined;
    try {
      const ended = await whileSeen(attention, signal, async (end) => {
        const known = new Map<string, T>();
        let synced = false;
        for await (const batch of follow(end)) {
          for (const { isError, data } of batch) {
            if (isError) throw new Error(messageIn(data));
            if (data === '') continue;
            const { type, object } = JSON.parse(data) as Frame<T>;
            if (type === 'SYNCED') {
              synced = loaded = true;
              ms = FIRST_PAUSE;
            } else if (type === 'DELETED') known.delete(object?.metadata.name ?? '');
            else if (object !== undefined) known.set(object.metadata.name ?? '', object);
          }
          if (synced && !end.aborted) show([...known.values()]);
        }
        return 'by itself';
      });
      if (ended === undefined) continue;
    } catch (cause) {
      error = cause instanceof Error ? cause : new Error(String(cause));
    }
    if (signal.aborted || !(await lost(error, ms))) return;
    await pause(attention.after, ms, signal);
    ms = Math.min(ms * 2, LONGEST_PAUSE);
  }
}
