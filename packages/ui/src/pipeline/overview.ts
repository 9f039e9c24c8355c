import type { Freight, Stage } from '@kargo/api';
import { currentOf, labelOf } from './cells.ts';
import { indexFreight, newestAvailable } from './freight-index.ts';
import { worstFirst } from './groups.ts';
import { headlinesOf, type Headline } from './headline.ts';
import { originsOf, ranksOf } from './ranks.ts';
import type { Look, Tone } from './state.ts';

/** One step of the little pipeline in a list of projects. */
export interface MiniRank {
  looks: Look[];
  /** How many stages there are, where that is more than are drawn. */
  count: number;
}

/** A project in one line. */
export interface Overview {
  ranks: MiniRank[];
  headline: Headline;
  /** Whether somebody has to do something. */
  needs: boolean;
  freightToday: number;
}

/** Stages of a rank that are drawn; more are their worst and a number. */
const DRAWN = 2;

/** What a list of projects says about one. `freight` may be the newest only. */
export function overviewOf(stages: readonly Stage[], freight: readonly Freight[], now: number): Overview {
  const origins = [...new Set(stages.flatMap(originsOf))];
  // Stages of several warehouses stand once, at their place for the first.
  const seen = new Set<string>();
  const ranks: MiniRank[] = [];
  for (const origin of origins)
    for (const [rank, column] of ranksOf(stages, origin).entries()) {
      const fresh = column.filter(({ metadata }) => !seen.has(metadata.name ?? ''));
      for (const { metadata } of fresh) seen.add(metadata.name ?? '');
      const sorted = worstFirst(fresh).map(({ look }) => look);
      const at = (ranks[rank] ??= { looks: [], count: 0 });
      at.looks.push(...sorted);
      at.count += sorted.length;
    }
  for (const each of ranks) if (each.count > DRAWN) each.looks = each.looks.toSorted(byWorst).slice(0, 1);
  const index = indexFreight(new Map(freight.map((each) => [each.metadata.name ?? '', each])));
  const ready = stages.flatMap((stage) =>
    originsOf(stage).flatMap((origin) => {
      if (stage.status?.phase === 'NotApplicable' || stage.status?.currentPromotion !== undefined) return [];
      const newest = newestAvailable(index, stage, origin, now);
      const current = currentOf(stage, origin);
      if (newest === undefined || newest.metadata.name === current) return [];
      const [mine, runs] = [index.place.get(newest.metadata.name ?? ''), index.place.get(current ?? '')];
      return mine !== undefined && runs !== undefined && runs < mine ? [] : [{ stage, freight: newest }];
    }),
  );
  const [headline] = headlinesOf(stages, new Map(), ready);
  const today = new Date(now).toDateString();
  const needs = headline !== undefined && (headline.tone === 'bad' || headline.tone === 'wait' || headline.tone === 'hold');
  return {
    ranks,
    headline:
      stages.length === 0
        ? { tone: 'idle', shape: 'pending', text: 'No stages yet', why: '' }
        : steady(headline, stages, index.byOrigin),
    needs,
    freightToday: freight.filter(
      ({ discoveredAt, metadata }) => new Date(discoveredAt ?? metadata.creationTimestamp ?? 0).toDateString() === today,
    ).length,
  };
}

/** Where nothing happens, what all stages run says more. */
function steady(
  headline: Headline | undefined,
  stages: readonly Stage[],
  byOrigin: ReadonlyMap<string, readonly Freight[]>,
): Headline {
  if (headline === undefined) return { tone: 'idle', shape: 'pending', text: '', why: '' };
  if (headline.tone !== 'ok') return headline;
  const all = [...byOrigin.values()].flat();
  const current = new Set(
    stages.flatMap((stage) => Object.values(stage.status?.freightHistory?.[0]?.items ?? {}).map(({ name }) => name ?? '')),
  );
  const [only] = current;
  const freight = current.size === 1 ? all.find(({ metadata }) => metadata.name === only) : undefined;
  if (freight !== undefined) return { ...headline, text: `All ${stages.length} stages on ${labelOf(freight)}` };
  return current.size === 0 ? { tone: 'idle', shape: 'pending', text: 'No freight yet', why: '' } : headline;
}

const WORST: readonly Tone[] = ['bad', 'wait', 'hold', 'run', 'idle', 'ok'];

function byWorst(a: Look, b: Look): number {
  return WORST.indexOf(a.tone) - WORST.indexOf(b.tone);
}
