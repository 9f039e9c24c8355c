import { useEffect, useState } from 'react';
import { OutOfRangeError, readEvents } from '../../data/event-stream.ts';
import { ApiFailure } from '../../data/api.ts';
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

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

/** The events of a project, newest first, as they happen. */
export function useEvents(project: string): { events: readonly KargoEvent[] | undefined; connection: Connection } {
  const { api } = useServices();
  const token = useToken();
  const [events, setEvents] = useState<readonly KargoEvent[]>();
  const [connection, setConnection] = useState<Connection>({ kind: 'connecting' });
  useEffect(() => {
    const stop = new AbortController();
    let known = new Map<string, KargoEvent>();
    let since: number | undefined;
    const show = (): void =>
      setEvents([...known.values()].toSorted((a, b) => (b.lastTimestamp ?? '').localeCompare(a.lastTimestamp ?? '')));
    const follow = async (): Promise<void> => {
      let pause = FIRST_PAUSE;
      while (!stop.signal.aborted) {
        let why = 'the server has ended the stream';
        try {
          const stream = await api.watchView(project, 'events', stop.signal);
          const fresh = new Map<string, KargoEvent>();
          let synced = false;
          for await (const { isError, data } of readEvents(stream)) {
            if (isError) throw new OutOfRangeError(data);
            if (data === '') continue;
            const { type, object } = JSON.parse(data) as { type: string; object: KargoEvent };
            if (type === 'SYNCED') {
              known = fresh;
              synced = true;
              since = undefined;
              pause = FIRST_PAUSE;
              setConnection({ kind: 'live' });
            } else if (type === 'DELETED') fresh.delete(object.metadata.name ?? '');
            else fresh.set(object.metadata.name ?? '', object);
            if (synced) show();
          }
        } catch (error) {
          if (stop.signal.aborted) return;
          if (error instanceof ApiFailure && (error.status === 403 || error.status === 404)) {
            setConnection({ kind: 'refused', status: error.status, why: error.message });
            return;
          }
          why = error instanceof Error ? error.message : String(error);
        }
        since ??= Date.now();
        setConnection({ kind: 'lost', since, retryAt: Date.now() + pause, why });
        await new Promise((resolve) => setTimeout(resolve, pause));
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
    };
    void follow();
    return () => stop.abort();
  }, [api, project, token]);
  return { events, connection };
}
