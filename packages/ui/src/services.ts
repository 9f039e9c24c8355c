import { createContext, use, useEffect, useState, useSyncExternalStore } from 'react';
import { browserEnvironment } from './browser.ts';
import type { Ticker } from './components/use-now.ts';
import type { Api, ServerConfig } from './data/api.ts';
import { ProjectStore, type ProjectData } from './data/project-store.ts';
import type { SessionStore } from './data/session.ts';

/** What screens work with. */
export interface Services {
  session: SessionStore;
  api: Api;
  /** Stores by project; kept so that going back shows what was known at once. */
  projects: Map<string, ProjectStore>;
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

/** The store of a project; the same one for as long as the page lives. */
export function useProjectStore(project: string): ProjectStore {
  const { api, projects } = useServices();
  let store = projects.get(project);
  if (store === undefined) {
    store = new ProjectStore(project, { api, ...browserEnvironment });
    projects.set(project, store);
  }
  const known = store;
  const token = useToken();
  // What was refused to one session may be allowed to the next.
  useEffect(() => known.retry(), [known, token]);
  return known;
}

/** What `load` gives, asked again whenever one of `deps` changes; the last answer stays until the next is there. */
export function useLoaded<T>(
  load: () => Promise<T>,
  deps: readonly unknown[],
): { value: T | undefined; error: Error | undefined } {
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
  }, deps);
  return state;
}
