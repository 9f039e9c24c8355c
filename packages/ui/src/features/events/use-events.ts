import { useEffect, useState } from 'react';
import { browserEnvironment } from '../../browser.ts';
import { ApiFailure, streams } from '../../data/api.ts';
import { followList } from '../../data/object-list.ts';
import type { Connection } from '../../data/project-store.ts';
import { useServices, useToken } from '../../services.ts';

/** What happened to something, as the API tells it. */
export interface KargoEvent {
  metadata: { name?: string; annotations?: Record<string, string> };
  involvedObject?: { kind?: string; name?: string };
  reason?: string;
  message?: string;
  type?: string;
  count?: number;
  firstTimestamp?: string;
  lastTimestamp?: string;
}

/** The events of a project, newest first, as they happen. */
export function useEvents(project: string): { events: readonly KargoEvent[] | undefined; connection: Connection } {
  const { follow } = useServices();
  const token = useToken();
  const [events, setEvents] = useState<readonly KargoEvent[]>();
  const [connection, setConnection] = useState<Connection>({ kind: 'connecting' });
  useEffect(() => {
    const stop = new AbortController();
    let since: number | undefined;
    void followList<KargoEvent>(
      {
        follow: (signal) => follow(streams.events(project), undefined, signal),
        attention: browserEnvironment,
        show: (all) => {
          since = undefined;
          setConnection({ kind: 'live' });
          setEvents(all.toSorted((a, b) => (b.lastTimestamp ?? '').localeCompare(a.lastTimestamp ?? '')));
        },
        lost: (error, ms) => {
          if (error instanceof ApiFailure && (error.status === 403 || error.status === 404)) {
            setConnection({ kind: 'refused', status: error.status, why: error.message });
            return false;
          }
          const now = browserEnvironment.now();
          since ??= now;
          setConnection({ kind: 'lost', since, retryAt: now + ms, why: error?.message ?? 'The server ended the connection.' });
          return true;
        },
      },
      stop.signal,
    );
    return () => stop.abort();
  }, [follow, project, token]);
  return { events, connection };
}
