import { createContext, use, useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { Ticker } from './components/use-now.ts';
import type { Api, ServerConfig } from './data/api.ts';
import type { HeartbeatStore } from './data/heartbeats.ts';
import type { ProjectData, ProjectStore } from './data/project-store.ts';
import type { ProjectStores } from './data/project-stores.ts';
import type { SessionStore } from './data/session.ts';
import type { Follow } from './data/streams/streams.ts';

/** What screens work with. */
export interface Services {
  session: SessionStore;
  api: Api;
  projects: ProjectStores;
  /** Reads a stream of objects, together with the other pages of this browser. */
  follow: Follow;
  /** When controllers last reported. */
  heartbeats: HeartbeatStore;
  /** The clock of everything that shows how long ago something was. */
  ticker: Ticker;
  /** The same for what is shown to the second while it goes on. */
  seconds: Ticker;
}

/** What the server is set up with; empty until it has said. */
export const ServerConfigContext = createContext<Required<ServerConfig>>({ argocdShards: {} });

export const ServicesContext = createContext<Services | undefined>(undefined);

export function useServices(): Services {
  const services = use(ServicesContext);
  if (services === undefined) throw new Error('programmer error: a screen outside of the services');
  return services;
}

/** The token of the session; the component draws again when it changes. */
export function useToken(): string | undefined {
  const { session } = useServices();
  return useSyncExternalStore(session.subscribe, () => session.token);
}

/** Everything known of a project, live. */
export function useProject(project: string): ProjectData {
  const store = useProjectStore(project);
  return useSyncExternalStore(store.subscribe, store.get);
}

/** The store of a project for whoever is signed in. */
export function useProjectStore(project: string): ProjectStore {
  const { projects } = useServices();
  const token = useToken();
  const store = projects.of(project);
  // What was refused to one session may be allowed to the next.
  useEffect(() => store.retry(), [store, token]);
  return store;
}

/**
 * What `load` gives, asked again whenever one of `deps` or whoever is signed in changes, and by `reload`; the last answer stays until the
 * next is there.
 */
export function useLoaded<T>(
  load: () => Promise<T>,
  deps: readonly unknown[],
): { value: T | undefined; error: Error | undefined; reload: () => void } {
  const token = useToken();
  const [count, setCount] = useState(0);
  const reload = useCallback(() => setCount((before) => before + 1), []);
  const [state, setState] = useState<{ value: T | undefined; error: Error | undefined }>({ value: undefined, error: undefined });
  useEffect(() => {
    let current = true;
    load().then(
      (value) => current && setState({ value, error: undefined }),
      (error: unknown) =>
        current &&
        setState((before) => ({ value: before.value, error: error instanceof Error ? error : new Error(String(error)) })),
    );
    return () => {
      current = false;
    };
  }, [...deps, token, count]);
  return { ...state, reload };
}
