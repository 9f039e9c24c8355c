import type { Project } from '@kargo/api';
import { useEffect, useState } from 'react';
import { browserEnvironment } from '../../browser.ts';
import { streams } from '../../data/api.ts';
import { followList } from '../../data/object-list.ts';
import { useLoaded, useServices, useToken } from '../../services.ts';

/** All projects, kept current by a stream; and which of them one has a role in. */
export function useProjects(): {
  projects: readonly Project[] | undefined;
  mine: ReadonlySet<string> | undefined;
  error: Error | undefined;
  retry: () => void;
} {
  const { api, follow } = useServices();
  const token = useToken();
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<{ projects: readonly Project[] | undefined; error: Error | undefined }>({
    projects: undefined,
    error: undefined,
  });
  const { value: own } = useLoaded(() => api.projects({ mine: true }), [api, attempt, token]);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    void followList<Project>(
      {
        follow: (signal) => follow(streams.projects, undefined, signal),
        attention: browserEnvironment,
        show: (projects) => setState({ projects, error: undefined }),
        lost: async (error) => {
          if (error === undefined) return true;
          // Who may not watch may still see the list.
          const listed = await api.projects().catch(() => undefined);
          if (!signal.aborted)
            setState((before) => ({ projects: listed ?? before.projects, error: listed === undefined ? error : undefined }));
          return true;
        },
      },
      signal,
    );
    return () => stop.abort();
  }, [api, follow, attempt, token]);
  return {
    ...state,
    mine: own === undefined ? undefined : new Set(own.map(({ metadata }) => metadata.name ?? '')),
    retry: () => setAttempt((before) => before + 1),
  };
}
