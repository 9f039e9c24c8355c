import { useMemo } from 'react';
import { NarrowBy, NarrowByTime } from '../../components/narrow-by.tsx';
import { useQuery } from '../../components/use-query.ts';
import { sourcesOf, stageGroups } from '../../pipeline/narrowing.ts';
import type { Model } from './use-model.ts';

/** In the address. */
export const NARROWING = ['range', 'source', 'group'] as const;

/** Choices that narrow the board down: freight by time and by where it brought something new from, stages by group. */
export function NarrowBar({ model, origin }: { model: Model; origin: string }): React.ReactNode {
  const [query, setQuery] = useQuery();
  const freight = model.freight.byOrigin.get(origin);
  const sources = useMemo(() => sourcesOf(freight ?? []), [freight]);
  const groups = useMemo(() => stageGroups(model.data.stages.values()), [model.data.stages]);
  const isActive = NARROWING.some((name) => query.has(name));
  return (
    <div className="filters narrow" role="search" aria-label="Narrow down">
      <NarrowByTime />
      <NarrowBy
        name="source"
        label="Source"
        all="All sources"
        options={sources.map((source) => ({ value: source, label: `New in ${source}` }))}
      />
      <NarrowBy name="group" label="Group of stages" all="All stages" options={groups} />
      {isActive ? (
        <button
          type="button"
          className="link-button"
          onClick={() => setQuery(Object.fromEntries(NARROWING.map((name) => [name, undefined])), { replace: true })}
        >
          Show everything
        </button>
      ) : null}
    </div>
  );
}
