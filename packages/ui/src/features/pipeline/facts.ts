import type { Freight, Stage } from '@kargo/api';
import { cellOf, type Cell } from '../../pipeline/cells.ts';
import type { Model } from './use-model.ts';

/** What a piece of freight is to one stage. `next`: the newest that may go to each stage. */
export function factsOf(
  {
    freight,
    origin,
    model,
    next,
  }: { freight: Freight; origin: string; model: Model; next: ReadonlyMap<string | undefined, Freight> },
  stage: Stage,
  brief?: boolean,
): Cell {
  const name = stage.metadata.name ?? '';
  return cellOf({
    freight,
    stage,
    origin,
    now: model.now,
    promotions: model.promotions.of(name, freight.metadata.name ?? ''),
    place: model.freight.place,
    newest: next.get(name),
    stages: model.data.stages,
    brief,
  });
}
