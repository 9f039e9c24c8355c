import {
  Application,
  isReason,
  isUnavailable,
  type ApplicationStatus,
  type Kind,
  type Operation,
  type OperationState,
  type Workload,
} from '@kargo/api';
import {
  clone,
  createMergePatch,
  settled,
  source,
  timestamp,
  waiting,
  type Cache,
  type Client,
  type Clock,
  type ControllerOptions,
  type ReconcileContext,
  type Reconciler,
  type Request,
  type Result,
  type WakeUp,
} from '@kargo/kube';
import { autoSync } from './auto-sync.ts';
import { compare, type Comparison } from './compare.ts';
import { destinationProblem, liveObjects, trackedBy, trackingIndexes } from './destination.ts';
import { aggregateHealth, healthOf } from './health/health.ts';
import { normalizeManifests, type Manifest } from './manifest.ts';
import { comparedTo, dueLevel, REFRESH_ANNOTATION, REFRESH_TIMESTAMP_ANNOTATION, type RefreshLevel } from './refresh.ts';
import type { ManifestRenderer } from './renderer.ts';
import { isMultiSource, operationRevisions, revisionFields, sourcesOf } from './source.ts';
import { syncStep } from './sync-operation.ts';

export interface ApplicationControllerDeps {
  client: Client;
  cache: Cache;
  clock: Clock;
  renderer: Pick<ManifestRenderer, 'resolve' | 'render'>;
  /** Namespace whose Applications are tracked by name alone. */
  argoCDNamespace: string;
}

const SIMULATED = 'SimulatedDestinationWarning';
const SIMULATED_MESSAGE =
  'This destination is simulated: manifests are rendered from git with the real tools, but workloads, their health and addresses are imitated on a clock.';

/**
 * The embedded GitOps agent: brings Applications of the simulated destination to the state that git describes, the way Argo CD does, where
 * no Argo CD does. One pass either carries an operation on, or refreshes.
 */
export function applicationController(deps: ApplicationControllerDeps): ControllerOptions {
  const live = trackingIndexes.map(({ kind }) =>
    source(kind, ({ object, old }) => {
      const changed = object ?? old;
      return changed === undefined ? [] : trackedBy(changed).flatMap((id) => requestOfTracking(id, deps.argoCDNamespace));
    }),
  );
  return {
    name: 'application',
    for: Application,
    sources: [
      source(Application, ({ object }) =>
        object === undefined ? [] : [{ namespace: object.metadata.namespace, name: object.metadata.name ?? '' }],
      ),
      ...live,
    ],
    reconciler: new ApplicationReconciler(deps),
    workers: 4,
  };
}

function requestOfTracking(id: string, argoCDNamespace: string): Request[] {
  if (id === '') return [];
  const split = id.indexOf('_');
  return [split === -1 ? { namespace: argoCDNamespace, name: id } : { namespace: id.slice(0, split), name: id.slice(split + 1) }];
}

/** What a look at the desired and the live state found. */
interface Picture {
  revisions: string[];
  manifests: Manifest[];
  comparisons: Comparison[];
  repeated: string[];
  error?: { type: 'ComparisonError' | 'InvalidSpecError'; message: string };
}

class ApplicationReconciler implements Reconciler {
  readonly #deps: ApplicationControllerDeps;

  constructor(deps: ApplicationControllerDeps) {
    this.#deps = deps;
  }

  async reconcile(request: Request, context: ReconcileContext): Promise<Result> {
    let app: Application;
    try {
      app = await this.#deps.client.get(Application, request, { signal: context.signal });
    } catch (error) {
      if (isReason(error, 'NotFound')) return settled;
      throw error;
    }
    if (
      app.metadata.deletionTimestamp !== undefined ||
      app.metadata.annotations?.['argocd.argoproj.io/skip-reconcile'] === 'true'
    )
      return settled;
    const state = app.status?.operationState;
    if (app.operation !== undefined || state?.phase === 'Running' || state?.phase === 'Terminating')
      return this.#operate(app, context);
    return this.#refresh(app, context);
  }

