import { labels, type Stage } from '@kargo/api';
import { useEffect, useState } from 'react';
import type { Heartbeats } from '../../data/api.ts';
import { useServices } from '../../services.ts';

/** How often controllers are asked after, in milliseconds. */
const EVERY = 30_000;

/** Controllers of stages that have not reported in time, by name; what is shown of those stages may be old. */
export function useSilence(stages: ReadonlyMap<string, Stage>): ReadonlyMap<string, string | undefined> {
  const { api } = useServices();
  const [beats, setBeats] = useState<Heartbeats>();
  useEffect(() => {
    let current = true;
    const ask = (): void => {
      if (document.hidden) return;
      api.heartbeats().then(
        (answer) => current && setBeats(answer),
        () => undefined, // The connection word says that the server is away.
      );
    };
    ask();
    const timer = setInterval(ask, EVERY);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [api]);
  return silentOf(stages.values(), beats);
}

/** The same without a screen: names of controllers with when they last reported. */
export function silentOf(stages: Iterable<Stage>, beats: Heartbeats | undefined): ReadonlyMap<string, string | undefined> {
  const silent = new Map<string, string | undefined>();
  if (beats === undefined) return silent;
  for (const { metadata } of stages) {
    const shard = metadata.labels?.[labels.shard] ?? '';
    const name = shard === '' ? (beats.defaultController ?? '') : shard;
    const beat = beats.heartbeats[name];
    if (beat?.status !== 'Alive') silent.set(name, beat?.timestamp);
  }
  return silent;
}
