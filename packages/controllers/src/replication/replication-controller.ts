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

/** Secrets are not watched: what is new or changed reaches Projects within this many milliseconds. */
const LOOK_EVERY = 60_000;

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
    reconciler: { reconcile: ({ name }, context) => reconcile(deps, name, context) },
  };
}

async function reconcile(deps: ReplicationDeps, project: string, { log, signal }: ReconcileContext): Promise<Result> {
  const { cache, clock, sharedNamespace } = deps;
  const namespace = cache.get(Namespace, { name: project });
  if (cache.get(Project, { name: project }) === undefined || sharedNamespace === '' || sharedNamespace === project)
    return settled;
  // Without its namespace there is nowhere to copy to; that it comes is an event.
  if (namespace === undefined || !isProjectNamespace(namespace) || namespace.metadata.deletionTimestamp !== undefined)
    return settled;
  for (const kind of [Secret, ConfigMap] as Kind<Replicable>[]) {
    signal.throwIfAborted();
    await replicate(deps, kind, project, log);
  }
  return waiting(
    'Replicated',
    'what is shared was copied',
    { kind: 'poll', at: clock.now() + LOOK_EVERY, why: 'what is shared may have changed' },
    { kind: 'event', on: 'the Project or its namespace is made anew' },
  );
}

async function replicate(
  { client, clock, sharedNamespace }: ReplicationDeps,
  kind: Kind<Replicable>,
  namespace: string,
  log: Log,
): Promise<void> {
  const { items: shared } = await client.list(kind, { namespace: sharedNamespace });
  const { items: replicas } = await client.list(kind, { namespace, labelSelector: labels.replicatedFrom });
  const known = new Map(replicas.map((replica) => [replica.metadata.name ?? '', replica]));
  const sources = new Map(shared.filter(isToReplicate).map((each) => [each.metadata.name ?? '', each]));
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
