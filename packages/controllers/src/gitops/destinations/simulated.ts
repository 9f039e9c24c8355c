/** The simulated destination: objects live in the embedded API, and workloads move by themselves on the clock. */
import {
  allKinds,
  apiVersionOf,
  CustomResourceDefinition,
  isReason,
  isUnavailable,
  Namespace,
  type Application,
  type Json,
  type Kind,
  type KubeObject,
  type Workload,
} from '@kargo/api';
import { clone, createMergePatch, type Cache, type Client } from '@kargo/kube';
import type { Comparison } from '../compare.ts';
import { healthOf } from '../health/health.ts';
import { withLastApplied, withoutForgotten } from '../last-applied.ts';
import { definedKind, describeObject, kindOfObject, type Manifest } from '../manifest.ts';
import { TRACKING_INDEX, trackedBy } from './tracking.ts';
import type { ApplyOptions, ApplyResult, Destination, Going, LiveObject, PruneOptions } from './port.ts';

/** Kinds of objects that an Application may own in the simulated destination. */
const destinationKinds: readonly Kind<Workload>[] = allKinds.filter(
  ({ kind }) => kind !== 'Event' && kind !== 'Lease',
) as Kind<Workload>[];

/** The live objects that carry the tracking id of `app`. */
function liveObjects(cache: Cache, app: string): LiveObject[] {
  return destinationKinds.flatMap((kind) => cache.byIndex(kind, TRACKING_INDEX, app).map((object) => ({ kind, object })));
}

/** Desired objects that live with the tracking id of another Application. */
function sharedWith(cache: Cache, app: string, manifests: readonly Manifest[]): { object: string; owner: string }[] {
  return manifests.flatMap(({ kind, object }) => {
    if (!destinationKinds.includes(kind)) return [];
    const live = cache.get(kind, { namespace: object.metadata.namespace, name: object.metadata.name ?? '' });
    const [owner] = live === undefined ? [] : trackedBy(live);
    return owner === undefined || owner === app ? [] : [{ object: describeObject(object), owner }];
  });
}

/** The simulated destination: objects of the embedded API, seen through the cache of the agent. */
export function simulatedDestination({ client, cache }: { client: Client; cache: Cache }): Destination {
  return {
    title: 'the simulated destination',
    simulated: true,
    runsHooks: true,
    kindOf: (object) => Promise.resolve(kindOfObject(object) ?? definedKind(object, cache.list(CustomResourceDefinition))),
    live: async (app, id, manifests, signal) => [
      ...liveObjects(cache, id),
      ...(await liveCustomObjects({ client, cache }, app, id, manifests, signal)),
    ],
    sharedWith: (id, manifests) => sharedWith(cache, id, manifests),
    predicted: () => Promise.resolve(new Map()),
    find: ({ kind, object }, signal) => findObject(client, kind, object, signal),
    apply: (comparison, options) => applyObject(client, comparison, options),
    prune: (comparison, options) => pruneObject(client, comparison, options),
    // Whatever namespace is asked for is there.
    ensureNamespaces: (_app, manifests, { signal }) => ensureNamespaces(client, manifests, signal),
    healthOf,
  };
}

/** Live objects of kinds that others have defined: nothing follows those, so they are asked for one by one. */
async function liveCustomObjects(
  { client, cache }: { client: Client; cache: Cache },
  app: Application,
  id: string,
  manifests: readonly Manifest[],
  signal: AbortSignal,
): Promise<LiveObject[]> {
  const wanted = new Map<string, { kind: Kind<Workload>; object: KubeObject }>();
  for (const { kind, object } of manifests)
    if (!destinationKinds.includes(kind)) wanted.set(describeObject(object), { kind, object });
  for (const { group = '', version = '', kind = '', namespace, name } of (app.status?.resources ?? []) as Partial<
    Record<string, string>
  >[]) {
    const object = {
      apiVersion: apiVersionOf({ group, version }),
      kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    } as KubeObject;
    const served = kindOfObject(object) === undefined ? definedKind(object, cache.list(CustomResourceDefinition)) : undefined;
    if (served !== undefined && !wanted.has(describeObject(object))) wanted.set(describeObject(object), { kind: served, object });
  }
  const out: LiveObject[] = [];
  for (const { kind, object } of wanted.values()) {
    const live = await findObject(client, kind, object, signal);
    if (live !== undefined && trackedBy(live).includes(id)) out.push({ kind, object: live });
  }
  return out;
}

