import { useEffect, useState } from 'react';
import { ApiFailure } from '../data/api.ts';
import { readText } from '../data/event-stream.ts';
import { NO_LINES, withText, type LogLines } from '../data/log-lines.ts';

export type LogState =
  | { kind: 'loading' }
  | { kind: 'following' }
  | { kind: 'ended' }
  /** The stream broke; it is opened again by itself. */
  | { kind: 'lost'; why: string }
  | { kind: 'failed'; why: string };

/** Milliseconds until a broken stream is opened again. */
const PAUSE = 2_000;

/**
 * Follows a log. What was read stays while a broken stream is opened anew, which begins at the beginning. An answer that says no is final
 * until `again` is called.
 */
export function useLog(
  open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>,
  deps: readonly unknown[],
): { log: LogLines; state: LogState; again: () => void } {
  const [log, setLog] = useState<LogLines>(NO_LINES);
  const [state, setState] = useState<LogState>({ kind: 'loading' });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setLog(NO_LINES);
    setState({ kind: 'loading' });
    void follow(open, stop.signal, setLog, setState);
    return () => stop.abort();
  }, [...deps, attempt]);
  return { log, state, again: () => setAttempt((before) => before + 1) };
}

async function follow(
  open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>,
  signal: AbortSignal,
  setLog: (log: LogLines) => void,
  setState: (state: LogState) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const stream = await open(signal);
      setState({ kind: 'following' });
      let log = NO_LINES;
      let waiting = '';
      let frame: number | undefined;
      const flush = (): void => {
        frame = undefined;
        log = withText(log, waiting);
        waiting = '';
        if (!signal.aborted) setLog(log);
      };
      for await (const text of readText(stream)) {
        if (signal.aborted) return;
        waiting += text;
        frame ??= requestAnimationFrame(flush);
      }
      if (frame !== undefined) cancelAnimationFrame(frame);
      flush();
      if (!signal.aborted) setState({ kind: 'ended' });
      return;
    } catch (error) {
      if (signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      const isFinal = error instanceof ApiFailure && ((error.status >= 400 && error.status < 500) || error.status === 501);
      setState({ kind: isFinal ? 'failed' : 'lost', why });
      if (isFinal) return;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
