import { useCallback, useEffect, useState } from 'react';
import { useServices, useToken } from '../../services.ts';

export interface Resource<T> {
  value: T | undefined;
  error: Error | undefined;
  /** Asks again; what was there stays until the answer comes. */
  reload: () => void;
}

/** What the API has at a route. Asked again when the route or whoever is signed in changes. */
export function useResource<T>(route: string): Resource<T> {
  const { api } = useServices();
  const token = useToken();
  const [count, setCount] = useState(0);
  const [state, setState] = useState<{ route: string; value: T | undefined; error: Error | undefined }>({
    route,
    value: undefined,
    error: undefined,
  });
  useEffect(() => {
    const stop = new AbortController();
    api.call<T>('GET', route, { signal: stop.signal }).then(
      (value) => stop.signal.aborted || setState({ route, value, error: undefined }),
      (cause: unknown) =>
        stop.signal.aborted ||
        setState((before) => ({
          route,
          value: before.route === route ? before.value : undefined,
          error: cause instanceof Error ? cause : new Error(String(cause)),
        })),
    );
    return () => stop.abort();
  }, [api, route, token, count]);
  const reload = useCallback(() => setCount((before) => before + 1), []);
  return {
    value: state.route === route ? state.value : undefined,
    error: state.route === route ? state.error : undefined,
    reload,
  };
}