/** The live object of that name, if there is one. */
export async function findObject(
  client: Client,
  kind: Kind<Workload>,
  { metadata }: KubeObject,
  signal: AbortSignal,
): Promise<Workload | undefined> {
  try {
    return await client.get(kind, { namespace: metadata.namespace, name: metadata.name ?? '' }, { signal });
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** The indexes the agent needs. */
export const trackingIndexes = destinationKinds.map((kind) => ({ kind, name: TRACKING_INDEX, keys: trackedBy }));

/**
 * Creates or updates one object: fields that the live object alone has survive, unless they were applied last and are no longer wanted.
 * With `dryRun` nothing is kept.
 */
export async function applyObject(
  client: Client,
  { kind, target, live }: Comparison,
  options: ApplyOptions,
): Promise<ApplyResult | Going> {
  if (target === undefined) throw new Error('nothing to apply');
  const label = `${kind.kind.toLowerCase()}/${target.metadata.name ?? ''}`;
  try {
    const write = { dryRun: options.dryRun, signal: options.signal };
    const known = live ?? (await createObject(client, kind, target, write));
    if (known === undefined) return { status: 'Synced', message: `${label} created` };
    const { force, replace, dryRun } = options;
    if (force === true && replace === true && !dryRun) return await remakeObject(client, kind, target, options);
    if (replace === true) {
      const { resourceVersion: _, ...metadata } = target.metadata;
      await client.update(kind, { ...clone(target), metadata, status: known.status } as Workload, write);
      return { status: 'Synced', message: `${label} replaced` };
    }
    const { status: _status, ...wanted } = withLastApplied(target);
    const merged = merge(withoutForgotten(known, target) as unknown as Json, wanted as unknown as Json) as unknown as Workload;
    const patch = createMergePatch(known, merged);
    if (patch === undefined) return { status: 'Synced', message: `${label} unchanged` };
    await client.patch(
      kind,
      { namespace: target.metadata.namespace, name: target.metadata.name ?? '' },
      { type: 'merge', body: patch },
      write,
    );
    return { status: 'Synced', message: `${label} configured` };
  } catch (error) {
    // What says nothing about the object itself is tried again with the whole operation.
    if (options.signal.aborted || isUnavailable(error) || isReason(error, 'Conflict', 'NotFound')) throw error;
    if (options.force === true && live !== undefined && isReason(error, 'Invalid'))
      return remakeObject(client, kind, target, options);
    return { status: 'SyncFailed', message: error instanceof Error ? error.message : String(error) };
  }
}

/** Deletes an object and makes it anew, if it has gone by then. */
async function remakeObject(
  client: Client,
  kind: Kind<Workload>,
  target: Workload,
  { dryRun, signal }: ApplyOptions,
): Promise<ApplyResult | Going> {
  const label = `${kind.kind.toLowerCase()}/${target.metadata.name ?? ''}`;
  // That it can be made anew cannot be tried while it is there.
  if (dryRun) return { status: 'Synced', message: `${label} would be deleted and made anew` };
  const left = await deleteObject(client, kind, target, { propagation: 'Background', signal });
  if (left !== undefined) return { status: 'Going', message: `${label} is being deleted, to be made anew` };
  await client.create(kind, clone(withLastApplied(target)), { signal });
  return { status: 'Synced', message: `${label} deleted and made anew` };
}

/** Deletes an object; one that is gone is fine. Returns what is left: what has finalizers goes when others let it. */
export async function deleteObject(
  client: Client,
  kind: Kind<Workload>,
  object: KubeObject,
  { propagation, signal }: { propagation: NonNullable<PruneOptions['propagation']>; signal: AbortSignal },
): Promise<Workload | undefined> {
  const key = { namespace: object.metadata.namespace, name: object.metadata.name ?? '' };
  try {
    await client.delete(kind, key, { propagationPolicy: propagation, signal });
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    return undefined;
  }
  return findObject(client, kind, object, signal);
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
export async function pruneObject(
  client: Client,
  { kind, live }: Comparison,
  { propagation, signal }: PruneOptions,
): Promise<ApplyResult> {
  try {
    await client.delete(
      kind,
      { namespace: live?.metadata.namespace, name: live?.metadata.name ?? '' },
      { propagationPolicy: propagation ?? 'Background', signal },
    );
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
  return { status: 'Pruned', message: 'pruned' };
}

/** Makes the namespaces of objects that are about to be applied. */
async function ensureNamespaces(client: Client, manifests: readonly Manifest[], signal: AbortSignal): Promise<void> {
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
