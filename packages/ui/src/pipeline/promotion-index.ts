import type { Promotion } from '@kargo/api';

/** Promotions of a project by what they promote where. */
export interface PromotionIndex {
  /** Of a stage, newest first. */
  ofStage(stage: string): readonly Promotion[];
  /** Of one Freight to a stage, newest first. */
  of(stage: string, freight: string): readonly Promotion[];
}

const NONE: readonly Promotion[] = [];

export function indexPromotions(promotions: ReadonlyMap<string, Promotion>): PromotionIndex {
  const byStage = new Map<string, Promotion[]>();
  const byBoth = new Map<string, Promotion[]>();
  // Names of promotions grow with time.
  for (const promotion of [...promotions.values()].toSorted(newestFirst)) {
    push(byStage, promotion.spec.stage, promotion);
    push(byBoth, keyOf(promotion.spec.stage, promotion.spec.freight ?? ''), promotion);
  }
  return {
    ofStage: (stage) => byStage.get(stage) ?? NONE,
    of: (stage, freight) => byBoth.get(keyOf(stage, freight)) ?? NONE,
  };
}

export function newestFirst(a: Promotion, b: Promotion): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  if (left !== right) return left < right ? 1 : -1;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? 1 : -1;
}

function keyOf(stage: string, freight: string): string {
  return `${stage} ${freight}`;
}

function push(map: Map<string, Promotion[]>, key: string, promotion: Promotion): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [promotion]);
  else list.push(promotion);
}
