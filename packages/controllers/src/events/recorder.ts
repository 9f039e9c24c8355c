import {
  apiVersionOf,
  Event,
  EVENT_ANNOTATION_PREFIX,
  type Kind,
  type KubeObject,
  MAX_NAME,
  type ObjectReference,
  sha256Hex,
  shorten,
} from '@kargo/api';
import { type Clock, type Log, type Random, timestamp, type Writer } from '@kargo/kube';
import { untoldEvents } from './untold.ts';

/** Everything that is told by Kubernetes events. */
export const EVENT_REASONS = [
  'PromotionCreated',
  'PromotionSucceeded',
  'PromotionFailed',
  'PromotionErrored',
  'PromotionAborted',
  'PromotionDiscarded',
  'FreightCreated',
  'FreightApproved',
  'FreightVerificationSucceeded',
  'FreightVerificationFailed',
  'FreightVerificationErrored',
  'FreightVerificationAborted',
  'FreightVerificationInconclusive',
  'FreightVerificationUnknown',
] as const;
export type EventReason = (typeof EVENT_REASONS)[number];

/** What happens to analysis runs, told in the words of Argo Rollouts. */
export const ANALYSIS_EVENT_REASONS = [
  'MetricRunning',
  'MetricSuccessful',
  'MetricFailed',
  'MetricError',
  'MetricInconclusive',
  'AnalysisRunRunning',
  'AnalysisRunSuccessful',
  'AnalysisRunFailed',
  'AnalysisRunError',
  'AnalysisRunInconclusive',
  'AnalysisRunQuestionable',
  'AnalysisRunIgnored',
  'JobQuestionable',
] as const;
export type AnalysisEventReason = (typeof ANALYSIS_EVENT_REASONS)[number];

/** Facts of an event for machines, by name without prefix. Absent ones are left out. */
export type EventFacts = Readonly<Record<string, string | undefined>>;

export interface EventInput {
  kind: Pick<Kind, 'group' | 'version' | 'kind'>;
  about: KubeObject;
  reason: EventReason | AnalysisEventReason;
  message: string;
  /** Default Normal. */
  type?: 'Normal' | 'Warning' | undefined;
  facts?: EventFacts | undefined;
  /** The other object that it is about, e.g. the Stage in which Freight was verified. */
  related?: { kind: Pick<Kind, 'group' | 'version' | 'kind'>; name: string; namespace?: string | undefined } | undefined;
  /** When it happened (RFC 3339), for what is told later. Default now. */
  at?: string | undefined;
  /**
   * What tells this occurrence from others of the same reason about the same object. Events with it have names that follow from it: told
   * again, after a crash or by another process, they are still told once.
   */
  occurrence?: string | undefined;
}

/** Tells people what happened. Never fails, and nothing else depends on it. */
export interface EventRecorder {
  /** Resolves once it is written, or could not be: then it is tried again in the background, for as long as it would be told again. */
  record(event: EventInput): Promise<void>;
}

export interface EventRecorderDeps {
  client: Pick<Writer, 'create'>;
  clock: Clock;
  random: Random;
  log: Log;
  /** Source of the events, e.g. `stage-controller`. */
  component: string;
  /** Names of events that were told and may be told again. Recorders of one process that share it tell nothing twice. Default: its own. */
  told?: Set<string> | undefined;
}

/**
 * How many occurrences are remembered as told, so that telling them again costs nothing. Controllers tell again of all of the last hour in each
 * look: what a large installation sees in an hour has to fit, or each look would ask the API about all that does not.
 */
const REMEMBERED = 20_000;

/** Records events as core/v1 Events in the namespace of the object, one for each occurrence. */
export function eventRecorder({ client, clock, random, log, component, told = new Set() }: EventRecorderDeps): EventRecorder {
  const untold = untoldEvents({ client, clock, log, told: (id) => remember(told, id) });
  return {
    async record(input) {
      const identity = input.occurrence === undefined ? random.uuid() : occurrenceId(input);
      const event = eventOf(input, { identity, component, now: timestamp(clock.now()) });
      const id = `${event.metadata.namespace}/${event.metadata.name}`;
      if (told.has(id) || untold.has(id)) return;
      await untold.tell(id, event, { mayRecur: input.occurrence !== undefined });
    },
  };
}

function eventOf(
  { kind, about, reason, message, type = 'Normal', facts = {}, related, at }: EventInput,
  { identity, component, now }: { identity: string; component: string; now: string },
): Event {
  const { name = '', namespace = '', uid, resourceVersion } = about.metadata;
  const annotations = Object.entries(facts).flatMap(([fact, value]) =>
    value === undefined ? [] : [[`${EVENT_ANNOTATION_PREFIX}${fact}`, value] as const],
  );
  const suffix = `.${identity}`;
  return {
    apiVersion: apiVersionOf(Event),
    kind: Event.kind,
    metadata: {
      name: `${shorten(name, MAX_NAME - suffix.length).value}${suffix}`,
      namespace,
      annotations: Object.fromEntries(annotations),
    },
    involvedObject: { apiVersion: apiVersionOf(kind), kind: kind.kind, namespace, name, uid, resourceVersion },
    ...(related === undefined ? {} : { related: referenceTo(related, namespace) }),
    type,
    reason,
    message,
    source: { component },
    reportingComponent: component,
    firstTimestamp: at ?? now,
    lastTimestamp: at ?? now,
    count: 1,
  };
}

function occurrenceId({ about, reason, occurrence = '' }: EventInput): string {
  const { uid, namespace = '', name = '' } = about.metadata;
  return sha256Hex([uid ?? `${namespace}/${name}`, reason, occurrence].join('\u0000')).slice(0, 16);
}

function referenceTo({ kind, name, namespace }: NonNullable<EventInput['related']>, home: string): ObjectReference {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, namespace: namespace ?? home, name };
}

function remember(told: Set<string>, id: string): void {
  told.add(id);
  for (const oldest of told) {
    if (told.size <= REMEMBERED) return;
    told.delete(oldest);
  }
}
