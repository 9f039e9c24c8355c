import { labels, type Stage } from '@kargo/api';
import { useMemo, useSyncExternalStore } from 'react';
import type { Heartbeats } from '../../data/api.ts';
import { useServices } from '../../services.ts';

/** Controllers that have not reported in time, with when they last did. */
export type Silence = ReadonlyMap<string, string | undefined>;

/** What of a project is not looked after by anybody just now. */
export interface Unattended {
  silent: Silence;
  /** The stages, those of silent controllers without what would be pretended to be so now. */
  stages: ReadonlyMap<string, Stage>;
}

/** Which controllers of stages are silent, and the stages as they may be shown. */
export function useSilence(stages: ReadonlyMap<string, Stage>): Unattended {
  const { heartbeats } = useServices();
  const beats = useSyncExternalStore(heartbeats.subscribe, heartbeats.get);
  return useMemo(() => {
    const silent = silentOf(stages.values(), beats);
    return { silent, stages: withoutPretence(stages, beats, silent) };
  }, [stages, beats]);
}

/** Names of silent controllers with when they last reported. */
export function silentOf(stages: Iterable<Stage>, beats: Heartbeats | undefined): Silence {
  const silent = new Map<string, string | undefined>();
  if (beats === undefined) return silent;
  for (const stage of stages) {
    const name = controllerOf(stage, beats);
    const beat = beats.heartbeats[name];
    if (beat?.status !== 'Alive') silent.set(name, beat?.timestamp);
  }
  return silent;
}

/** Phase and health are those of when they were observed: without a controller nobody knows them. What runs where was so when it last reported. */
export function withoutPretence(
  stages: ReadonlyMap<string, Stage>,
  beats: Heartbeats | undefined,
  silent: Silence,
): ReadonlyMap<string, Stage> {
  if (beats === undefined || silent.size === 0) return stages;
  return new Map(
    [...stages].map(([name, stage]) => {
      const { status } = stage;
      if (!silent.has(controllerOf(stage, beats)) || status?.phase === 'NotApplicable') return [name, stage];
      const health = status?.health === undefined ? {} : { health: { ...status.health, status: 'Unknown' } };
      return [name, { ...stage, status: { ...status, phase: 'Unknown', ...health } } as Stage];
    }),
  );
}

function controllerOf({ metadata }: Stage, beats: Heartbeats): string {
  const shard = metadata.labels?.[labels.shard] ?? '';
  return shard === '' ? (beats.defaultController ?? '') : shard;
}
