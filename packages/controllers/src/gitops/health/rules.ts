/** One rule a kind, after Argo CD's built-in health assessment. */
import type { Workload } from '@kargo/api';
import { analysisRun, rollout, workflow } from './argo-rules.ts';
import { apiService, customResourceDefinition, disruptionBudget, horizontalAutoscaler } from './condition-rules.ts';
import { pod } from './pod-rule.ts';
import { behind, conditions, degraded, healthy, numbers, progressing, type Condition, type Rule } from './rule.ts';

const deployment: Rule = (object) => {
  if (object.spec?.['paused'] === true) return { status: 'Suspended', message: 'Deployment is paused' };
  if (behind(object))
    return progressing('Waiting for rollout to finish: observed deployment generation less than desired generation');
  const failed = conditions(object).find(({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded');
  if (failed !== undefined) return degraded(`Deployment "${object.metadata.name}" exceeded its progress deadline`);
  const status = numbers(object.status);
  const wanted = replicas(object);
  if (status('updatedReplicas') < wanted)
    return progressing(
      `Waiting for rollout to finish: ${status('updatedReplicas')} out of ${wanted} new replicas have been updated`,
    );
  if (status('replicas') > status('updatedReplicas'))
    return progressing('Waiting for rollout to finish: old replicas are pending termination');
  if (status('availableReplicas') < status('updatedReplicas'))
    return progressing(
      `Waiting for rollout to finish: ${status('availableReplicas')} of ${status('updatedReplicas')} updated replicas are available`,
    );
  return healthy;
};

function replicas(object: Workload): number {
  const { replicas: wanted } = (object.spec ?? {}) as { replicas?: number };
  return wanted ?? 1;
}

const statefulSet: Rule = (object) => {
  const status = numbers(object.status);
  if (status('observedGeneration') === 0 || behind(object))
    return progressing('Waiting for statefulset spec update to be observed');
  if (status('readyReplicas') < replicas(object))
    return progressing(`Waiting for ${replicas(object) - status('readyReplicas')} pods to be ready`);
  const strategy = (object.spec?.['updateStrategy'] ?? {}) as { type?: string; rollingUpdate?: { partition?: number } };
  if (strategy.type === 'OnDelete') return healthy;
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate !== undefined) {
    const { partition } = strategy.rollingUpdate;
    if (partition !== undefined && status('updatedReplicas') < replicas(object) - partition)
      return progressing('Waiting for partitioned roll out to finish');
    return healthy;
  }
  if (object.status?.['updateRevision'] !== object.status?.['currentRevision'])
    return progressing('Waiting for statefulset rolling update to complete');
  return healthy;
};

const daemonSet: Rule = (object) => {
  if (behind(object))
    return progressing('Waiting for rollout to finish: observed daemon set generation less than desired generation');
  if (((object.spec?.['updateStrategy'] ?? {}) as { type?: string }).type === 'OnDelete') return healthy;
  const status = numbers(object.status);
  if (status('updatedNumberScheduled') < status('desiredNumberScheduled'))
    return progressing('Waiting for daemon set rollout to finish: pods are being updated');
  if (status('numberAvailable') < status('desiredNumberScheduled'))
    return progressing('Waiting for daemon set rollout to finish: pods are becoming available');
  return healthy;
};

const replicaSet: Rule = (object) => {
  if (behind(object))
    return progressing('Waiting for rollout to finish: observed replica set generation less than desired generation');
  const failure = conditions(object).find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (failure !== undefined) return degraded(failure.message);
  return numbers(object.status)('availableReplicas') < replicas(object)
    ? progressing('Waiting for replicas to be available')
    : healthy;
};

const job: Rule = (object) => {
  const found = (type: string): Condition | undefined => conditions(object).find((condition) => condition.type === type);
  const failed = found('Failed');
  if (failed !== undefined) return degraded(failed.message);
  const suspended = found('Suspended');
  if (suspended?.status === 'True') return { status: 'Suspended', message: suspended.message };
  return found('Complete') !== undefined || suspended !== undefined ? healthy : progressing('Job is running');
};

const cronJob: Rule = (object) => {
  if (object.spec?.['suspend'] === true) return { status: 'Healthy', message: 'CronJob is suspended' };
  const { status } = object;
  if (status === undefined) return progressing('CronJob has no status yet');
  const {
    lastScheduleTime,
    lastSuccessfulTime,
    active = [],
  } = status as {
    lastScheduleTime?: string;
    lastSuccessfulTime?: string;
    active?: unknown[];
  };
  if (active.length > 0) return { status: 'Healthy', message: 'a Job of it is running' };
  if (lastScheduleTime === undefined) return { status: 'Healthy', message: 'it has not been due yet' };
  if (lastSuccessfulTime === undefined) return { status: 'Healthy', message: 'no Job of it has succeeded yet' };
  return Date.parse(lastSuccessfulTime) < Date.parse(lastScheduleTime) ? degraded('its last Job did not succeed') : healthy;
};

const service: Rule = (object) =>
  object.spec?.['type'] !== 'LoadBalancer' || hasIngress(object) ? healthy : progressing('Waiting for a load balancer address');

const ingress: Rule = (object) => (hasIngress(object) ? healthy : progressing('Waiting for a load balancer address'));

function hasIngress(object: Workload): boolean {
  return (((object.status?.['loadBalancer'] ?? {}) as { ingress?: unknown[] }).ingress ?? []).length > 0;
}

const claim: Rule = (object) => {
  const phase = object.status?.['phase'];
  if (phase === 'Bound') return healthy;
  if (phase === 'Pending' || phase === undefined) return progressing('Claim is not bound yet');
  return phase === 'Lost' ? degraded('The volume of the claim is lost') : { status: 'Unknown' };
};

/** Rules by `group/Kind`. */
export const rules: Readonly<Record<string, Rule>> = {
  'apps/Deployment': deployment,
  'apps/StatefulSet': statefulSet,
  'apps/DaemonSet': daemonSet,
  'apps/ReplicaSet': replicaSet,
  '/Pod': pod,
  'batch/Job': job,
  'batch/CronJob': cronJob,
  '/Service': service,
  'networking.k8s.io/Ingress': ingress,
  '/PersistentVolumeClaim': claim,
  'autoscaling/HorizontalPodAutoscaler': horizontalAutoscaler,
  'apiregistration.k8s.io/APIService': apiService,
  'policy/PodDisruptionBudget': disruptionBudget,
  'apiextensions.k8s.io/CustomResourceDefinition': customResourceDefinition,
  'argoproj.io/AnalysisRun': analysisRun,
  'argoproj.io/Rollout': rollout,
  'argoproj.io/Workflow': workflow,
};
