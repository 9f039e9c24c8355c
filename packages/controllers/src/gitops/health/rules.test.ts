/** How live objects are, kind by kind. */
import type { Workload } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aggregateHealth, healthOf } from './health.ts';

const object = (
  type: string,
  {
    spec,
    status,
    generation = 1,
    annotations,
  }: { spec?: object; status?: object; generation?: number; annotations?: Record<string, string> } = {},
): Workload => {
  const [apiVersion = '', kind = ''] = type.split(' ');
  return {
    apiVersion,
    kind,
    metadata: { namespace: 'x', name: 'web', generation, ...(annotations === undefined ? {} : { annotations }) },
    ...(spec === undefined ? {} : { spec }),
    ...(status === undefined ? {} : { status }),
  } as Workload;
};
const condition = (type: string, status: string, reason?: string): object => ({
  conditions: [{ type, status, ...(reason === undefined ? {} : { reason }), message: 'm' }],
});
const rolled = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2 };
const waiting = (reason: string): object => ({
  phase: 'Running',
  containerStatuses: [{ name: 'a', state: { waiting: { reason } } }],
});
const noRestart = { restartPolicy: 'Never' };
const ignoring = { 'argocd.argoproj.io/ignore-restart-policy': 'true' };
const D = 'apps/v1 Deployment';
const S = 'apps/v1 StatefulSet';
const P = 'v1 Pod';
const C = 'batch/v1 CronJob';
const H = 'autoscaling/v2 HorizontalPodAutoscaler';
const CRD = 'apiextensions.k8s.io/v1 CustomResourceDefinition';

