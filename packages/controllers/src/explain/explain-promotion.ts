import { keyOf, type Freight, type Promotion, type Stage } from '@kargo/api';
import { availabilityMessage, isFreightAvailable } from '../availability/availability.ts';
import { soakMilliseconds } from '../availability/soak.ts';
import { isControlFlow } from '../stage/pass.ts';
import {
  earliestOf,
  instant,
  promotersOf,
  triggersOf,
  waitsFor,
  triggersOrElse,
  triggersOfGates,
  type Action,
  type Explanation,
  type Gate,
  type Trigger,
  type WaitsOf,
} from './explanation.ts';

export interface PromotionFacts {
  promotion: Promotion;
  /** The Stage it promotes to, if it exists. */
  stage: Stage | undefined;
  /** The Freight it promotes, if it exists. */
  freight: Freight | undefined;
  /** All Promotions of the Stage. */
  siblings: readonly Promotion[];
  waitsOf: WaitsOf;
  now: number;
}

const OVER = new Set(['Succeeded', 'Failed', 'Errored', 'Aborted']);

/** Why a Promotion does not move, or how it ended. */
export function explainPromotion(facts: PromotionFacts): Explanation {
  const { promotion, waitsOf } = facts;
  const { name, namespace = '' } = keyOf(promotion);
  const phase = promotion.status?.phase ?? 'Pending';
  const waits = waitsFor(waitsOf, 'Promotion', { namespace, name });
  const over = OVER.has(phase);
  const gates = over ? [] : phase === 'Running' ? stepGates(promotion) : pendingGates(facts);
  const triggers = over
    ? []
    : triggersOrElse(triggersOf(waits), [...triggersOfGates(gates), ...turn(facts, phase), ...stepEnd(promotion)]);
  const abort: Action = {
    what: 'abort it',
    command: `kargo promote --project ${namespace} --abort --name ${name}`,
    who: promotersOf(promotion.spec.stage),
  };
  const again: Action = {
    what: 'promote the same Freight again',
    command: `kargo promote --project ${namespace} --freight ${promotion.spec.freight ?? ''} --stage ${promotion.spec.stage}`,
    who: promotersOf(promotion.spec.stage),
  };
  return {
    kind: 'Promotion',
    name,
    project: namespace,
    standing: over ? 'settled' : phase === 'Running' && waits.length === 0 ? 'moving' : 'waiting',
    summary: over
      ? ended(promotion)
      : phase === 'Running'
        ? running(promotion, waits[0]?.message)
        : `Promotion ${name} is pending: ${gates.find(({ met }) => !met)?.fact ?? waits[0]?.message ?? 'it starts at once'}.`,
    gates,
    triggers,
    earliest: earliestOf(gates, triggers),
    actions: over
      ? phase === 'Succeeded'
        ? []
        : [again]
      : [abort, ...gates.flatMap(({ met, action }) => (met || action === undefined ? [] : [action]))],
  };
}

/** What brings a Promotion its turn, also where no controller of this process knows of it. */
function turn({ promotion, stage }: PromotionFacts, phase: string): Trigger[] {
  if (phase === 'Running') return [];
  const what =
    stage === undefined ? `Stage ${promotion.spec.stage} is created` : `Stage ${promotion.spec.stage} starts this Promotion`;
  return [{ kind: 'event', what }];
}

/** What a running step comes to by itself: its end, at the latest when it times out. */
function stepEnd({ spec, status }: Promotion): Trigger[] {
  if (status?.phase !== 'Running') return [];
  const index = status.currentStep ?? 0;
  const step = spec.steps[index];
  const end: Trigger = { kind: 'event', what: `step ${index + 1} (${step?.uses ?? ''}) ends` };
  const alias = step?.as ?? `step-${index + 1}`;
  const begun = Date.parse(status.stepExecutionMetadata?.find((entry) => entry.alias === alias)?.startedAt ?? '');
  const timeout = soakMilliseconds(step?.retry?.timeout ?? '') ?? 0;
  if (Number.isNaN(begun) || timeout === 0) return [end];
  return [end, { kind: 'deadline', what: `step "${alias}" times out`, at: instant(begun + timeout) }];
}

function ended({ metadata, status }: Promotion): string {
  const why = status?.message === undefined || status.message === '' ? '' : `: ${status.message}`;
  return `Promotion ${metadata.name} ended ${status?.phase} at ${status?.finishedAt ?? 'an unknown time'}${why}.`;
}

