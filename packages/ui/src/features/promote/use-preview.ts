import { useEffect, useRef, useState } from 'react';
import { browserEnvironment } from '../../browser.ts';
import type { Preview } from '../../data/preview.ts';
import { useServices } from '../../services.ts';

interface State {
  preview: Preview | undefined;
  error: Error | undefined;
  loading: boolean;
  /** Whoever waited has waited enough. */
  isStopped: boolean;
  /** When it was begun, epoch milliseconds. */
  since: number;
}

const NONE: Omit<State, 'since'> = { preview: undefined, error: undefined, loading: true, isStopped: false };

/** The preview of a promotion; while it is made anew, the one before stays. Leaving stops the server's work. */
export function usePreview(project: string, stage: string, freight: string): State & { again: () => void; stop: () => void } {
  const { api } = useServices();
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<State>(() => ({ ...NONE, since: browserEnvironment.now() }));
  const running = useRef<AbortController>(undefined);
  useEffect(() => {
    const stop = new AbortController();
    running.current = stop;
    setState(({ preview }) => ({ ...NONE, preview, since: browserEnvironment.now() }));
    api.preview(project, stage, freight, stop.signal).then(
      (preview) => stop.signal.aborted || setState((before) => ({ ...before, preview, loading: false })),
      (error: unknown) =>
        stop.signal.aborted ||
        setState((before) => ({
          ...before,
          preview: undefined,
          error: error instanceof Error ? error : new Error(String(error)),
          loading: false,
        })),
    );
    return () => stop.abort();
  }, [api, project, stage, freight, attempt]);
  return {
    ...state,
    again: () => setAttempt((before) => before + 1),
    stop: () => {
      running.current?.abort();
      // What an older preview said is not what would be done.
      setState((before) => ({ ...before, preview: undefined, loading: false, isStopped: true }));
    },
  };
}
