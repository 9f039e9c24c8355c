/** `job`: runs a Kubernetes Job and takes its outcome as the measurement. */
import { AnalysisRun, apiVersionOf, isReason, Job, Pod, type Measurement, type Workload } from '@kargo/api';
import { timestamp } from '@kargo/kube';
import {
  CannotMeasureError,
  providerConfig,
  type MeasurementRequest,
  type MeasurementResult,
  type Provider,
  type ProviderPorts,
} from '../../provider.ts';
import { jobName } from './job-name.ts';

const PREFIX = 'analysisrun.argoproj.io';
/** Label of a Job and its Pods: the UID of the AnalysisRun they belong to. */
export const RUN_UID_LABEL = `${PREFIX}/uid`;
/** Annotation of a Job: the metric it measures. */
export const METRIC_ANNOTATION = `${PREFIX}/metric-name`;
const NAME_ANNOTATION = `${PREFIX}/name`;
const NAMESPACE_ANNOTATION = `${PREFIX}/namespace`;
const JOB_NAME = 'job-name';
const JOB_NAMESPACE = 'job-namespace';

interface Meta {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

interface JobConfig {
  metadata?: Meta | null;
  spec?: { template?: { metadata?: Meta; [key: string]: unknown }; [key: string]: unknown };
}

interface JobCondition {
  type: string;
  status?: string;
  reason?: string;
  message?: string;
}

export const jobProvider: Provider = {
  name: 'job',
  async run(request, { client, jobsUnavailable }) {
    if (jobsUnavailable !== undefined) throw new CannotMeasureError(jobsUnavailable);
    const job = newJob(request);
    const running: MeasurementResult = {
      phase: 'Running',
      metadata: { [JOB_NAME]: job.metadata.name ?? '', [JOB_NAMESPACE]: job.metadata.namespace ?? '' },
    };
    try {
      await client.create(Job, job, { signal: request.signal });
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error;
      const existing = await client.get(Job, { namespace: job.metadata.namespace, name: job.metadata.name ?? '' });
      if (existing.metadata.labels?.[RUN_UID_LABEL] !== request.run.metadata.uid) throw error;
    }
    return running;
  },
  async resume(request, measurement, ports) {
    const job = await ports.client.get(Job, reference(measurement), { signal: request.signal });
    const { metadata, ...rest } = carried(measurement);
    const result = { ...rest, metadata: { ...metadata, ...executionOf(job) }, ...outcome(job) };
    if (result.phase !== 'Running' || isRunHere(job)) return result;
    const stuck = await imageProblem(job, request, ports);
    if (stuck !== undefined) return { ...result, phase: 'Inconclusive', message: stuck };
    // Jobs do not change while their Pods cannot start: it is looked again, less and less often.
    const now = ports.clock.now();
    const elapsed = Math.max(0, now - Date.parse(measurement.startedAt ?? timestamp(now))) / 1000;
    return { ...result, resumeAt: timestamp(now + Math.max(1, Math.sqrt(2 * elapsed)) * 1000) };
  },
  async terminate(request, measurement, { client }) {
    try {
      await client.delete(Job, reference(measurement), { propagationPolicy: 'Foreground', signal: request.signal });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
    return { ...carried(measurement), phase: 'Inconclusive' };
  },
  async collect({ run, metric, keep, signal }, { client }) {
    const namespace = run.metadata.namespace ?? '';
    const { items } = await client.list(Job, { namespace, labelSelector: `${RUN_UID_LABEL}=${run.metadata.uid ?? ''}`, signal });
    const own = items.filter((job) => job.metadata.annotations?.[METRIC_ANNOTATION] === metric.name);
    const oldestFirst = own.toSorted((a, b) => ordinalOf(a) - ordinalOf(b));
    for (const { metadata } of oldestFirst.slice(0, Math.max(0, own.length - keep))) {
      try {
        await client.delete(Job, { namespace, name: metadata.name ?? '' }, { propagationPolicy: 'Background', signal });
      } catch (error) {
        if (!isReason(error, 'NotFound')) throw error;
      }
    }
  },
};

/** Names of Jobs end in the number of their measurement. */
function ordinalOf({ metadata }: Workload): number {
  return Number(metadata.name?.split('.').at(-1));
}

function newJob({ run, metric, ordinal }: MeasurementRequest): Workload {
  const { metadata, spec } = providerConfig(metric).config as JobConfig;
  const uid = run.metadata.uid ?? '';
  const { template, ...rest } = spec ?? {};
  return {
    apiVersion: apiVersionOf(Job),
    kind: Job.kind,
    metadata: {
      name: jobName(uid, metric.name, ordinal),
      namespace: run.metadata.namespace,
      labels: { ...metadata?.labels, [RUN_UID_LABEL]: uid },
      annotations: {
        ...metadata?.annotations,
        [NAME_ANNOTATION]: run.metadata.name ?? '',
        [NAMESPACE_ANNOTATION]: run.metadata.namespace ?? '',
        [METRIC_ANNOTATION]: metric.name,
      },
      ownerReferences: [
        {
          apiVersion: apiVersionOf(AnalysisRun),
          kind: AnalysisRun.kind,
          name: run.metadata.name ?? '',
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      ...rest,
      template: {
        ...template,
        metadata: { ...template?.metadata, labels: { ...template?.metadata?.labels, [RUN_UID_LABEL]: uid } },
      },
    },
  };
}

function reference(measurement: Measurement): { namespace: string; name: string } {
  const { [JOB_NAME]: name, [JOB_NAMESPACE]: namespace } = measurement.metadata ?? {};
  if (name === undefined || namespace === undefined) throw new Error('job metadata reference missing');
  return { namespace, name };
}

/** Whether an executor of this engine runs the Job, which tells all there is to know in its conditions. */
function isRunHere({ status }: Workload): boolean {
  return (status as { executor?: unknown } | undefined)?.executor !== undefined;
}

interface ContainerState {
  name: string;
  state?: { waiting?: { reason?: string; message?: string } };
}

/** Why a Pod of the Job will never start, or nothing. A Job itself never says so. */
async function imageProblem(
  { metadata }: Workload,
  { signal }: MeasurementRequest,
  { client }: Pick<ProviderPorts, 'client'>,
): Promise<string | undefined> {
  const { items } = await client.list(Pod, {
    namespace: metadata.namespace,
    labelSelector: `job-name=${metadata.name ?? ''}`,
    signal,
  });
  for (const pod of items) {
    const { initContainerStatuses = [], containerStatuses = [] } = (pod.status ?? {}) as Record<string, ContainerState[]>;
    for (const { name, state } of [...initContainerStatuses, ...containerStatuses]) {
      const { reason = '', message = '' } = state?.waiting ?? {};
      if (IMAGE_REASONS.has(reason))
        return `Pod ${pod.metadata.name}, container ${name} has terminal error (${reason}): ${message}`;
    }
  }
  return undefined;
}

/** What ran the Job where no cluster did, and how far that falls short of one: a verdict must say what it rests on. */
function executionOf({ status }: Workload): Record<string, string> {
  const { executor, caveat } = (status ?? {}) as { executor?: string; caveat?: string };
  return {
    ...(executor === undefined ? {} : { 'job-executor': executor }),
    ...(caveat === undefined ? {} : { 'job-executor-caveat': caveat }),
  };
}

/** What stays of a measurement while its Job runs. */
function carried(measurement: Measurement): MeasurementResult {
  const { startedAt: _started, finishedAt: _finished, resumeAt: _resume, message: _message, ...rest } = measurement;
  return rest;
}

function outcome(job: Workload): MeasurementResult {
  const conditions = (job.status?.['conditions'] ?? []) as JobCondition[];
  for (const { type, status, reason, message } of conditions) {
    if (status !== 'True') continue;
    if (type === 'Complete') return { phase: 'Successful' };
    if (type === 'Failed') {
      const why = [reason, message].filter((part) => part !== undefined && part !== '').join(': ');
      return {
        phase: reason !== undefined && IMAGE_REASONS.has(reason) ? 'Inconclusive' : 'Failed',
        ...(why === '' ? {} : { message: why }),
      };
    }
  }
  return { phase: 'Running' };
}

/** Failures that say nothing about what was to be measured. */
const IMAGE_REASONS: ReadonlySet<string> = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName']);
