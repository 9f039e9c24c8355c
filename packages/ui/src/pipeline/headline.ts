import type { Freight, Promotion, Stage } from '@kargo/api';
import { labelOf, shortDuration } from './cells.ts';
import type { Look, Shape, Tone } from './state.ts';

/** Something to say on top of the board, with the one thing to do about it. */
export interface Headline {
  tone: Tone;
  shape: Shape;
  /** What needs a person, or what is happening. */
  text: string;
  why: string;
  /** Stage it is about. */
  stage?: string | undefined;
  /** Freight that waits for somebody. */
  freight?: string | undefined;
  /** Promotion that failed. */
  promotion?: string | undefined;
}

/** What waits for somebody or is happening, most urgent first; never empty. */
export function headlinesOf(
  stages: readonly Stage[],
  promotions: ReadonlyMap<string, Promotion>,
  ready: readonly { stage: Stage; freight: Freight }[],
): Headline[] {
  const all = [
    ...stages.flatMap((stage) => failureOf(stage, promotions)),
    ...ready
      .filter(({ stage }) => stage.status?.autoPromotionEnabled !== true)
      .map(({ stage, freight }): Headline => ({
        tone: 'wait',
        shape: 'person',
        text: `${labelOf(freight)} is ready for ${stage.metadata.name}`,
        why: 'and waits for a person to promote it',
        stage: stage.metadata.name ?? '',
        freight: freight.metadata.name ?? '',
      })),
    ...stages.flatMap(heldOf),
  ];
  if (all.length > 0) return all;
  const moving = stages.find(({ status }) => status?.currentPromotion !== undefined);
  if (moving !== undefined) {
    const promotion = promotions.get(moving.status?.currentPromotion?.name ?? '');
    const step =
      promotion === undefined ? '' : `step ${(promotion.status?.currentStep ?? 0) + 1} of ${promotion.spec.steps.length}`;
    return [
      {
        tone: 'run',
        shape: 'promoting',
        text: `${moving.metadata.name} is being promoted`,
        why: step,
        stage: moving.metadata.name,
      },
    ];
  }
  const verifying = stages.find(({ status }) => status?.phase === 'Verifying');
  if (verifying !== undefined)
    return [
      {
        tone: 'run',
        shape: 'verifying',
        text: `${verifying.metadata.name} is being verified`,
        why: '',
        stage: verifying.metadata.name,
      },
    ];
  return [{ tone: 'ok', shape: 'check', text: 'Everything is where it can be', why: '' }];
}

function failureOf({ metadata, status }: Stage, promotions: ReadonlyMap<string, Promotion>): Headline[] {
  const last = status?.lastPromotion;
  if (status?.phase === 'Failed') {
    const message = status.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
    const failed = last?.status?.phase === 'Failed' || last?.status?.phase === 'Errored' ? last.name : undefined;
    const known = failed !== undefined && promotions.has(failed) ? failed : undefined;
    return [
      { tone: 'bad', shape: 'failed', text: `${metadata.name} failed`, why: message, stage: metadata.name, promotion: known },
    ];
  }
  return [];
}

function heldOf({ metadata, status }: Stage): Headline[] {
  const hold = Object.values(status?.effectiveAutoPromotionHolds ?? {})[0];
  if (hold === undefined) return [];
  return [
    {
      tone: 'hold',
      shape: 'hold',
      text: `${metadata.name} is held`,
      why:
        hold.actor === undefined ? 'auto-promotion waits until somebody resumes it' : `since ${hold.actor} promoted it by hand`,
      stage: metadata.name,
    },
  ];
}

/** What to say of controllers that do not report: by name with when they last did. Nothing that is shown of their stages is fresh. */
export function silences(silent: ReadonlyMap<string, string | undefined>, now: number): Headline[] {
  return [...silent].map(([name, since]) => {
    const who = name === '' ? 'Its stages' : `The stages of ${name}`;
    return {
      tone: 'bad',
      shape: 'unknown',
      text:
        since === undefined
          ? 'No controller has reported'
          : `No controller has reported for ${shortDuration(now - Date.parse(since))}`,
      why: `${since === undefined ? '' : `since ${new Date(since).toLocaleTimeString()}. `}${who} are shown as they were then, with health Unknown; nothing moves until it is back. Its log says why.`,
    };
  });
}

/** How a headline looks. */
export function lookOfHeadline({ shape, tone, text }: Headline): Look {
  return { shape, tone, word: text };
}
