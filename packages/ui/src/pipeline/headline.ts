import type { Freight, Promotion, Stage } from '@kargo/api';
import type { Tone } from './state.ts';

export interface Headline {
  tone: Tone;
  /** What needs a person, or what is happening. */
  text: string;
  why: string;
  /** Stage to look at. */
  stage?: string;
}

/** The one sentence on top of the board: failures first, then what waits for a person, then what is moving. */
export function headlineOf(
  stages: readonly Stage[],
  promotions: ReadonlyMap<string, Promotion>,
  ready: readonly { stage: Stage; freight: Freight }[],
): Headline {
  const failed = stages.find(({ status }) => status?.phase === 'Failed');
  if (failed !== undefined) {
    const message = failed.status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
    return { tone: 'bad', text: `${failed.metadata.name} failed`, why: message, stage: failed.metadata.name ?? '' };
  }
  const waiting = ready.find(({ stage }) => stage.status?.autoPromotionEnabled !== true);
  if (waiting !== undefined) {
    return {
      tone: 'wait',
      text: `${waiting.freight.alias ?? waiting.freight.metadata.name?.slice(0, 7)} is ready for ${waiting.stage.metadata.name}`,
      why: 'and waits for a person to promote it',
      stage: waiting.stage.metadata.name ?? '',
    };
  }
  const moving = stages.find(({ status }) => status?.currentPromotion !== undefined);
  if (moving !== undefined) {
    const promotion = promotions.get(moving.status?.currentPromotion?.name ?? '');
    const step =
      promotion === undefined ? '' : `step ${(promotion.status?.currentStep ?? 0) + 1} of ${promotion.spec.steps.length}`;
    return { tone: 'run', text: `${moving.metadata.name} is being promoted`, why: step, stage: moving.metadata.name ?? '' };
  }
  const verifying = stages.find(({ status }) => status?.phase === 'Verifying');
  if (verifying !== undefined)
    return { tone: 'run', text: `${verifying.metadata.name} is being verified`, why: '', stage: verifying.metadata.name ?? '' };
  return { tone: 'ok', text: 'Everything is where it can be', why: '' };
}
