import { useEffect, useState } from 'react';
import { browserEnvironment } from '../browser.ts';
import { ApiFailure } from '../data/api.ts';
import { readText } from '../data/event-stream.ts';
import { NO_LINES, withText, type LogLines } from '../data/log-lines.ts';
import { pause } from '../data/pause.ts';

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
      let scheduled = false;
      const flush = (): void => {
        scheduled = false;
        if (waiting === '' || signal.aborted) return;
        log = withText(log, waiting);
        waiting = '';
        setLog(log);
      };
      for await (const text of readText(stream)) {
        if (signal.aborted) return;
        waiting += text;
        if (scheduled) continue;
        scheduled = true;
        browserEnvironment.frame(flush);
      }
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
    await pause(browserEnvironment.after, PAUSE, signal);
  }
}