  /** Carries the requested or running operation on. */
  async #operate(app: Application, { signal, log }: ReconcileContext): Promise<Result> {
    const now = timestamp(this.#deps.clock.now());
    const after = clone(app);
    after.status ??= {};
    const running = after.status.operationState;
    let state: OperationState;
    if (running === undefined || (running.phase !== 'Running' && running.phase !== 'Terminating')) {
      state = { operation: app.operation ?? {}, phase: 'Running', startedAt: now };
    } else state = running;
    after.status.operationState = state;
    if (state.phase === 'Terminating') return this.#complete(app, after, { phase: 'Failed', message: 'Operation terminated' });
    const picture = await this.#look(app, { revisions: operationRevisions(state), hard: false, signal });
    if (picture.error !== undefined) return this.#complete(app, after, { phase: 'Error', message: picture.error.message });
    state.syncResult ??= {
      ...revisionFields(app, picture.revisions),
      ...(isMultiSource(app) ? { sources: sourcesOf(app) } : { source: sourcesOf(app)[0] ?? { repoURL: '' } }),
    };
    // The revision is pinned before anything is applied, so that an interrupted sync goes on with the same one.
    const pinned = await this.#write(app, after);
    const outcome = await syncStep({
      app: pinned,
      state,
      comparisons: picture.comparisons,
      manifests: picture.manifests,
      client: this.#deps.client,
      signal,
    });
    const next = clone(pinned);
    const nextState = next.status?.operationState;
    if (nextState === undefined) throw new Error(`programmer error: Application ${app.metadata.name} lost its operation state`);
    nextState.message = outcome.message;
    nextState.syncResult = { ...nextState.syncResult, resources: outcome.resources };
    if (outcome.phase === 'Running') {
      await this.#write(pinned, next);
      return waiting('Syncing', outcome.message, { kind: 'event', on: 'the objects of this wave become healthy' });
    }
    log.info({ application: app.metadata.name, phase: outcome.phase, revisions: picture.revisions }, 'sync ended');
    return this.#complete(pinned, next, outcome);
  }