function running(promotion: Promotion, wait: string | undefined): string {
  const index = promotion.status?.currentStep ?? 0;
  const step = promotion.spec.steps[index];
  return `Promotion ${promotion.metadata.name} is at step ${index + 1} of ${promotion.spec.steps.length} (${step?.uses ?? ''}): ${wait ?? 'the step is running'}.`;
}

function stepGates({ spec, status }: Promotion): Gate[] {
  return spec.steps.map(({ uses, as }, index): Gate => {
    const alias = as ?? `step-${index + 1}`;
    const entry = status?.stepExecutionMetadata?.find((candidate) => candidate.alias === alias);
    const done = entry?.status === 'Succeeded' || entry?.status === 'Skipped';
    const attempts = (entry?.errorCount ?? 0) > 0 ? `, ${entry?.errorCount} error${entry?.errorCount === 1 ? '' : 's'}` : '';
    const message = entry?.message === undefined || entry.message === '' ? '' : `: ${entry.message}`;
    return {
      name: `Step ${index + 1}, ${uses ?? alias}`,
      met: done,
      fact: entry === undefined ? 'not begun' : `${entry.status ?? 'Running'}${attempts}${message}`,
      ...(done ? {} : { awaits: entry === undefined ? 'the steps before it end' : 'the step ends' }),
    };
  });
}

function pendingGates({ promotion, stage, freight, siblings, now }: PromotionFacts): Gate[] {
  if (stage === undefined)
    return [
      {
        name: 'Stage',
        met: false,
        fact: `Stage ${promotion.spec.stage} does not exist`,
        awaits: `Stage ${promotion.spec.stage} is created`,
      },
    ];
  const gates: Gate[] = [];
  if (isControlFlow(stage))
    gates.push({
      name: 'Stage',
      met: false,
      fact: `Stage ${promotion.spec.stage} has no promotion steps, so it starts none`,
      awaits: `Stage ${promotion.spec.stage} gets promotion steps`,
    });
  if (freight === undefined)
    gates.push({
      name: 'Freight',
      met: false,
      fact: `Freight ${promotion.spec.freight ?? ''} does not exist`,
      awaits: 'its turn comes, and it ends as there is no such Freight',
    });
  else {
    const availability = isFreightAvailable(stage, freight, now);
    const opens =
      availability.available || availability.nextChange === undefined ? {} : { opensAt: instant(availability.nextChange) };
    gates.push({
      name: 'Freight',
      met: availability.available,
      fact: availability.available ? 'available to the Stage' : availabilityMessage(availability),
      ...(availability.available
        ? {}
        : { awaits: 'it is available to the Stage when its turn comes, or else this Promotion ends' }),
      ...opens,
    });
  }
  const own = promotion.metadata.name ?? '';
  const current = stage.status?.currentPromotion?.name;
  const ahead = siblings.filter(
    ({ metadata, status }) =>
      metadata.name !== own && metadata.name !== current && !OVER.has(status?.phase ?? '') && (metadata.name ?? '') < own,
  );
  if (current !== undefined && current !== own)
    gates.push({
      name: 'Running promotion',
      met: false,
      fact: `Promotion ${current} runs in this Stage; one runs at a time`,
      awaits: `Promotion ${current} ends`,
      action: {
        what: 'abort the one that runs, if it is stuck',
        command: `kargo promote --project ${promotion.metadata.namespace ?? ''} --abort --name ${current}`,
        who: promotersOf(promotion.spec.stage),
      },
    });
  if (ahead.length > 0)
    gates.push({
      name: 'Queue',
      met: false,
      fact: `${ahead.length} Promotion${ahead.length === 1 ? ' is' : 's are'} ahead: ${ahead.map(({ metadata }) => metadata.name).join(', ')}`,
      awaits: 'those ahead end',
    });
  if (current === undefined && stage.status?.phase === 'Verifying') {
    gates.push({
      name: 'Verification',
      met: false,
      fact: 'the Freight that is in the Stage is being verified first',
      awaits: 'the verification ends',
      action: {
        what: 'abort the verification',
        command: `kargo verify stage ${promotion.spec.stage} --project ${promotion.metadata.namespace ?? ''} --abort`,
        who: promotersOf(promotion.spec.stage),
      },
    });
  }
  return gates;
}
