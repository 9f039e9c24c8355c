import type { AnalysisRun } from '@kargo/api';
import { useEffect, useState } from 'react';
import { browserEnvironment } from '../../browser.ts';
import { ApiFailure } from '../../data/api.ts';
import { pause } from '../../data/pause.ts';
import { useServices } from '../../services.ts';

/** Milliseconds until a run that goes on is read again. */
const PAUSE = 1_000;

interface State {
  run: AnalysisRun | undefined;
  error: Error | undefined;
}

/**
 * An analysis run, read again while it goes on. It is not watched: browsers have six connections to a server, and those of the project and
 * of a log are taken already. What was read stays when the server goes away; it is asked again until it answers.
 */
export function useAnalysisRun(project: string, name: string | undefined): State {
  const { api } = useServices();
  const [state, setState] = useState<State>({ run: undefined, error: undefined });
  useEffect(() => {
    if (name === undefined) return undefined;
    const stop = new AbortController();
    const { signal } = stop;
    const follow = async (): Promise<void> => {
      while (!signal.aborted) {
        try {
          const run = await api.analysisRun(project, name);
          if (!signal.aborted) setState({ run, error: undefined });
          if (run.status?.completedAt !== undefined) return;
        } catch (cause) {
          if (signal.aborted) return;
          const error = cause instanceof Error ? cause : new Error(String(cause));
          setState(({ run }) => ({ run, error }));
          if (error instanceof ApiFailure && (error.status === 404 || error.status === 403 || error.status === 501)) return;
        }
        await pause(browserEnvironment.after, PAUSE, signal);
      }
    };
    void follow();
    return () => stop.abort();
  }, [api, project, name]);
  return state;
}
