import type { Project } from '@kargo/api';
import { useEffect, useState } from 'react';
import { browserEnvironment } from '../../browser.ts';
import { readBatches } from '../../data/event-stream.ts';
import { useLoaded, useServices } from '../../services.ts';

interface Frame {
  type: string;
  object?: Project;
}

/** All projects, kept current by a stream; and which of them one has a role in. */
export function useProjects(): {
  projects: readonly Project[] | undefined;
  mine: ReadonlySet<string> | undefined;
  error: Error | undefined;
  retry: () => void;
} {
  const { api } = useServices();
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<{ projects: readonly Project[] | undefined; error: Error | undefined }>({
    projects: undefined,
    error: undefined,
  });
  const { value: own } = useLoaded(() => api.projects({ mine: true }), [api, attempt]);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const follow = async (): Promise<void> => {
      const known = new Map<string, Project>();
      let synced = false;
      for await (const batch of readBatches(await api.watchProjects(signal))) {
        for (const { data, isError } of batch) {
          if (isError) throw new Error(data);
          if (data === '') continue;
          const { type, object } = JSON.parse(data) as Frame;
          if (type === 'SYNCED') synced = true;
          else if (type === 'DELETED') known.delete(object?.metadata.name ?? '');
          else if (object !== undefined) known.set(object.metadata.name ?? '', object);
        }
        if (synced && !signal.aborted) setState({ projects: [...known.values()], error: undefined });
      }
    };
    const run = async (): Promise<void> => {
      for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, 10_000)) {
        try {
          await follow();
          pause = 500;
        } catch (cause) {
          if (signal.aborted) return;
          const error = cause instanceof Error ? cause : new Error(String(cause));
          // Who may not watch may still see the list.
          const listed = await api.projects().catch(() => undefined);
          if (!signal.aborted)
            setState((before) => ({ projects: listed ?? before.projects, error: listed === undefined ? error : undefined }));
        }
        await new Promise<void>((resolve) => {
          const cancel = browserEnvironment.after(pause, resolve);
          signal.addEventListener('abort', () => {
            cancel();
            resolve();
          });
        });
      }
    };
    void run();
    return () => stop.abort();
  }, [api, attempt]);
  return {
    ...state,
    mine: own === undefined ? undefined : new Set(own.map(({ metadata }) => metadata.name ?? '')),
    retry: () => setAttempt((before) => before + 1),
  };
}
