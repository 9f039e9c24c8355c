import type { Freight, Promotion, Stage } from '@kargo/api';
import { currentOf, labelOf } from './cells.ts';
import { newestAvailable, type FreightIndex } from './freight-index.ts';

export interface MindChangerFacts {
  stage: Stage;
  freight: Freight;
  index: FreightIndex;
  /** Promotions of the Freight to the Stage, newest first. */
  promotions: readonly Promotion[];
  now: number;
}

/** What somebody should know before promoting, and may change their mind. */
export function mindChangers({ stage, freight, index, promotions, now }: MindChangerFacts): string[] {
  const name = freight.metadata.name ?? '';
  const origin = freight.origin.name;
  const out: string[] = [];
  const current = currentOf(stage, origin);
  const [mine, runs] = [index.place.get(name), index.place.get(current ?? '')];
  if (current === name) out.push(`${labelOf(freight)} is what ${stage.metadata.name} runs already.`);
  else if (mine !== undefined && runs !== undefined && runs < mine) out.push('It is older than what runs there: this goes back.');
  const last = promotions[0]?.status;
  if (last?.phase === 'Failed' || last?.phase === 'Errored')
    out.push(
      `Its last promotion to ${stage.metadata.name} ${last.phase === 'Failed' ? 'failed' : 'ended in an error'}${last.message === undefined ? '' : `: ${last.message}`}.`,
    );
  const newest = newestAvailable(index, stage, origin, now);
  if (stage.status?.autoPromotionEnabled === true && newest !== undefined && newest.metadata.name !== name)
    out.push(`Auto-promotion would choose ${labelOf(newest)}: promoting another holds it until somebody resumes it.`);
  return out;
}
