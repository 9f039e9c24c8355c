import { getCondition, keyOf, originKey, type Freight, type ProjectConfig, type Promotion, type Stage } from '@kargo/api';
import { availabilityMessage, isFreightAvailable } from '../availability/availability.ts';
import { autoPromotionCandidate } from '../availability/candidate.ts';
import { autoPromotionPolicy } from '../availability/policy.ts';
import { newestFirst } from '../availability/candidate.ts';
import { isControlFlow } from '../stage/pass.ts';
import { passingGates } from './explain-passing.ts';
import { everythingExists, missingOrigin, missingUpstreams, type Exists } from './missing-upstream.ts';
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
  type Standing,
  type Trigger,
  type WaitsOf,
} from './explanation.ts';

export interface StageFacts {
  stage: Stage;
  /** Freight of the Project. */
  freight: readonly Freight[];
  /** Promotions of the Stage. */
  promotions: readonly Promotion[];
  projectConfig: ProjectConfig | undefined;
  waitsOf: WaitsOf;
  now: number;
  /** Default: everything that the Stage names is there. */
  exists?: Exists | undefined;
}

const OVER = new Set(['Succeeded', 'Failed', 'Errored', 'Aborted']);

/** Why a Stage stands where it does: what runs, what its Freight still needs, and what comes next for each origin. */
export function explainStage(facts: StageFacts): Explanation {
  const { stage, waitsOf } = facts;
  const { name, namespace = '' } = keyOf(stage);
  const gates = isControlFlow(stage) ? passingGates(facts) : [...currentGates(facts), ...originGates(facts)];
  const triggers = triggersOrElse(triggersOf(waitsFor(waitsOf, 'Stage', { namespace, name })), [
    ...triggersOfGates(gates),
    ...unfinished(stage),
  ]);
  const first = gates.find(({ met }) => !met);
  const { standing, summary } = stand(facts, first);
  const actions = gates.flatMap(({ met, action }) => (met || action === undefined ? [] : [action]));
  const lookAgain: Action = {
    what: 'have it looked at again',
    command: `kargo refresh stage ${name} --project ${namespace}`,
    who: `whoever may read Stage ${name}`,
  };
  return {
    kind: 'Stage',
    name,
    project: namespace,
    standing,
    summary,
    gates,
    triggers,
    earliest: earliestOf(gates, triggers),
    actions: actions.length > 0 || standing !== 'stuck' ? actions : [lookAgain],
  };
}

function stand({ stage }: StageFacts, first: Gate | undefined): { standing: Standing; summary: string } {
  const { status } = stage;
  const name = stage.metadata.name ?? '';
  if (stage.metadata.deletionTimestamp !== undefined) return { standing: 'moving', summary: `Stage ${name} is being deleted.` };
  if (isControlFlow(stage))
    return {
      standing: first === undefined ? 'settled' : 'waiting',
      summary: `Stage ${name} passes Freight on: it has no promotion steps${first === undefined ? '' : `; ${first.fact}`}.`,
    };
  if (status?.currentPromotion !== undefined)
    return { standing: 'moving', summary: `Promotion ${status.currentPromotion.name} is running in Stage ${name}.` };
  if (status?.phase === 'Verifying') return { standing: 'moving', summary: `The Freight in Stage ${name} is being verified.` };
  if (status?.phase === 'Failed')
    return {
      standing: 'stuck',
      summary: `Stage ${name} failed: ${getCondition(status.conditions, 'Ready')?.message ?? 'see its conditions'}.`,
    };
  if (first === undefined) return { standing: 'settled', summary: `Stage ${name} is steady and has everything there is for it.` };
  return {
    // Where something else may open it too, nobody has to act.
    standing: first.action === undefined || first.awaits !== undefined ? 'waiting' : 'stuck',
    summary: `Stage ${name}: ${first.name.charAt(0).toLowerCase()}${first.name.slice(1)}: ${first.fact}.`,
  };
}

