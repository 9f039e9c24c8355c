import { Application, AppProject, isReason, Secret, type Kind, type KubeObject, type Workload } from '@kargo/api';
import {
  settled,
  source,
  type Cache,
  type Client,
  type Clock,
  type ControllerOptions,
  type Random,
  type ReconcileContext,
  type Reconciler,
  type Request,
  type Result,
} from '@kargo/kube';
import { announcementIndexes, announcementSources } from './announcements.ts';
import { concernsDestination, IN_CLUSTER_NAME, IN_CLUSTER_SERVER, type Destinations } from './destinations/destinations.ts';
import { trackingIndexes } from './destinations/simulated.ts';
import { trackedBy } from './destinations/tracking.ts';
import { hasOperation, operate } from './passes/operate.ts';
import { refresh, type RefreshDeps } from './passes/refresh.ts';
import { remove } from './passes/remove.ts';
import { POLL_INTERVAL_MS, POLL_JITTER_MS } from './refresh.ts';
import type { ManifestRenderer } from './rendering/renderer.ts';

export interface ApplicationControllerDeps {
  client: Client;
  cache: Cache;
  clock: Clock;
  /** Spreads polls. Without it, all Applications ask after the same time. */
  random?: Random | undefined;
  renderer: Pick<ManifestRenderer, 'resolve' | 'render' | 'differs'>;
  /** Where Applications may go. */
  destinations: Pick<Destinations, 'of' | 'simulatesInCluster'>;
  /** Whether the API serves AppProjects. Default true. */
  hasProjects?: boolean | undefined;
  /** Namespace whose Applications are tracked by name alone, and in which projects and registered clusters are. */
  argoCDNamespace: string;
  /** Milliseconds between polls of git; 0 leaves refreshing to events and requests. Default two minutes. */
  pollInterval?: number | undefined;
  /** Whether an executor runs Jobs, so that hooks need not be imitated where an Application asks for it. */
  runsJobs?: boolean | undefined;
}

/**
 * The embedded GitOps agent: brings Applications to the state that git describes, the way Argo CD does, where no Argo CD does. One pass
 * either carries an operation on, or refreshes, or deletes.
 */
export function applicationController(deps: ApplicationControllerDeps): ControllerOptions {
  const { argoCDNamespace, cache } = deps;
  const live = (deps.destinations.simulatesInCluster ? trackingIndexes : []).map(({ kind }) =>
    source(kind, ({ object, old }) => {
      const changed = object ?? old;
      return changed === undefined ? [] : trackedBy(changed).flatMap((id) => requestsOfTracking(id, argoCDNamespace));
    }),
  );
  return {
    name: 'application',
    for: Application,
    sources: [
      source(Application, ({ object }) => (object === undefined ? [] : [requestOf(object)])),
      ...live,
      ...(deps.hasProjects === false
        ? []
        : [source(AppProject, ({ object, old }) => requestsOfProject((object ?? old) as AppProject, cache, argoCDNamespace))]),
      source(Secret, ({ object, old }) => {
        const registers = [object, old].some((secret) => secret !== undefined && concernsDestination(secret, argoCDNamespace));
        // Which Applications it is for may be what has changed.
        return registers ? cache.list(Application).filter(isElsewhere).map(requestOf) : [];
      }),
      ...announcementSources(cache),
    ],
    reconciler: new ApplicationReconciler(deps),
    workers: 4,
  };
}

function requestOf({ metadata }: KubeObject): Request {
  return { namespace: metadata.namespace, name: metadata.name ?? '' };
}

function isElsewhere({ spec, status }: Application): boolean {
  const { server = '', name = '' } = spec.destination;
  return !(server === IN_CLUSTER_SERVER || name === IN_CLUSTER_NAME || server.startsWith('dir:')) || status === undefined;
}

function requestsOfProject({ metadata }: AppProject, cache: Cache, argoCDNamespace: string): Request[] {
  if (metadata.namespace !== argoCDNamespace) return [];
  return cache
    .list(Application)
    .filter(({ spec }) => (spec.project || 'default') === metadata.name)
    .map(requestOf);
}

/** The Application that a tracking id names. */
export function requestsOfTracking(id: string, argoCDNamespace: string): Request[] {
  if (id === '') return [];
  const split = id.indexOf('_');
  return [split === -1 ? { namespace: argoCDNamespace, name: id } : { namespace: id.slice(0, split), name: id.slice(split + 1) }];
}

class ApplicationReconciler implements Reconciler {
  readonly #deps: RefreshDeps;

  constructor({ random, pollInterval = POLL_INTERVAL_MS, ...deps }: ApplicationControllerDeps) {
    const jitter = new Map<string, number>();
    this.#deps = {
      ...deps,
      intervalOf: ({ metadata: { uid = '' } }) => {
        if (pollInterval === 0) return 0;
        const own = jitter.get(uid) ?? Math.floor((random?.next() ?? 0) * POLL_JITTER_MS);
        jitter.set(uid, own);
        return pollInterval + own;
      },
    };
  }

  async reconcile(request: Request, context: ReconcileContext): Promise<Result> {
    let app: Application;
    try {
      app = await this.#deps.client.get(Application, request, { signal: context.signal });
    } catch (error) {
      if (isReason(error, 'NotFound')) return settled;
      throw error;
    }
    if (app.metadata.annotations?.['argocd.argoproj.io/skip-reconcile'] === 'true') return settled;
    if (app.metadata.deletionTimestamp !== undefined) return remove(app, this.#deps, context);
    return hasOperation(app) ? operate(app, this.#deps, context) : refresh(app, this.#deps, context);
  }
}

/** Every kind the agent must have in its cache where it imitates a destination. */
export const gitopsKinds: readonly Kind<Workload>[] = trackingIndexes.map(({ kind }) => kind);

/** The indexes the agent needs. */
export const gitopsIndexes = [...trackingIndexes, ...announcementIndexes];
