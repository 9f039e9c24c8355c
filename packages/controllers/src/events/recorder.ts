import { apiVersionOf, Event, EVENT_ANNOTATION_PREFIX, type Kind, type KubeObject, MAX_NAME, shorten } from '@kargo/api';
import { type Clock, type Log, type Random, timestamp, type Writer } from '@kargo/kube';

/** Everything that is told by Kubernetes events. */
export const EVENT_REASONS = [
  'PromotionCreated',
  'PromotionSucceeded',
  'PromotionFailed',
  'PromotionErrored',
  'PromotionAborted',
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
}

/** Tells people what happened. Never fails: an event that cannot be written is logged, and nothing else depends on it. */
export interface EventRecorder {
  record(event: EventInput): Promise<void>;
}

export interface EventRecorderDeps {
  client: Pick<Writer, 'create'>;
  clock: Clock;
  random: Random;
  log: Log;
  /** Source of the events, e.g. `stage-controller`. */
  component: string;
}

/** Records events as core/v1 Events in the namespace of the object, one for each occurrence. */
export function eventRecorder({ client, clock, random, log, component }: EventRecorderDeps): EventRecorder {
  return {
    async record({ kind, about, reason, message, type = 'Normal', facts = {} }) {
      const { name = '', namespace = '', uid, resourceVersion } = about.metadata;
      const now = timestamp(clock.now());
      const annotations = Object.entries(facts).flatMap(([fact, value]) =>
        value === undefined ? [] : [[`${EVENT_ANNOTATION_PREFIX}${fact}`, value] as const],
      );
      const suffix = `.${random.uuid()}`;
      try {
        await client.create(Event, {
          apiVersion: apiVersionOf(Event),
          kind: Event.kind,
          metadata: {
            name: `${shorten(name, MAX_NAME - suffix.length).value}${suffix}`,
            namespace,
            annotations: Object.fromEntries(annotations),
          },
          involvedObject: { apiVersion: apiVersionOf(kind), kind: kind.kind, namespace, name, uid, resourceVersion },
          type,
          reason,
          message,
          source: { component },
          reportingComponent: component,
          firstTimestamp: now,
          lastTimestamp: now,
          count: 1,
        });
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        log.warn({ reason, kind: kind.kind, namespace, name, error: why }, 'an event could not be recorded');
      }
    },
  };
}
