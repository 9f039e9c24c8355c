import {
  isCompleted,
  METRIC_ANNOTATION,
  passOver,
  providers,
  RUN_UID_LABEL,
  type PassResult,
  type ProviderPorts,
} from '@kargo/analysis';
import { AnalysisRun, isReason, Job, type KubeObject, type Workload } from '@kargo/api';
import {
  equal,
  settled,
  source,
  waiting,
  type Cache,
  type ControllerOptions,
  type Reconciler,
  type Request,
  type Result,
  type WakeUp,
} from '@kargo/kube';

export interface AnalysisRunDeps {
  cache: Cache;
  ports: ProviderPorts;
}

/**
 * Carries out AnalysisRuns where no Argo Rollouts does: takes due measurements, assesses, and waits for exact instants or for Jobs.
 * The status is the only state, so a run goes on after a crash where it was.
 */
export function analysisRunController(deps: AnalysisRunDeps): ControllerOptions {
  return {
    name: 'analysis-run',
    for: AnalysisRun,
    sources: [
      source(AnalysisRun, ({ object }) => (object === undefined ? [] : [requestOf(object)])),
      source(Job, ({ object, old }) => ownerRun(object ?? old)),
    ],
    reconciler: new AnalysisRunReconciler(deps),
    workers: 30,
  };
}

function requestOf(object: KubeObject): Request {
  return { namespace: object.metadata.namespace, name: object.metadata.name ?? '' };
}

function ownerRun(job: Workload | undefined): Request[] {
  const owner = job?.metadata.ownerReferences?.find(({ kind, controller }) => kind === AnalysisRun.kind && controller === true);
  return owner === undefined ? [] : [{ namespace: job?.metadata.namespace, name: owner.name }];
}

class AnalysisRunReconciler implements Reconciler {
  readonly #deps: AnalysisRunDeps;

  constructor(deps: AnalysisRunDeps) {
    this.#deps = deps;
  }

  async reconcile(request: Request, { signal, log }: Parameters<Reconciler['reconcile']>[1]): Promise<Result> {
    const { client, clock } = this.#deps.ports;
    let run: AnalysisRun;
    try {
      // Not from the cache: a measurement must never be taken twice because the cache is a moment behind.
      run = await client.get(AnalysisRun, request, { signal });
    } catch (error) {
      if (isReason(error, 'NotFound')) return settled;
      throw error;
    }
    if (run.metadata.deletionTimestamp !== undefined) return settled;
    if (isCompleted(run.status?.phase)) return this.#expire(run, signal);
    const result = await passOver(run, { providers, ports: this.#deps.ports, resumable: this.#endedJobs(run), signal, log });
    if (!equal(result.status, run.status)) {
      await client.patch(
        AnalysisRun,
        request,
        {
          type: 'merge',
          body: { metadata: { resourceVersion: run.metadata.resourceVersion ?? '' }, status: statusPatch(run, result) },
        },
        { signal, fieldManager: 'kargo-analysis' },
      );
      for (const { metric, phase, message } of result.transitions)
        log.info({ ...request, metric, phase, message }, 'analysis moved');
    }
    if (isCompleted(result.status.phase)) return this.#expire({ ...run, status: result.status }, signal);
    return this.#wait(result, clock.now());
  }

  /** Metrics whose Job is over: their measurement is taken up at once. */
  #endedJobs(run: AnalysisRun): Set<string> {
    const jobs = this.#deps.cache.list(Job, {
      namespace: run.metadata.namespace,
      labelSelector: `${RUN_UID_LABEL}=${run.metadata.uid ?? ''}`,
    });
    return new Set(jobs.flatMap((job) => job.metadata.annotations?.[METRIC_ANNOTATION] ?? []));
  }

  #wait({ wakeUp, inFlight }: PassResult, now: number): Result {
    const until: WakeUp[] = inFlight.map((metric) => ({ kind: 'event', on: `the measurement of metric ${metric} ends` }));
    if (wakeUp !== undefined) until.push({ kind: 'deadline', at: Math.max(wakeUp, now), why: 'the next measurement is due' });
    // A pass that changed the status may have decided against siblings still in flight: they are ended in the next pass.
    const [first = { kind: 'event', on: 'the run changes' } as const, ...others] = until;
    return waiting(
      'Measuring',
      inFlight.length === 0 ? 'waiting for the next measurement' : `measuring ${inFlight.join(', ')}`,
      first,
      ...others,
    );
  }

  async #expire(run: AnalysisRun, signal: AbortSignal): Promise<Result> {
    const { client, clock } = this.#deps.ports;
    const ttl = run.spec.ttlStrategy;
    const specific =
      run.status?.phase === 'Successful'
        ? ttl?.secondsAfterSuccess
        : run.status?.phase === 'Failed'
          ? ttl?.secondsAfterFailure
          : undefined;
    const seconds = specific ?? ttl?.secondsAfterCompletion;
    if (seconds === undefined || run.status?.completedAt === undefined) return settled;
    const at = Date.parse(run.status.completedAt) + (seconds + 1) * 1000;
    if (clock.now() < at)
      return waiting('Expiring', 'completed; it is deleted when its time to live is over', {
        kind: 'deadline',
        at,
        why: 'its time to live ends',
      });
    try {
      await client.delete(AnalysisRun, requestOf(run), { preconditions: { uid: run.metadata.uid }, signal });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
    return settled;
  }
}

/** The status as a merge patch: fields that went away are set to null. */
function statusPatch(run: AnalysisRun, { status }: PassResult): Record<string, never> {
  const gone = Object.keys(run.status ?? {}).filter((key) => !(key in status));
  return { ...status, ...Object.fromEntries(gone.map((key) => [key, null])) } as unknown as Record<string, never>;
}
