import { ConfigMap, isReason, keyOf, labels, Namespace, Project, Secret, shortenLabel, type Kind } from '@kargo/api';
import {
  settled,
  source,
  timestamp,
  waiting,
  type Cache,
  type Client,
  type Clock,
  type ControllerOptions,
  type Log,
  type ReconcileContext,
  type Result,
} from '@kargo/kube';
import { isProjectNamespace } from '../project/ensure-roles.ts';
import { isCurrent, isToReplicate, replicaOf, type Replicable } from './replicas.ts';

/** Secrets are not watched. How often each Project is looked at, in milliseconds. */
const LOOK_EVERY = 50_000;
/** How long what was found in the shared namespace is believed, in milliseconds; then it is listed again, once for all Projects. */
const BELIEVED = 10_000;

export interface ReplicationDeps {
  client: Client;
  cache: Cache;
  clock: Clock;
  /** Namespace of what all Projects share. Empty: there is none, and nothing is copied. */
  sharedNamespace: string;
}

/**
 * The controller of copies: Secrets (with a credential type) and ConfigMaps of the shared namespace that are annotated
 * `kargo.akuity.io/replicate-to: "*"` are in every Project, and go from there with their source or its annotation. What people made under the
 * same name stays as it is.
 */
export function replicationController(deps: ReplicationDeps): ControllerOptions {
  const shared = new SharedObjects(deps);
  return {
    name: 'replication',
    for: Project,
    sources: [
      source(Project, ({ object, old }) =>
        object !== undefined && old === undefined ? [{ name: object.metadata.name ?? '' }] : [],
      ),
      source(Namespace, ({ object, old }) => {
        const isNew = object !== undefined && isProjectNamespace(object) && (old === undefined || !isProjectNamespace(old));
        return isNew ? [{ name: object.metadata.name ?? '' }] : [];
      }),
    ],
    reconciler: { reconcile: ({ name }, context) => reconcile(deps, shared, name, context) },
  };
}

async function reconcile(
  deps: ReplicationDeps,
  shared: SharedObjects,
  project: string,
  { log, signal }: ReconcileContext,
): Promise<Result> {
  const { cache, clock, sharedNamespace } = deps;
  const namespace = cache.get(Namespace, { name: project });
  if (cache.get(Project, { name: project }) === undefined || sharedNamespace === '' || sharedNamespace === project)
    return settled;
  // Without its namespace there is nowhere to copy to; that it comes is an event.
  if (namespace === undefined || !isProjectNamespace(namespace) || namespace.metadata.deletionTimestamp !== undefined)
    return settled;
  for (const kind of [Secret, ConfigMap] as Kind<Replicable>[]) {
    signal.throwIfAborted();
    await replicate(deps, { kind, namespace: project, sources: await shared.of(kind) }, log);
  }
  return waiting(
    'Replicated',
    'what is shared was copied',
    { kind: 'poll', at: clock.now() + LOOK_EVERY, why: 'what is shared may have changed' },
    { kind: 'event', on: 'the Project or its namespace is made anew' },
  );
}

/** What is to be copied, listed once for all Projects that are looked at within a few seconds. */
class SharedObjects {
  readonly #deps: ReplicationDeps;
  readonly #looks = new Map<Kind<Replicable>, { until: number; found: Promise<ReadonlyMap<string, Replicable>> }>();

  constructor(deps: ReplicationDeps) {
    this.#deps = deps;
  }

  of(kind: Kind<Replicable>): Promise<ReadonlyMap<string, Replicable>> {
    const now = this.#deps.clock.now();
    const known = this.#looks.get(kind);
    if (known !== undefined && now < known.until) return known.found;
    const look = { until: now + BELIEVED, found: this.#list(kind) };
    this.#looks.set(kind, look);
    look.found.catch(() => {
      if (this.#looks.get(kind) === look) this.#looks.delete(kind);
    });
    return look.found;
  }

  async #list(kind: Kind<Replicable>): Promise<ReadonlyMap<string, Replicable>> {
    const { client, sharedNamespace: namespace } = this.#deps;
    const narrowed = kind.kind === Secret.kind ? { namespace, labelSelector: labels.credType } : { namespace };
    const { items } = await client.list(kind, narrowed);
    return new Map(items.filter(isToReplicate).map((each) => [each.metadata.name ?? '', each]));
  }
}

async function replicate(
  { client, clock }: ReplicationDeps,
  { kind, namespace, sources }: { kind: Kind<Replicable>; namespace: string; sources: ReadonlyMap<string, Replicable> },
  log: Log,
): Promise<void> {
  const { items: replicas } = await client.list(kind, { namespace, labelSelector: labels.replicatedFrom });
  const known = new Map(replicas.map((replica) => [replica.metadata.name ?? '', replica]));
  for (const replica of replicas) {
    const { name = '', uid } = replica.metadata;
    const from = sources.get(name);
    if (from !== undefined && replica.metadata.labels?.[labels.replicatedFrom] === shortenLabel(name)) continue;
    await ifThere(() => client.delete(kind, keyOf(replica), { preconditions: { uid } }));
    known.delete(name);
    log.info({ kind: kind.kind, namespace, name }, 'a copy of something shared was removed');
  }
  for (const [name, from] of sources) {
    const replica = known.get(name);
    if (replica !== undefined && isCurrent(replica, from)) continue;
    const wanted = replicaOf(from, namespace, timestamp(clock.now()));
    // Types and immutable objects cannot be changed: a changed copy takes the place of the old one.
    if (replica !== undefined)
      await ifThere(() => client.delete(kind, keyOf(replica), { preconditions: { uid: replica.metadata.uid } }));
    try {
      await client.create(kind, wanted);
      log.info({ kind: kind.kind, namespace, name }, 'something shared was copied');
    } catch (error) {
      // Somebody has one of that name: theirs counts.
      if (!isReason(error, 'AlreadyExists')) throw error;
    }
  }
}

async function ifThere(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!isReason(error, 'NotFound', 'Conflict')) throw error;
  }
}