describe('[40 B5] [40 C4.9] health of objects', () => {
  it.each<[string, Parameters<typeof object>[1], string | undefined]>([
    ['v1 ConfigMap', {}, undefined],
    [D, { spec: { replicas: 2 }, status: rolled }, 'Healthy'],
    [D, { spec: { replicas: 2, paused: true }, status: rolled }, 'Suspended'],
    [D, { spec: { replicas: 2 }, status: rolled, generation: 2 }, 'Progressing'],
    [
      D,
      { spec: { replicas: 2 }, status: { ...rolled, ...condition('Progressing', 'False', 'ProgressDeadlineExceeded') } },
      'Degraded',
    ],
    [D, { spec: { replicas: 3 }, status: rolled }, 'Progressing'],
    [D, { spec: { replicas: 2 }, status: { ...rolled, replicas: 3 } }, 'Progressing'],
    [D, { spec: { replicas: 2 }, status: { ...rolled, availableReplicas: 1 } }, 'Progressing'],
    [S, { spec: { replicas: 2 }, status: { ...rolled, updateRevision: 'a', currentRevision: 'a' } }, 'Healthy'],
    [S, { spec: { replicas: 2 }, status: { ...rolled, updateRevision: 'b', currentRevision: 'a' } }, 'Progressing'],
    [S, { spec: { replicas: 2 }, status: { ...rolled, readyReplicas: 1 } }, 'Progressing'],
    [S, { spec: { replicas: 2, updateStrategy: { type: 'OnDelete' } }, status: { ...rolled, updateRevision: 'b' } }, 'Healthy'],
    [
      S,
      {
        spec: { replicas: 2, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } },
        status: { ...rolled, updatedReplicas: 0 },
      },
      'Progressing',
    ],
    [
      'apps/v1 DaemonSet',
      { status: { observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1 } },
      'Progressing',
    ],
    ['apps/v1 ReplicaSet', { spec: { replicas: 1 }, status: { ...rolled, ...condition('ReplicaFailure', 'True') } }, 'Degraded'],
    [P, { status: { phase: 'Pending' } }, 'Progressing'],
    [P, { status: { phase: 'Succeeded' } }, 'Healthy'],
    [P, { status: { phase: 'Failed' } }, 'Degraded'],
    [P, { status: { phase: 'Running', ...condition('Ready', 'True') } }, 'Healthy'],
    [P, { status: { phase: 'Running' } }, 'Progressing'],
    [
      P,
      { status: { phase: 'Running', containerStatuses: [{ name: 'a', lastState: { terminated: { exitCode: 1 } } }] } },
      'Degraded',
    ],
    [P, { status: waiting('CrashLoopBackOff') }, 'Degraded'],
    [P, { status: waiting('ErrImagePull') }, 'Degraded'],
    [P, { status: waiting('CreateContainerConfigError') }, 'Degraded'],
    [P, { status: waiting('ContainerCreating') }, 'Progressing'],
    [P, { spec: noRestart, status: { phase: 'Running', ...condition('Ready', 'True') } }, 'Progressing'],
    [P, { spec: noRestart, annotations: ignoring, status: { phase: 'Running', ...condition('Ready', 'True') } }, 'Healthy'],
    [
      P,
      {
        spec: noRestart,
        annotations: { ...ignoring, 'argocd.argoproj.io/hook': 'PreSync' },
        status: { phase: 'Running', ...condition('Ready', 'True') },
      },
      'Progressing',
    ],
    [P, { status: {} }, 'Unknown'],
    ['batch/v1 Job', { status: condition('Failed', 'True') }, 'Degraded'],
    ['batch/v1 Job', { status: condition('Complete', 'True') }, 'Healthy'],
    ['batch/v1 Job', { status: condition('Suspended', 'True') }, 'Suspended'],
    ['batch/v1 Job', { status: condition('Suspended', 'False') }, 'Healthy'],
    ['batch/v1 Job', {}, 'Progressing'],
    [C, {}, 'Progressing'],
    [C, { spec: { suspend: true } }, 'Healthy'],
    [C, { status: {} }, 'Healthy'],
    [C, { status: { lastScheduleTime: '2026-01-02T00:00:00Z', lastSuccessfulTime: '2026-01-01T00:00:00Z' } }, 'Degraded'],
    [
      C,
      { status: { lastScheduleTime: '2026-01-02T00:00:00Z', lastSuccessfulTime: '2026-01-01T00:00:00Z', active: [{}] } },
      'Healthy',
    ],
    ['v1 Service', { spec: {} }, 'Healthy'],
    ['v1 Service', { spec: { type: 'LoadBalancer' }, status: { loadBalancer: {} } }, 'Progressing'],
    ['networking.k8s.io/v1 Ingress', { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } }, 'Healthy'],
    ['v1 PersistentVolumeClaim', { status: { phase: 'Lost' } }, 'Degraded'],
    ['v1 PersistentVolumeClaim', { status: { phase: 'Bound' } }, 'Healthy'],
    ['v1 PersistentVolumeClaim', { status: { phase: 'Odd' } }, 'Unknown'],
    [H, { status: condition('AbleToScale', 'False', 'FailedGetScale') }, 'Degraded'],
    [H, { status: condition('ScalingActive', 'False', 'FailedGetResourceMetric') }, 'Degraded'],
    [H, { status: condition('AbleToScale', 'True') }, 'Healthy'],
    [H, {}, 'Progressing'],
    ['apiregistration.k8s.io/v1 APIService', { status: condition('Available', 'True') }, 'Healthy'],
    ['apiregistration.k8s.io/v1 APIService', { status: condition('Available', 'False') }, 'Progressing'],
    ['policy/v1 PodDisruptionBudget', { status: condition('DisruptionAllowed', 'False', 'InsufficientPods') }, 'Healthy'],
    ['policy/v1 PodDisruptionBudget', { status: condition('DisruptionAllowed', 'False', 'SyncFailed') }, 'Degraded'],
    ['policy/v1 PodDisruptionBudget', {}, 'Progressing'],
    [CRD, {}, 'Progressing'],
    [CRD, { status: condition('Established', 'True') }, 'Healthy'],
    [CRD, { status: condition('Established', 'False', 'Installing') }, 'Progressing'],
    [CRD, { status: condition('NamesAccepted', 'False') }, 'Degraded'],
    ['argoproj.io/v1alpha1 Rollout', { status: { observedGeneration: '1', phase: 'Paused' } }, 'Suspended'],
    ['argoproj.io/v1alpha1 Rollout', { generation: 2, status: { observedGeneration: '1', phase: 'Healthy' } }, 'Progressing'],
    ['argoproj.io/v1alpha1 AnalysisRun', { status: { phase: 'Inconclusive' } }, 'Unknown'],
    ['argoproj.io/v1alpha1 Workflow', { status: { phase: 'Error' } }, 'Degraded'],
    ['cert-manager.io/v1 Certificate', { status: condition('Ready', 'False') }, undefined],
    [
      'cert-manager.io/v1 Certificate',
      { annotations: { 'kargo.akuity.io/ready-condition-health': 'true' }, status: condition('Ready', 'False') },
      'Degraded',
    ],
    [
      'cert-manager.io/v1 Certificate',
      { annotations: { 'kargo.akuity.io/ready-condition-health': 'true' }, status: condition('Issuing', 'True') },
      'Progressing',
    ],
  ])('%s with %j: %s', (type, given, want) => {
    expect(healthOf(object(type, given))?.status).toBe(want);
  });

  it('is Progressing while deleting', () => {
    const deleting = object('v1 ConfigMap');
    deleting.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(healthOf(deleting)).toEqual({ status: 'Progressing', message: 'Pending deletion' });
  });
});

describe('[40 C4.6] health of an Application', () => {
  const bad = (annotations: Record<string, string> = {}): Workload =>
    object('batch/v1 Job', { status: condition('Failed', 'True'), annotations });
  const good = object('v1 Service', { spec: {} });
  it.each<[string, Workload[], number, string]>([
    ['nothing expected', [], 0, 'Healthy'],
    ['everything missing', [], 2, 'Missing'],
    ['one of two missing', [good], 2, 'Healthy'],
    ['one degraded', [good, bad()], 2, 'Degraded'],
    ['only hooks there', [bad({ 'argocd.argoproj.io/hook': 'PreSync' })], 1, 'Missing'],
    ['a degraded hook', [good, bad({ 'argocd.argoproj.io/hook': 'PreSync' })], 1, 'Healthy'],
    ['one that is to be ignored', [good, bad({ 'argocd.argoproj.io/ignore-healthcheck': 'true' })], 2, 'Healthy'],
  ])('with %s', (_name, live, expected, want) => {
    expect(aggregateHealth(live, expected).status).toBe(want);
  });

  it('names three causes at most', () => {
    expect(aggregateHealth([bad(), bad(), bad(), bad(), bad()], 5).message).toBe(
      'Caused by batch/Job:x/web, batch/Job:x/web, batch/Job:x/web and 2 more',
    );
  });
});
