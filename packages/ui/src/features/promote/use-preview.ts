import { useEffect, useState } from 'react';
import type { Preview } from '../../data/preview.ts';
import { useServices } from '../../services.ts';

interface State {
  preview: Preview | undefined;
  error: Error | undefined;
  loading: boolean;
}

/** The preview of a promotion; while it is made anew, the one before stays. Leaving stops the server's work. */
export function usePreview(project: string, stage: string, freight: string): State & { again: () => void } {
  const { api } = useServices();
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<State>({ preview: undefined, error: undefined, loading: true });
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => ({ ...before, error: undefined, loading: true }));
    api.preview(project, stage, freight, stop.signal).then(
      (preview) => stop.signal.aborted || setState({ preview, error: undefined, loading: false }),
      (error: unknown) =>
        stop.signal.aborted ||
        setState({ preview: undefined, error: error instanceof Error ? error : new Error(String(error)), loading: false }),
    );
    return () => stop.abort();
  }, [api, project, stage, freight, attempt]);
  return { ...state, again: () => setAttempt((before) => before + 1) };
}