/** What moves a Stage that is busy. */
function unfinished({ metadata, status }: Stage): Trigger[] {
  if (metadata.deletionTimestamp !== undefined) return [{ kind: 'event', what: 'what belongs to the Stage is gone' }];
  if (status?.currentPromotion !== undefined) return [{ kind: 'event', what: `Promotion ${status.currentPromotion.name} ends` }];
  if (status?.phase === 'Verifying') return [{ kind: 'event', what: 'the verification of the current Freight ends' }];
  return [];
}

/** What the Freight that is there now still needs. */
function currentGates({ stage, promotions }: StageFacts): Gate[] {
  const { status } = stage;
  const { name, namespace = '' } = keyOf(stage);
  const gates: Gate[] = [];
  const last = status?.lastPromotion;
  const collection = status?.freightHistory?.[0];
  if (last?.status?.phase !== undefined && last.status.phase !== 'Succeeded') {
    gates.push({
      name: 'Last promotion',
      met: false,
      fact: `${last.name} ended ${last.status.phase}: ${last.status.message ?? 'no reason was given'}`,
      action: {
        what: 'promote the same Freight again once the cause is gone',
        command: `kargo promote --project ${namespace} --freight ${last.freight?.name ?? ''} --stage ${name}`,
        who: promotersOf(name),
      },
    });
  }
  if (collection !== undefined) {
    const healthy = getCondition(status?.conditions, 'Healthy');
    gates.push({
      name: 'Health',
      met: healthy?.status === 'True',
      fact: healthy?.message ?? 'not observed yet',
      awaits: 'the health of the Stage changes',
    });
    const verified = getCondition(status?.conditions, 'Verified');
    const verification = collection.verificationHistory?.[0];
    const failed = ['Failed', 'Error', 'Aborted', 'Inconclusive'].includes(verification?.phase ?? '');
    const again: Action = {
      what: 'verify the current Freight again',
      command: `kargo verify stage ${name} --project ${namespace}`,
      who: promotersOf(name),
    };
    gates.push({
      name: 'Verification',
      met: verified?.status === 'True',
      fact: verified?.message ?? 'not begun yet',
      ...(failed ? { action: again } : { awaits: 'the verification of the current Freight begins or ends' }),
    });
  }
  const pending = promotions.filter(({ status: other }) => !OVER.has(other?.phase ?? ''));
  if (pending.length > 0)
    gates.push({
      name: 'Queue',
      met: false,
      awaits:
        status?.currentPromotion === undefined
          ? 'the Stage starts the next Promotion'
          : `Promotion ${status.currentPromotion.name} ends`,
      fact: `${pending.length} Promotion${pending.length === 1 ? '' : 's'} not ended: ${pending.map(({ metadata }) => metadata.name).join(', ')}`,
    });
  return gates;
}

