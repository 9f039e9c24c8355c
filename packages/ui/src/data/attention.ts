/** Streams are for those who look: a page that nobody can see lets go of them after a while, and takes them up again when it is seen. */
import type { After } from './pause.ts';

/** Milliseconds that nobody has to look until a stream is let go. */
const UNSEEN = 10_000;

export interface Attention {
  after: After;
  /** Whether somebody can see the page, and when that or the network changes. */
  isSeen(): boolean;
  onAttention(call: () => void): () => void;
}

/**
 * Does `work`, whose signal is aborted with `signal`, or once nobody has looked for a while: then the result is undefined, and its failure
 * is of no interest.
 */
export async function whileSeen<T>(
  { after, isSeen, onAttention }: Attention,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const ending = new AbortController();
  const end = AbortSignal.any([signal, ending.signal]);
  let stopUnseen = (): void => undefined;
  const look = (): void => {
    stopUnseen();
    stopUnseen = isSeen() ? () => undefined : after(UNSEEN, () => isSeen() || ending.abort());
  };
  const stopAttention = onAttention(look);
  look();
  try {
    const result = await work(end);
    return end.aborted ? undefined : result;
  } catch (error) {
    if (end.aborted) return undefined;
    throw error;
  } finally {
    stopUnseen();
    stopAttention();
    ending.abort();
  }
}

/** Waits until somebody can see the page, or `signal` is aborted. */
export function untilSeen({ isSeen, onAttention }: Attention, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!signal.aborted && !isSeen()) return;
      stop();
      signal.removeEventListener('abort', look);
      resolve();
    };
    const stop = onAttention(look);
    signal.addEventListener('abort', look);
    look();
  });
}