  async #complete(
    before: Application,
    after: Application,
    { phase, message }: { phase: string; message: string },
  ): Promise<Result> {
    const { status } = after;
    const state = status?.operationState;
    if (status === undefined || state === undefined) throw new Error('programmer error: an operation ended that never began');
    const now = timestamp(this.#deps.clock.now());
    state.phase = phase;
    state.message = message;
    state.finishedAt = now;
    delete after.operation;
    // What was compared up to this second does not show what was just applied; without the mark, everyone waits for the next comparison.
    if (status.reconciledAt !== undefined && status.reconciledAt >= now) delete status.reconciledAt;
    if (phase === 'Succeeded' && state.operation.sync?.dryRun !== true)
      status.history = [...(status.history ?? []), historyEntry(status, state)].slice(-10);
    await this.#write(before, after);
    return waiting('Comparing', 'the operation is over; what it led to is compared next', {
      kind: 'event',
      on: 'the status just written is seen',
    });
  }

  async #refresh(app: Application, { signal }: ReconcileContext): Promise<Result> {
    const { clock } = this.#deps;
    const startedAt = clock.now();
    const { level, pollAt } = dueLevel(app, startedAt);
    const known = app.status?.sync?.revisions ?? (app.status?.sync?.revision ? [app.status.sync.revision] : []);
    const picture = await this.#look(app, { revisions: level === 'live' ? known : [], hard: level === 'hard', signal });
    const after = clone(app);
    after.status = nextStatus(app, picture, level, startedAt);
    const operation: Operation | undefined = picture.error === undefined ? autoSync(after, picture.comparisons) : undefined;
    if (operation !== undefined) after.operation = operation;
    dropRefreshRequest(after, app);
    await this.#write(app, after);
    const poll: WakeUp = {
      kind: 'poll',
      at: level === 'live' ? pollAt : startedAt + 120_000,
      why: 'git is asked again for newer revisions',
    };
    const health = after.status.health?.status;
    if (operation !== undefined)
      return waiting('Syncing', 'an automated sync begins', { kind: 'event', on: 'the operation just requested is seen' }, poll);
    if (health === 'Progressing')
      return waiting(
        'Progressing',
        after.status.health?.message ?? 'workloads are progressing',
        { kind: 'event', on: 'a workload changes' },
        poll,
      );
    return waiting('Watching', `${after.status.sync?.status ?? 'Unknown'} and ${health ?? 'Unknown'}`, poll, {
      kind: 'event',
      on: 'the Application or one of its objects changes',
    });
  }

  /** Resolves (unless revisions are given), renders and compares. What fails comes back as an error condition, not as an exception. */
  async #look(app: Application, options: { revisions: string[]; hard: boolean; signal: AbortSignal }): Promise<Picture> {
    const { renderer, cache } = this.#deps;
    const empty: Picture = { revisions: options.revisions, manifests: [], comparisons: [], repeated: [] };
    const problem =
      sourcesOf(app).length === 0 ? 'application has no source: give it spec.source or spec.sources' : destinationProblem(app);
    if (problem !== undefined) return { ...empty, error: { type: 'InvalidSpecError', message: problem } };
    try {
      const revisions = options.revisions.length > 0 ? options.revisions : await renderer.resolve(app, options.signal);
      const objects = await renderer.render(app, revisions, { hard: options.hard, signal: options.signal });
      const id = this.#trackingName(app);
      const { manifests, repeated, unknown } = normalizeManifests(objects, {
        app: id,
        namespace: app.spec.destination.namespace ?? 'default',
      });
      if (unknown.length > 0) throw new Error(`the simulated destination does not serve ${[...new Set(unknown)].join(', ')}`);
      return { revisions, manifests, repeated, comparisons: compare(manifests, liveObjects(cache, id)) };
    } catch (error) {
      if (options.signal.aborted || isUnavailable(error)) throw error;
      return {
        ...empty,
        error: {
          type: 'ComparisonError',
          message: `Failed to load target state: ${error instanceof Error ? error.message : String(error)}`,
        },
      };
    }
  }

  #trackingName({ metadata }: Application): string {
    return metadata.namespace === this.#deps.argoCDNamespace ? (metadata.name ?? '') : `${metadata.namespace}_${metadata.name}`;
  }

  /** Writes what changed, against the version that was read. */
  async #write(before: Application, after: Application): Promise<Application> {
    const patch = createMergePatch(before, after);
    if (patch === undefined) return before;
    const metadata = { ...(patch['metadata'] as object | undefined), resourceVersion: before.metadata.resourceVersion ?? '' };
    return this.#deps.client.patch(
      Application,
      { namespace: before.metadata.namespace, name: before.metadata.name ?? '' },
      { type: 'merge', body: { ...patch, metadata } },
      { fieldManager: 'kargo-gitops' },
    );
  }
}

function nextStatus(app: Application, picture: Picture, level: RefreshLevel, startedAt: number): ApplicationStatus {
  const now = timestamp(startedAt);
  const status: ApplicationStatus = clone(app.status ?? {});
  const live = picture.comparisons.flatMap(({ live: object }) => object ?? []);
  const { error } = picture;
  const counted = picture.comparisons.filter(({ counted: counts }) => counts);
  const sync = error !== undefined ? 'Unknown' : counted.every(({ synced }) => synced) ? 'Synced' : 'OutOfSync';
  status.sync = { status: sync, ...revisionFields(app, picture.revisions), comparedTo: comparedTo(app) as never };
  const health =
    error?.type === 'InvalidSpecError'
      ? { status: 'Unknown' as const }
      : error !== undefined
        ? (app.status?.health ?? { status: 'Unknown' })
        : aggregateHealth(live, counted.filter(({ target }) => target !== undefined).length);
  const transition = status.health?.status === health.status ? status.health?.lastTransitionTime : now;
  status.health = {
    status: health.status,
    ...(health.message === undefined ? {} : { message: health.message }),
    ...(transition === undefined ? {} : { lastTransitionTime: transition }),
  };
  status.conditions = conditionsOf(app, picture, now);
  status.resources = picture.comparisons.map(resourceStatus) as never;
  status.summary = { images: imagesOf(live) };
  if (picture.error === undefined) {
    status.sourceType = sourceType(app);
    if (level !== 'live') status.reconciledAt = now;
  }
  return status;
}

