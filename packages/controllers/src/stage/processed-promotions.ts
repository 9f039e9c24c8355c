/**
 * Which Promotions the Stage has taken note of. Each is taken note of exactly once, in the order in which they ended, whatever their
 * names: a Promotion that was submitted earlier but ran later must not be lost.
 */
import type { Promotion, StageStatus } from '@kargo/api';
import { compareText } from '../availability/availability.ts';
import { isPromotionTerminal } from './pass.ts';

/** How many names are remembered. Older ones are covered by an instant: what ended by then has been taken note of. */
export const REMEMBERED_PROMOTIONS = 50;

type Marks = Pick<StageStatus, 'processedPromotions' | 'processedPromotionsUntil' | 'lastPromotion'>;

/** Whether the end of `promotion` has been taken note of. */
export function isProcessed(marks: Marks, promotion: Promotion): boolean {
  if (!isPromotionTerminal(promotion)) return false;
  const name = promotion.metadata.name ?? '';
  if (marks.processedPromotions === undefined) {
    // Written by a version that kept no marks: it took note in the order of names.
    return marks.lastPromotion !== undefined && name <= marks.lastPromotion.name;
  }
  if (marks.processedPromotions.includes(name)) return true;
  return marks.processedPromotionsUntil !== undefined && endOf(promotion) <= Date.parse(marks.processedPromotionsUntil);
}

/** The terminal Promotions among `promotions` that were not taken note of yet, in the order in which they ended. */
export function unprocessed(marks: Marks, promotions: readonly Promotion[]): Promotion[] {
  return promotions.filter((promotion) => isPromotionTerminal(promotion) && !isProcessed(marks, promotion)).toSorted(byEnd);
}

/** Marks `finished` as taken note of, in place. `promotions` are all that exist, to tell what forgotten names stood for. */
export function markProcessed(marks: Marks, finished: readonly Promotion[], promotions: readonly Promotion[]): void {
  if (marks.processedPromotions === undefined) {
    const known = promotions.filter((promotion) => isProcessed(marks, promotion) && !finished.includes(promotion));
    marks.processedPromotions = known.toSorted(byEnd).map(({ metadata }) => metadata.name ?? '');
  }
  const names = [...marks.processedPromotions, ...finished.map(({ metadata }) => metadata.name ?? '')];
  const forgotten = names.slice(0, Math.max(0, names.length - REMEMBERED_PROMOTIONS));
  marks.processedPromotions = names.slice(forgotten.length);
  for (const promotion of promotions) {
    if (!forgotten.includes(promotion.metadata.name ?? '')) continue;
    const [until, end] = [Date.parse(marks.processedPromotionsUntil ?? ''), endOf(promotion)];
    if (end > 0 && !(until >= end)) marks.processedPromotionsUntil = promotion.status?.finishedAt;
  }
}

function byEnd(a: Promotion, b: Promotion): number {
  return endOf(a) - endOf(b) || compareText(a.metadata.name ?? '', b.metadata.name ?? '');
}

function endOf({ status }: Promotion): number {
  const at = Date.parse(status?.finishedAt ?? '');
  return Number.isNaN(at) ? 0 : at;
}
