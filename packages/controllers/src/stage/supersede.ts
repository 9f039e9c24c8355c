import { originKey, type Freight, type Promotion } from '@kargo/api';
import { compareText } from '../availability/availability.ts';
import { identity, isPromotionTerminal, type StagePass, type StageStep } from './pass.ts';

export interface SupersedeDeps {
  /** The Freight as last seen; undefined if it is not known. */
  getFreight: (project: string, name: string) => Freight | undefined;
  /** Ends a Promotion that never had its turn, in favour of `by`. */
  discard: (promotion: Promotion, by: Promotion, now: number) => Promise<Promotion>;
  /** Tells people about it. */
  discarded: (promotion: Promotion, freight: Freight | undefined) => Promise<void>;
}

/**
 * In a Stage that takes the latest only: ends what waits for its turn and was overtaken. What has its turn already goes on, and each origin
 * is a queue of its own. Other Stages promote everything in order.
 */
export function supersede({ getFreight, discard, discarded }: SupersedeDeps): StageStep {
  return async (pass) => {
    if (pass.stage.spec.promotionOrder !== 'LatestOnly') return;
    const { project } = identity(pass);
    const freightOf = ({ spec }: Promotion): Freight | undefined => getFreight(project, spec.freight ?? '');
    for (const [promotion, by] of overtaken(pass, freightOf)) {
      const ended = await discard(promotion, by, pass.now);
      pass.promotions[pass.promotions.indexOf(promotion)] = ended;
      pass.afterwards.push(() => discarded(ended, freightOf(ended)));
    }
  };
}

/** The waiting Promotions that were overtaken, with the one of the same origin that was submitted last. Pure. */
export function overtaken(
  { promotions, status }: Pick<StagePass, 'promotions' | 'status'>,
  freightOf: (promotion: Promotion) => Freight | undefined,
): [Promotion, Promotion][] {
  const waiting = promotions.filter(
    (promotion) =>
      !isPromotionTerminal(promotion) &&
      promotion.status?.phase !== 'Running' &&
      promotion.metadata.name !== status.currentPromotion?.name,
  );
  const byOrigin = Map.groupBy(waiting, (promotion) => {
    const freight = freightOf(promotion);
    return freight === undefined ? undefined : originKey(freight.origin);
  });
  return [...byOrigin].flatMap(([origin, queue]): [Promotion, Promotion][] => {
    const ordered = queue.toSorted((a, b) => compareText(a.metadata.name ?? '', b.metadata.name ?? ''));
    const latest = ordered.at(-1);
    // Of what Freight nobody knows the origin, nobody knows what it could take the place of.
    return origin === undefined || latest === undefined ? [] : ordered.slice(0, -1).map((each) => [each, latest]);
  });
}
