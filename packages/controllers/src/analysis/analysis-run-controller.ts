import {
  isCompleted,
  isOver,
  METRIC_ANNOTATION,
  passOver,
  providers,
  RUN_UID_LABEL,
  type JobLogs,
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
  type ReconcileContext,
  type Reconciler,
  type Request,
  type Result,
  type WakeUp,
} from '@kargo/kube';
import type { EventRecorder } from '../events/recorder.ts';
import { collectJobLogs } from '../jobs/log-collector.ts';
import { expireRun } from './expire-run.ts';
import { recordPass } from './run-events.ts';

export interface AnalysisRunDeps {
  cache: Cache;
  ports: ProviderPorts;
  events: EventRecorder;
  /** Logs of Jobs, removed when their run is gone. */
  logs?: JobLogs | undefined;
  /** Called for every measurement that has ended. */
  measured?: ((provider: string, phase: string) => void) | undefined;
  /** Only runs whose instance label says the same are carried out; without it, only runs that have no such label. */
  instanceID?: string | undefined;
}

/** Label that says which of several analysis controllers a run is for. */
export const INSTANCE_LABEL = 'argo-rollouts.argoproj.io/controller-instance-id';

/** Annotation of a run: which engine carries it out. A run with a phase and without it is in the hands of Argo Rollouts. */
export const ENGINE_ANNOTATION = 'kargo.akuity.io/analysis-engine';
/** Its value where Kargo's own engine does. */
export const EMBEDDED_ENGINE = 'embedded';
const FIELD_MANAGER = 'kargo-analysis';

/** How long a run for another controller may wait for that one before a warning, in milliseconds. */
const FOREIGN_PATIENCE_MS = 60_000;

/**
 * Carries out AnalysisRuns where no Argo Rollouts does: takes due measurements, assesses, and waits for exact instants or for Jobs.
 * The status is the only state, so a run goes on after a crash where it was.
 */
export function analysisRunController(deps: AnalysisRunDeps): ControllerOptions {
  return {
    name: 'analysis-run',
    for: AnalysisRun,
    sources: [
      source(AnalysisRun, ({ object, old }) => [object ?? old].flatMap((run) => (run === undefined ? [] : [requestOf(run)]))),
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

  async reconcile(request: Request, context: ReconcileContext): Promise<Result> {
    const { ports, instanceID } = this.#deps;
    const { client, clock } = ports;
    const { signal } = context;
    let run: AnalysisRun;
    try {
      // Not from the cache: a measurement must never be taken twice because the cache is a moment behind.
      run = await client.get(AnalysisRun, request, { signal });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      const { cache, logs } = this.#deps;
      if (logs !== undefined) await collectJobLogs(request.namespace ?? '', { logs, cache, log: context.log });
      return settled;
    }
    if (run.metadata.deletionTimestamp !== undefined) return settled;
    if (run.metadata.labels?.[INSTANCE_LABEL] !== instanceID) return this.#foreign(run);
    if (isElsewhere(run)) return this.#elsewhere(run);
    if (isCompleted(run.status?.phase)) return expireRun(run, { client, clock, signal });
    const pass = await passOver(run, { providers, ports, resumable: this.#endedJobs(run), ...context });
    if (!equal(pass.status, run.status)) await this.#write(run, pass, context);
    for (const { provider, phase } of pass.measured) this.#deps.measured?.(provider, phase);
    if (isCompleted(pass.status.phase)) return expireRun({ ...run, status: pass.status }, { client, clock, signal });
    return nextLook(pass, clock.now());
  }

  async #write(run: AnalysisRun, pass: PassResult, { signal, log }: ReconcileContext): Promise<void> {
    const { ports, events } = this.#deps;
    await ports.client.patch(
      AnalysisRun,
      requestOf(run),
      {
        type: 'merge',
        body: {
          metadata: {
            resourceVersion: run.metadata.resourceVersion ?? '',
            annotations: { [ENGINE_ANNOTATION]: EMBEDDED_ENGINE },
          },
          status: statusPatch(run, pass),
        },
      },
      { signal, fieldManager: FIELD_MANAGER },
    );
    for (const { metric, phase, message } of pass.transitions)
      log.info({ ...requestOf(run), metric, phase, message }, 'analysis moved');
    await recordPass(run, pass, events);
  }

  /** A run for another controller is left alone; if that one does not come, people are told. */
  async #foreign(run: AnalysisRun): Promise<Result> {
    const { ports, events, instanceID } = this.#deps;
    if ((run.status?.phase ?? '') !== '') return settled;
    const wanted = run.metadata.labels?.[INSTANCE_LABEL];
    const at = Date.parse(run.metadata.creationTimestamp ?? '') + FOREIGN_PATIENCE_MS;
    if (ports.clock.now() < at)
      return waiting(
        'OtherInstance',
        `it is for the analysis controller with instance id ${wanted ?? '(none)'}`,
        { kind: 'event', on: 'that controller takes it up' },
        { kind: 'deadline', at, why: 'by then it should have been taken up' },
      );
    const message = `Nothing has taken up this run for a minute: it is for the analysis controller with instance id ${wanted ?? '(none)'}, and this one has ${instanceID ?? 'none'}. Correct the label ${INSTANCE_LABEL}.`;
    await events.record({ kind: AnalysisRun, about: run, reason: 'AnalysisRunIgnored', type: 'Warning', message });
    return waiting('OtherInstance', message, { kind: 'event', on: 'that controller takes it up, or its label is corrected' });
  }

  /** Two engines on one run would measure twice and write over each other. */
  async #elsewhere(run: AnalysisRun): Promise<Result> {
    if (isCompleted(run.status?.phase)) return settled;
    const message = `Another controller has begun with this run, Argo Rollouts most likely; this one leaves it alone. Run one of them, or give them different instance ids.`;
    await this.#deps.events.record({ kind: AnalysisRun, about: run, reason: 'AnalysisRunIgnored', type: 'Warning', message });
    return waiting('OtherEngine', message, { kind: 'event', on: 'that controller carries the run on' });
  }

  /** Metrics whose Job is over: their measurement is taken up at once. */
  #endedJobs(run: AnalysisRun): Set<string> {
    const jobs = this.#deps.cache.list(Job, {
      namespace: run.metadata.namespace,
      labelSelector: `${RUN_UID_LABEL}=${run.metadata.uid ?? ''}`,
    });
    return new Set(
      jobs.filter((job) => isOver(job.status ?? {})).flatMap((job) => job.metadata.annotations?.[METRIC_ANNOTATION] ?? []),
    );
  }
}

/** Whether something else than this engine has begun with a run. */
function isElsewhere({ metadata, status }: AnalysisRun): boolean {
  if ((status?.phase ?? '') === '' || metadata.annotations?.[ENGINE_ANNOTATION] === EMBEDDED_ENGINE) return false;
  // Runs from before the annotation say by their field managers who began with them.
  const managers = (metadata as { managedFields?: { manager?: string }[] }).managedFields ?? [];
  return !managers.some(({ manager }) => manager === FIELD_MANAGER);
}

function nextLook({ wakeUp, inFlight }: PassResult, now: number): Result {
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

/** The status as a merge patch: fields that went away are set to null. */
function statusPatch(run: AnalysisRun, { status }: PassResult): Record<string, never> {
  const gone = Object.keys(run.status ?? {}).filter((key) => !(key in status));
  return { ...status, ...Object.fromEntries(gone.map((key) => [key, null])) } as unknown as Record<string, never>;
}