function conditionsOf(app: Application, picture: Picture, now: string): NonNullable<ApplicationStatus['conditions']> {
  const wanted: { type: string; message: string }[] = [{ type: SIMULATED, message: SIMULATED_MESSAGE }];
  if (picture.error !== undefined) wanted.push(picture.error);
  for (const name of picture.repeated)
    wanted.push({
      type: 'RepeatedResourceWarning',
      message: `Resource ${name} appeared more than once among application resources; the last one counts.`,
    });
  return wanted.map(({ type, message }) => {
    const known = app.status?.conditions?.find((condition) => condition.type === type && condition.message === message);
    return { type, message, lastTransitionTime: known?.lastTransitionTime ?? now };
  });
}

function resourceStatus({ kind, target, live, synced, requiresPruning }: Comparison): Record<string, unknown> {
  const object = target ?? live;
  const health = live === undefined ? undefined : healthOf(live);
  return {
    ...(kind.group === '' ? {} : { group: kind.group }),
    version: kind.version,
    kind: kind.kind,
    ...(object?.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
    name: object?.metadata.name ?? '',
    status: synced ? 'Synced' : 'OutOfSync',
    ...(requiresPruning ? { requiresPruning: true } : {}),
    ...(health === undefined
      ? live === undefined && target !== undefined
        ? { health: { status: 'Missing' } }
        : {}
      : { health }),
  };
}

/** Images named in the Pod templates of live workloads: the simulated destination has no Pods. */
function imagesOf(live: readonly Workload[]): string[] {
  const images = new Set<string>();
  for (const object of live) {
    const template = (object.spec?.['template'] ?? {}) as {
      spec?: { containers?: { image?: string }[]; initContainers?: { image?: string }[] };
    };
    for (const { image } of [...(template.spec?.containers ?? []), ...(template.spec?.initContainers ?? [])])
      if (image !== undefined) images.add(image);
  }
  return [...images].toSorted();
}

function sourceType(app: Application): string {
  const [first] = sourcesOf(app);
  return first?.helm !== undefined ? 'Helm' : first?.directory !== undefined ? 'Directory' : 'Kustomize';
}

function historyEntry(status: ApplicationStatus, state: OperationState): never {
  const last = status.history?.at(-1)?.['id'];
  const { resources: _resources, ...result } = state.syncResult ?? {};
  return {
    id: typeof last === 'number' ? last + 1 : 0,
    deployStartedAt: state.startedAt,
    deployedAt: state.finishedAt ?? state.startedAt,
    initiatedBy: state.operation.initiatedBy ?? {},
    ...result,
  } as never;
}

/** Takes the refresh request off that this pass has answered. */
function dropRefreshRequest(after: Application, answered: Application): void {
  const annotations = answered.metadata.annotations;
  if (annotations?.[REFRESH_ANNOTATION] === undefined) return;
  const { [REFRESH_ANNOTATION]: _refresh, [REFRESH_TIMESTAMP_ANNOTATION]: _at, ...rest } = annotations;
  after.metadata.annotations = rest;
}

/** Every kind the agent must have in its cache. */
export const gitopsKinds: readonly Kind<Workload>[] = trackingIndexes.map(({ kind }) => kind);
