import type { Freight, Stage } from '@kargo/api';
import { useMemo } from 'react';
import { useNow } from '../../components/use-now.ts';
import type { ProjectData } from '../../data/project-store.ts';
import { currentOf } from '../../pipeline/cells.ts';
import { indexFreight, newestAvailable, type FreightIndex } from '../../pipeline/freight-index.ts';
import { indexPromotions, type PromotionIndex } from '../../pipeline/promotion-index.ts';
import { ranksOf } from '../../pipeline/ranks.ts';
import { unitsOf, type Unit } from '../../pipeline/groups.ts';

/** A project as its pipeline screens see it. */
export interface Model {
  data: ProjectData;
  freight: FreightIndex;
  promotions: PromotionIndex;
  /** Warehouses that stages name or that are there, names ascending. */
  origins: readonly string[];
  now: number;
}

export function useModel(data: ProjectData): Model {
  const freight = useMemo(() => indexFreight(data.freight), [data.freight]);
  const promotions = useMemo(() => indexPromotions(data.promotions), [data.promotions]);
  const origins = useMemo(() => [...data.warehouses.keys()].toSorted(), [data.warehouses]);
  const now = useNow();
  return useMemo(() => ({ data, freight, promotions, origins, now }), [data, freight, promotions, origins, now]);
}

/** The columns of the board for one origin. */
export function useColumns(stages: readonly Stage[], origin: string): readonly (readonly Unit[])[] {
  return useMemo(() => ranksOf(stages, origin).map(unitsOf), [stages, origin]);
}

/** Stages for which newer Freight than they run is there, with that Freight. */
export function readyIn(
  { freight, now, promotions }: Model,
  stages: readonly Stage[],
  origin: string,
): { stage: Stage; freight: Freight }[] {
  return stages.flatMap((stage) => {
    if (stage.status?.phase === 'NotApplicable') return [];
    const newest = newestAvailable(freight, stage, origin, now);
    const name = newest?.metadata.name ?? '';
    const current = currentOf(stage, origin);
    if (newest === undefined || name === current) return [];
    const place = freight.place.get(name) ?? 0;
    const runs = current === undefined ? undefined : freight.place.get(current);
    if (runs !== undefined && runs < place) return [];
    // What is on its way needs nobody.
    const underway = promotions.of(stage.metadata.name ?? '', name).some(({ status }) => {
      const phase = status?.phase ?? 'Pending';
      return phase === 'Pending' || phase === 'Running';
    });
    return underway ? [] : [{ stage, freight: newest }];
  });
}
