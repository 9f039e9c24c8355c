/** The simulated destination: objects live in the embedded API, and workloads move by themselves on the clock. */
import { allKinds, isReason, isUnavailable, Namespace, type Application, type Json, type Kind, type Workload } from '@kargo/api';
import { clone, createMergePatch, type Cache, type Client } from '@kargo/kube';
import type { Comparison } from './compare.ts';
import { withLastApplied, withoutForgotten } from './last-applied.ts';
import { describeObject, TRACKING_ANNOTATION, type Manifest } from './manifest.ts';

const IN_CLUSTER_SERVER = 'https://kubernetes.default.svc';
const IN_CLUSTER_NAME = 'in-cluster';

/** Why an Application's destination cannot be used, or nothing. */
export function destinationProblem({ spec }: Application): string | undefined {
  const { server, name } = spec.destination;
  if (server !== undefined && server !== '' && name !== undefined && name !== '')
    return "application destination can't have both name and server defined";
  if ((server ?? '') === '' && (name ?? '') === '') return 'Destination server missing from app spec';
  if (server === IN_CLUSTER_SERVER || name === IN_CLUSTER_NAME) return undefined;
  return `there is no destination ${server ?? name}: the embedded GitOps agent has only the simulated ${IN_CLUSTER_NAME} (${IN_CLUSTER_SERVER})`;
}

/** Kinds of objects that an Application may own in the simulated destination. */
const destinationKinds: readonly Kind<Workload>[] = allKinds.filter(
  ({ kind }) => kind !== 'Event' && kind !== 'Lease',
) as Kind<Workload>[];

/** The live objects that carry the tracking id of `app`. */
export function liveObjects(cache: Cache, app: string): { kind: Kind<Workload>; object: Workload }[] {
  return destinationKinds.flatMap((kind) => cache.byIndex(kind, TRACKING_INDEX, app).map((object) => ({ kind, object })));
}

/** Desired objects that live with the tracking id of another Application. */
export function sharedWith(cache: Cache, app: string, manifests: readonly Manifest[]): { object: string; owner: string }[] {
  return manifests.flatMap(({ kind, object }) => {
    const live = cache.get(kind, { namespace: object.metadata.namespace, name: object.metadata.name ?? '' });
    const [owner] = live === undefined ? [] : trackedBy(live);
    return owner === undefined || owner === app ? [] : [{ object: describeObject(object), owner }];
  });
}

/** Index that files objects under the Application whose tracking id they carry. */
export const TRACKING_INDEX = 'gitops-app';

/** Name of the Application a tracking id belongs to. */
export function trackedBy(object: Workload): readonly string[] {
  const id = object.metadata.annotations?.[TRACKING_ANNOTATION];
  return id === undefined ? [] : [id.slice(0, Math.max(0, id.indexOf(':')))];
}

/** The indexes the agent needs. */
export const trackingIndexes = destinationKinds.map((kind) => ({ kind, name: TRACKING_INDEX, keys: trackedBy }));

export interface ApplyResult {
  status: 'Synced' | 'SyncFailed' | 'Pruned' | 'PruneSkipped';
  message: string;
}

/**
 * Creates or updates one object: fields that the live object alone has survive, unless they were applied last and are no longer wanted.
 * With `dryRun` nothing is kept.
 */
export async function applyObject(
  client: Client,
  { kind, target, live }: Comparison,
  options: { dryRun: boolean; signal: AbortSignal },
): Promise<ApplyResult> {
  if (target === undefined) throw new Error('nothing to apply');
  const label = `${kind.kind.toLowerCase()}/${target.metadata.name ?? ''}`;
  try {
    const known = live ?? (await createObject(client, kind, target, options));
    if (known === undefined) return { status: 'Synced', message: `${label} created` };
    const { status: _status, ...wanted } = withLastApplied(target);
    const merged = merge(withoutForgotten(known, target) as unknown as Json, wanted as unknown as Json) as unknown as Workload;
    const patch = createMergePatch(known, merged);
    if (patch === undefined) return { status: 'Synced', message: `${label} unchanged` };
    await client.patch(
      kind,
      { namespace: target.metadata.namespace, name: target.metadata.name ?? '' },
      { type: 'merge', body: patch },
      options,
    );
    return { status: 'Synced', message: `${label} configured` };
  } catch (error) {
    // What says nothing about the object itself is tried again with the whole operation.
    if (options.signal.aborted || isUnavailable(error) || isReason(error, 'Conflict', 'NotFound')) throw error;
    return { status: 'SyncFailed', message: error instanceof Error ? error.message : String(error) };
  }
}

/** Creates an object. Returns the one that is there already, which an earlier, interrupted try may have made: then it is not created. */
async function createObject(
  client: Client,
  kind: Kind<Workload>,
  target: Workload,
  options: { dryRun: boolean; signal: AbortSignal },
): Promise<Workload | undefined> {
  try {
    await client.create(kind, clone(withLastApplied(target)), options);
    return undefined;
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
    return client.get(
      kind,
      { namespace: target.metadata.namespace, name: target.metadata.name ?? '' },
      { signal: options.signal },
    );
  }
}

/** `wanted` laid over `live`: maps merge, everything else is replaced. */
function merge(live: Json | undefined, wanted: Json): Json {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return wanted;
  const base = typeof live === 'object' && live !== null && !Array.isArray(live) ? live : {};
  return { ...base, ...Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, merge(base[key], value)])) };
}

/** Deletes an object that is no longer desired. */
export async function pruneObject(client: Client, { kind, live }: Comparison, signal: AbortSignal): Promise<ApplyResult> {
  try {
    await client.delete(
      kind,
      { namespace: live?.metadata.namespace, name: live?.metadata.name ?? '' },
      { propagationPolicy: 'Background', signal },
    );
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
  return { status: 'Pruned', message: 'pruned' };
}

/** Makes the namespaces of objects that are about to be applied: the simulated destination has whatever namespace is asked for. */
export async function ensureNamespaces(client: Client, manifests: readonly Manifest[], signal: AbortSignal): Promise<void> {
  for (const name of new Set(manifests.flatMap(({ object }) => object.metadata.namespace ?? []))) {
    try {
      await client.get(Namespace, { name }, { signal });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      try {
        await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { signal });
      } catch (cause) {
        if (!isReason(cause, 'AlreadyExists')) throw cause;
      }
    }
  }
}