/** For each requested origin: whether the Stage has the newest it can have, and if not, what brings it there. */
function originGates({ stage, freight, promotions, projectConfig, now, exists = everythingExists }: StageFacts): Gate[] {
  const policy = autoPromotionPolicy(projectConfig, stage);
  return stage.spec.requestedFreight.map((request): Gate => {
    const { origin } = request;
    const key = originKey(origin);
    const gate = `Freight of ${key}`;
    const current = stage.status?.freightHistory?.[0]?.items?.[key]?.name;
    const candidate = autoPromotionCandidate(stage, key, freight, now);
    const opens = candidate.nextChange === undefined ? {} : { opensAt: instant(candidate.nextChange) };
    if (candidate.kind === 'none') {
      const newest = freight.filter((each) => originKey(each.origin) === key).toSorted(newestFirst)[0];
      // Automation may have to match the upstream Stage; a person need not.
      const isAvailable = newest !== undefined && isFreightAvailable(stage, newest, now).available;
      const fact = [
        newest === undefined ? undefined : whyNot(candidate.message, stage, newest, now),
        missingOrigin(request, exists) ?? (newest === undefined ? `${key} has not made any Freight yet` : undefined),
        missingUpstreams(request, exists),
      ].flatMap((each) => each ?? []);
      return {
        name: gate,
        met: current !== undefined,
        awaits:
          newest === undefined
            ? `${missingOrigin(request, exists) === undefined ? '' : `${origin.kind} ${origin.name} is created, and `}${key} makes Freight`
            : candidate.reason === 'SeveralUpstream'
              ? 'only one of them is left in the upstream Stage'
              : isAvailable
                ? 'Freight that is available gets into the upstream Stage'
                : `Freight of ${key} is verified where the Stage takes it from, or approved`,
        fact: [...(current === undefined ? [] : [`has ${current.slice(0, 7)}`]), ...fact].join('; '),
        ...opens,
        ...(newest === undefined || candidate.reason !== 'NothingAvailable'
          ? {}
          : { action: isAvailable ? promote(stage, newest) : approve(stage, newest) }),
      };
    }
    const wanted = candidate.freight.metadata.name ?? '';
    const label = candidate.freight.alias ?? wanted.slice(0, 7);
    if (current === wanted) return { name: gate, met: true, fact: `has the newest it can have, ${label}`, ...opens };
    const action = promote(stage, candidate.freight);
    const underway = promotions.find(({ spec, status }) => spec.freight === wanted && !OVER.has(status?.phase ?? ''));
    if (underway !== undefined)
      return {
        name: gate,
        met: false,
        awaits: `Promotion ${underway.metadata.name} ends`,
        fact: `${label} is on its way: Promotion ${underway.metadata.name} is ${underway.status?.phase ?? 'Pending'}`,
      };
    const hold = stage.status?.effectiveAutoPromotionHolds?.[key];
    if (!policy.enabled)
      return { name: gate, met: false, fact: `${label} is ready and waits for a person: auto-promotion is off`, action };
    if (hold !== undefined)
      return {
        name: gate,
        met: false,
        fact: `${label} is ready, but auto-promotion is held since ${hold.actor ?? 'somebody'} promoted ${hold.freightName?.slice(0, 7) ?? 'something else'}`,
        action,
      };
    const failed = promotions
      .filter(
        ({ spec, status }) =>
          spec.freight === wanted &&
          OVER.has(status?.phase ?? '') &&
          status?.phase !== 'Succeeded' &&
          status?.supersededBy === undefined,
      )
      .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? 1 : -1))[0];
    if (failed !== undefined)
      return {
        name: gate,
        met: false,
        fact: `${label} is ready, but its last Promotion ended ${failed.status?.phase}; automation does not try again`,
        action,
      };
    const fact = `${label} is ready and will be promoted automatically`;
    return {
      name: gate,
      met: false,
      fact,
      awaits: 'the controller looks at the Stage, which it does within five minutes in any case',
    };
  });
}

/** Why no Freight can be had, and what is with the newest, which people ask about first. */
function whyNot(message: string, stage: Stage, newest: Freight, now: number): string {
  const availability = isFreightAvailable(stage, newest, now);
  if (availability.available) return message;
  return `${message}; the newest, ${newest.alias ?? (newest.metadata.name ?? '').slice(0, 7)}, is ${availabilityMessage(availability)}`;
}

function promote(stage: Stage, freight: Freight): Action {
  const { name, namespace = '' } = keyOf(stage);
  return {
    what: `promote ${freight.alias ?? (freight.metadata.name ?? '').slice(0, 7)}`,
    command: `kargo promote --project ${namespace} --freight ${freight.metadata.name ?? ''} --stage ${name}`,
    who: promotersOf(name),
  };
}

/** What a person can do who does not want to wait for Freight. */
function approve(stage: Stage, freight: Freight): Action {
  const { name, namespace = '' } = keyOf(stage);
  return {
    what: `approve ${freight.alias ?? (freight.metadata.name ?? '').slice(0, 7)} by hand, which skips verification and soak time`,
    command: `kargo approve --project ${namespace} --freight ${freight.metadata.name ?? ''} --stage ${name}`,
    who: promotersOf(name),
  };
}
