import {
  DaemonSet,
  Deployment,
  Ingress,
  isReason,
  Job,
  PersistentVolumeClaim,
  ReplicaSet,
  Service,
  StatefulSet,
  type Kind,
  type Workload,
} from '@kargo/api';
import {
  equal,
  settled,
  source,
  timestamp,
  waiting,
  type Client,
  type Clock,
  type ControllerOptions,
  type Request,
  type Result,
} from '@kargo/kube';
import { parseDuration } from '@kargo/gocompat';
import { RUN_JOB_LABEL } from '../jobs/job-controller.ts';
import { TRACKING_ANNOTATION } from './manifest.ts';

/** How fast simulated workloads move, in milliseconds. */
export interface SimulationDelays {
  /** Until a changed specification is observed. */
  observe: number;
  /** From then until it is rolled out. */
  rollout: number;
}

export const DEFAULT_DELAYS: SimulationDelays = { observe: 100, rollout: 900 };

const PREFIX = 'simulate.kargo.akuity.io';
/** Annotation that fixes the health a simulated workload ends with: Degraded, Progressing or Suspended. */
export const SIMULATED_HEALTH_ANNOTATION = `${PREFIX}/health`;
const MESSAGE_ANNOTATION = `${PREFIX}/message`;
const AFTER_ANNOTATION = `${PREFIX}/after`;

export interface WorkloadControllerDeps {
  client: Client;
  clock: Clock;
  delays: SimulationDelays;
}

/** Kinds that move by themselves in the simulated destination. */
export const simulatedKinds: readonly Kind<Workload>[] = [
  Deployment,
  StatefulSet,
  DaemonSet,
  ReplicaSet,
  Service,
  Ingress,
  PersistentVolumeClaim,
  Job,
];

/**
 * Imitates, on the clock, what a cluster does with a workload: a specification is observed, then rolled out. One controller a kind.
 * Only objects that an Application put there are touched.
 */
export function workloadControllers(deps: WorkloadControllerDeps): ControllerOptions[] {
  return simulatedKinds.map((kind) => ({
    name: `simulated-${kind.singular}`,
    for: kind,
    sources: [
      source(kind, ({ object }) =>
        object?.metadata.annotations?.[TRACKING_ANNOTATION] === undefined
          ? []
          : [{ namespace: object.metadata.namespace, name: object.metadata.name ?? '' }],
      ),
    ],
    reconciler: { reconcile: (request: Request) => simulate(kind, request, deps) },
    workers: 2,
  }));
}

interface SimulatedState {
  /** Generation that is being rolled out, and since when. */
  generation: number;
  since: string;
}

async function simulate(
  kind: Kind<Workload>,
  request: Request,
  { client, clock, delays }: WorkloadControllerDeps,
): Promise<Result> {
  let object: Workload;
  try {
    object = await client.get(kind, request);
  } catch (error) {
    if (isReason(error, 'NotFound')) return settled;
    throw error;
  }
  const { annotations, labels, deletionTimestamp } = object.metadata;
  if (annotations?.[TRACKING_ANNOTATION] === undefined || deletionTimestamp !== undefined) return settled;
  if (labels?.[RUN_JOB_LABEL] === 'true') return settled; // Really run.
  const generation = object.metadata.generation ?? 1;
  const known = (object.status?.['simulated'] ?? undefined) as SimulatedState | undefined;
  if (known?.generation !== generation) {
    const simulated: SimulatedState = { generation, since: new Date(clock.now()).toISOString() };
    await client.updateStatus(kind, { ...object, status: { ...object.status, simulated } }, { fieldManager: 'kargo-simulation' });
    return waiting('RollingOut', 'the simulated workload has not seen its new specification yet', {
      kind: 'deadline',
      at: clock.now() + delays.observe,
      why: 'the simulated delay is over',
    });
  }
  const since = Date.parse(known.since);
  const observedAt = since + delays.observe;
  const doneAt = observedAt + (askedDelay(annotations[AFTER_ANNOTATION]) ?? delays.rollout);
  const now = clock.now();
  const stage = now >= doneAt ? 'done' : now >= observedAt ? 'observed' : 'new';
  const status = { ...statusAt(kind, object, stage, now), simulated: known };
  if (!equal(status, object.status)) await client.updateStatus(kind, { ...object, status }, { fieldManager: 'kargo-simulation' });
  if (stage === 'done') return settled;
  return waiting('RollingOut', 'the simulated workload is rolling out', {
    kind: 'deadline',
    at: stage === 'new' ? observedAt : doneAt,
    why: 'the simulated delay is over',
  });
}

/** How long an object wants its roll-out to take. What cannot be read counts as not asked. */
function askedDelay(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  try {
    return Math.max(0, parseDuration(text));
  } catch {
    return undefined;
  }
}

function statusAt(
  kind: Kind<Workload>,
  object: Workload,
  stage: 'new' | 'observed' | 'done',
  now: number,
): Record<string, unknown> {
  if (stage === 'new') return { ...object.status };
  const generation = object.metadata.generation ?? 1;
  const wanted = (object.spec?.['replicas'] as number | undefined) ?? 1;
  const forced = object.metadata.annotations?.[SIMULATED_HEALTH_ANNOTATION];
  const message = object.metadata.annotations?.[MESSAGE_ANNOTATION] ?? `simulated ${forced ?? ''}`;
  const ready = stage === 'done' && forced === undefined ? wanted : 0;
  const stuck = stage === 'done' && forced === 'Degraded';
  switch (kind.kind) {
    case 'Deployment':
      return {
        observedGeneration: generation,
        replicas: wanted,
        updatedReplicas: wanted,
        readyReplicas: ready,
        availableReplicas: ready,
        conditions: stuck
          ? [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message }]
          : [{ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message: '' }],
      };
    case 'StatefulSet':
      return {
        observedGeneration: generation,
        replicas: wanted,
        readyReplicas: ready,
        updatedReplicas: wanted,
        currentReplicas: wanted,
        updateRevision: `r${generation}`,
        currentRevision: ready === wanted ? `r${generation}` : 'r0',
      };
    case 'DaemonSet':
      return {
        observedGeneration: generation,
        desiredNumberScheduled: 1,
        updatedNumberScheduled: 1,
        numberAvailable: ready > 0 ? 1 : 0,
        numberReady: ready > 0 ? 1 : 0,
      };
    case 'ReplicaSet':
      return {
        observedGeneration: generation,
        replicas: wanted,
        readyReplicas: ready,
        availableReplicas: ready,
        conditions: stuck ? [{ type: 'ReplicaFailure', status: 'True', reason: 'Simulated', message }] : [],
      };
    case 'Job':
      return stage !== 'done'
        ? { active: 1 }
        : stuck
          ? {
              failed: 1,
              conditions: [{ type: 'Failed', status: 'True', reason: 'Simulated', message, lastTransitionTime: timestamp(now) }],
            }
          : {
              succeeded: 1,
              completionTime: timestamp(now),
              conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: timestamp(now) }],
            };
    case 'PersistentVolumeClaim':
      return { phase: stuck ? 'Lost' : stage === 'done' ? 'Bound' : 'Pending' };
    default:
      return stage === 'done' && forced === undefined
        ? { loadBalancer: { ingress: [{ ip: '127.0.0.1' }] } }
        : { loadBalancer: {} };
  }
}
