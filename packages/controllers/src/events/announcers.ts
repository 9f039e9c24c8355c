/**
 * Tells of what people made and of what they approved, in case whoever did it for them died before it told: an API server, a webhook, a
 * controller. What was told already stays as it was told.
 */
import { annotations, Freight, keyOf, Promotion, Stage, Warehouse, type Kind, type KubeObject } from '@kargo/api';
import { settled, source, waiting, type Cache, type Clock, type ControllerOptions, type Result, type Source } from '@kargo/kube';
import { announceCreation } from '../promotion/announce.ts';
import { freightFacts } from './facts.ts';
import { isRecent } from './recent.ts';
import type { EventRecorder } from './recorder.ts';

export interface AnnouncerDeps {
  cache: Cache;
  clock: Clock;
  events: EventRecorder;
}

/** How long whoever did something has for telling of it, in milliseconds: it knows best what to say. */
export const TIME_TO_TELL = 5000;

/** Reason of the waits of those who tell: the object itself waits for nothing. */
export const TO_BE_ANNOUNCED = 'ToBeAnnounced';

/** Tells of Freight that was made, by whomever, and of approvals, once those who did it had their {@link TIME_TO_TELL}. */
export function freightAnnouncer({ cache, clock, events }: AnnouncerDeps): ControllerOptions {
  return {
    name: 'freight-announcer',
    for: Freight,
    sources: [recent(Freight, clock, tellable)],
    reconciler: {
      async reconcile(key) {
        const freight = cache.get(Freight, key);
        if (freight === undefined) return settled;
        const { metadata, status } = freight;
        const pending = new Pending(clock.now());
        if (metadata.annotations?.[annotations.freightCreator] !== undefined && pending.isDue(metadata.creationTimestamp))
          await recordFreightCreated(events, freight);
        for (const [stage, { approvedAt, approvedBy }] of Object.entries(status?.approvedFor ?? {}))
          if (pending.isDue(approvedAt)) await recordApproval(events, { freight, stage, actor: approvedBy, at: approvedAt });
        return pending.result;
      },
    },
  };
}

/** Tells of Promotions that were created, once whoever did it had its {@link TIME_TO_TELL}. Their ends are told by who ends them. */
export function promotionAnnouncer({ cache, clock, events }: AnnouncerDeps): ControllerOptions {
  return {
    name: 'promotion-announcer',
    for: Promotion,
    sources: [recent(Promotion, clock, ({ metadata }) => [metadata.creationTimestamp])],
    reconciler: {
      async reconcile(key) {
        const promotion = cache.get(Promotion, key);
        if (promotion === undefined) return settled;
        const pending = new Pending(clock.now());
        if (pending.isDue(promotion.metadata.creationTimestamp)) {
          const { namespace } = promotion.metadata;
          const freight = cache.get(Freight, { namespace, name: promotion.spec.freight ?? '' });
          await announceCreation(events, { promotion, freight });
        }
        return pending.result;
      },
    },
  };
}

/** When something happened to Freight that is told of here. */
function tellable({ metadata, status }: Freight): (string | undefined)[] {
  return [metadata.creationTimestamp, ...Object.values(status?.approvedFor ?? {}).map(({ approvedAt }) => approvedAt)];
}

/** Objects to which something happened a short while ago: the many others need no look. */
function recent<T extends KubeObject>(kind: Kind<T>, clock: Clock, instants: (object: T) => (string | undefined)[]): Source {
  return source(kind, ({ object }) =>
    object !== undefined && instants(object).some((instant) => isRecent(instant, clock.now())) ? [keyOf(object)] : [],
  );
}

/** Which of several instants are to be told of at `now`, and when the next one is. */
class Pending {
  readonly #now: number;
  #next = Number.POSITIVE_INFINITY;

  constructor(now: number) {
    this.#now = now;
  }

  isDue(instant: string | undefined): boolean {
    if (instant === undefined || !isRecent(instant, this.#now)) return false;
    const due = Date.parse(instant) + TIME_TO_TELL;
    if (due <= this.#now) return true;
    this.#next = Math.min(this.#next, due);
    return false;
  }

  get result(): Result {
    if (this.#next === Number.POSITIVE_INFINITY) return settled;
    return waiting(TO_BE_ANNOUNCED, 'whoever did it is given the time to tell of it', {
      kind: 'deadline',
      at: this.#next,
      why: 'it is told of',
    });
  }
}

/** Tells people that Freight was made, by the actor that is noted on it. */
export function recordFreightCreated(events: EventRecorder, freight: Freight): Promise<void> {
  const { metadata, origin, alias } = freight;
  const actor = metadata.annotations?.[annotations.freightCreator];
  const maker = actor === WAREHOUSE_ACTOR ? `Warehouse ${origin.name} created` : `${actor ?? 'somebody'} created`;
  return events.record({
    kind: Freight,
    about: freight,
    reason: 'FreightCreated',
    message: `${maker} Freight ${alias ?? metadata.name ?? ''}`,
    facts: freightFacts(freight, { actor }),
    related: { kind: Warehouse, name: origin.name },
    at: metadata.creationTimestamp,
    occurrence: 'created',
  });
}

/** Who made the Freight that a Warehouse made. */
export const WAREHOUSE_ACTOR = 'controller:warehouse-controller';

/** The approval of a piece of Freight for a Stage. `actor`: by whom, if anybody knows. */
export interface Approval {
  freight: Freight;
  stage: string;
  actor: string | undefined;
  at: string | undefined;
}

/** Tells people that Freight was approved for a Stage. */
export function recordApproval(events: EventRecorder, { freight, stage, actor, at }: Approval): Promise<void> {
  return events.record({
    kind: Freight,
    about: freight,
    reason: 'FreightApproved',
    message: `Freight ${freight.alias ?? freight.metadata.name ?? ''} approved for Stage ${stage}${actor === undefined ? '' : ` by ${actor}`}`,
    facts: freightFacts(freight, { stage, actor }),
    related: { kind: Stage, name: stage },
    at,
    occurrence: `${stage}/${at ?? ''}`,
  });
}
