/** A cluster that is reached with a kubeconfig: objects are really applied there, and nothing is imitated. */
import {
  apiVersionOf,
  ApiError,
  isReason,
  isUnavailable,
  keyOf,
  Namespace,
  sha256Hex,
  type Application,
  type Kind,
  type KubeObject,
  type ObjectKey,
  type Workload,
} from '@kargo/api';
import { clone, equal, type Client, type Clock, type KindDiscovery } from '@kargo/kube';
import { withoutNoise, type Comparison } from '../compare.ts';
import { healthOf } from '../health/health.ts';
import { describeObject, type Manifest } from '../manifest.ts';
import type { ApplyOptions, ApplyResult, Destination, Going, LiveObject, NamespaceOptions, PruneOptions } from './port.ts';
import { deleteObject, findObject } from './simulated.ts';
import { trackedBy } from './tracking.ts';
import type { TrackedObjects } from './tracked-objects.ts';

export interface ClusterDestinationOptions {
  /** For messages: name and address. */
  title: string;
  client: Client;
  discovery: Pick<KindDiscovery, 'kindOf'>;
  objects: TrackedObjects;
  clock: Clock;
}

const FIELD_MANAGER = 'kargo-gitops';
/** Dry runs at a time. */
const AT_ONCE = 8;
/** What dry runs found that is remembered. */
const REMEMBERED = 5000;
/** How long a cluster that has answered is taken to be there, in milliseconds. */
const ANSWERS_BELIEVED = 60_000;
/** How long what was written is believed over what is seen, in milliseconds. */
const WRITES_BELIEVED = 60_000;

/** What an object became by a write that is not seen yet. */
interface Written {
  object: Workload | undefined;
  /** Version of the object before. */
  before: string | undefined;
  until: number;
}

export class ClusterDestination implements Destination {
  readonly title: string;
  readonly simulated = false;
  readonly runsHooks = true;
  readonly #options: ClusterDestinationOptions;
  /** Results of dry runs by a hash of object, version and what was asked for; nothing if it would change nothing. Oldest first. */
  readonly #predictions = new Map<string, Workload | undefined>();
  /** By object, what was written last at the end. */
  readonly #written = new Map<string, Written>();
  /** When it answered last, as far as was looked. */
  #answeredAt = -Infinity;

  constructor(options: ClusterDestinationOptions) {
    this.#options = options;
    this.title = options.title;
  }

  kindOf(
    { apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>,
    signal: AbortSignal,
  ): Promise<Kind<Workload> | undefined> {
    return this.#options.discovery.kindOf(apiVersion, kind, { signal });
  }

  async live(app: Application, id: string, manifests: readonly Manifest[], signal: AbortSignal): Promise<LiveObject[]> {
    const { objects } = this.#options;
    const kinds = await this.#kindsOf(app, manifests, signal);
    for (const kind of kinds) await objects.follow(kind, signal);
    await this.#probe(kinds, signal);
    const found = new Map<string, LiveObject>();
    for (const kind of kinds)
      for (const seen of objects.of(kind, id)) {
        const object = this.#newest(kind, keyOf(seen), seen);
        if (object !== undefined) found.set(describeObject(seen), { kind, object });
      }
    for (const { kind, object: target } of manifests) {
      const name = describeObject(target);
      if (found.has(name)) continue;
      const seen = objects.get(kind, keyOf(target));
      const known = this.#newest(kind, keyOf(target), seen);
      const owners = known === undefined ? [] : trackedBy(known);
      // Of what nobody tracks, only the name was kept; what another Application tracks is its own.
      if (known === undefined || (owners.length > 0 && !owners.includes(id))) continue;
      const object = owners.length > 0 ? known : await findObject(this.#options.client, kind, target, signal);
      if (object !== undefined) found.set(name, { kind, object });
    }
    return [...found.values()];
  }

  sharedWith(id: string, manifests: readonly Manifest[]): { object: string; owner: string }[] {
    return manifests.flatMap(({ kind, object }) => {
      const live = this.#options.objects.get(kind, keyOf(object));
      const [owner] = live === undefined ? [] : trackedBy(live);
      return owner === undefined || owner === id ? [] : [{ object: describeObject(object), owner }];
    });
  }

  async predicted(
    pairs: readonly { manifest: Manifest; live: Workload }[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Workload>> {
    const out = new Map<string, Workload>();
    for (let at = 0; at < pairs.length; at += AT_ONCE)
      await Promise.all(
        pairs.slice(at, at + AT_ONCE).map(async ({ manifest, live }) => {
          const predicted = await this.#predict(manifest, live, signal);
          if (predicted !== undefined) out.set(describeObject(manifest.object), predicted);
        }),
      );
    return out;
  }

  find({ kind, object }: Manifest, signal: AbortSignal): Promise<Workload | undefined> {
    return findObject(this.#options.client, kind, object, signal);
  }

  async apply({ kind, target, live }: Comparison, options: ApplyOptions): Promise<ApplyResult | Going> {
    if (target === undefined) throw new Error('programmer error: there is nothing to apply');
    const label = `${kind.kind.toLowerCase()}/${target.metadata.name ?? ''}`;
    try {
      const applied = await this.#writeOrRemake(kind, target, live, options);
      if (applied === undefined) return { status: 'Going', message: `${label} is being deleted, to be made anew` };
      if (!options.dryRun) this.#remember(kind, keyOf(target), applied, live?.metadata.resourceVersion);
      const unchanged = live !== undefined && applied.metadata.resourceVersion === live.metadata.resourceVersion;
      return { status: 'Synced', message: `${label} ${live === undefined ? 'created' : unchanged ? 'unchanged' : 'configured'}` };
    } catch (error) {
      // What says nothing about the object itself is tried again with the whole operation.
      if (options.signal.aborted || isUnavailable(error) || !(error instanceof ApiError)) throw error;
      // A kind that has just been defined may not be served yet; a namespace does not come by itself.
      if (isReason(error, 'NotFound') && (options.dryRun || error.details?.kind !== 'namespaces')) throw error;
      return { status: 'SyncFailed', message: error.message };
    }
  }

  async prune({ kind, live }: Comparison, { propagation = 'Foreground', signal }: PruneOptions): Promise<ApplyResult> {
    if (live === undefined) throw new Error('programmer error: there is nothing to prune');
    await this.#delete(kind, live, { propagation, signal });
    return { status: 'Pruned', message: 'pruned' };
  }

  /** Deletes an object. Returns what is left of it. */
  async #delete(
    kind: Kind<Workload>,
    live: Workload,
    options: { propagation: NonNullable<PruneOptions['propagation']>; signal: AbortSignal },
  ): Promise<Workload | undefined> {
    const left = await deleteObject(this.#options.client, kind, live, options);
    this.#remember(kind, keyOf(live), left, live.metadata.resourceVersion);
    return left;
  }

  async ensureNamespaces(app: Application, _manifests: readonly Manifest[], { create, signal }: NamespaceOptions): Promise<void> {
    const name = app.spec.destination.namespace ?? '';
    if (!create || name === '') return;
    const { labels, annotations } =
      (app.spec.syncPolicy as { managedNamespaceMetadata?: NamespaceMetadata } | undefined)?.managedNamespaceMetadata ?? {};
    const { client } = this.#options;
    const namespace: Namespace = {
      apiVersion: apiVersionOf(Namespace),
      kind: Namespace.kind,
      metadata: { name, ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) },
    };
    const options = { fieldManager: FIELD_MANAGER, force: true, signal };
    const there = await findObject(client, Namespace as unknown as Kind<Workload>, namespace, signal);
    if (there !== undefined && labels === undefined && annotations === undefined) return;
    await client.patch(Namespace, { name }, { type: 'apply', body: namespace }, options);
  }

  healthOf(object: Workload): ReturnType<Destination['healthOf']> {
    return healthOf(object);
  }

  /** What is followed says nothing of a cluster that has gone: now and then it is asked. */
  async #probe([kind]: readonly Kind<Workload>[], signal: AbortSignal): Promise<void> {
    const now = this.#options.clock.now();
    if (kind === undefined || now < this.#answeredAt + ANSWERS_BELIEVED) return;
    await this.#options.client.list(kind, { limit: 1, signal });
    this.#answeredAt = now;
  }

  /** The kinds of what is desired, and of what was deployed before. */
  async #kindsOf(app: Application, manifests: readonly Manifest[], signal: AbortSignal): Promise<Kind<Workload>[]> {
    const found = new Map<string, Kind<Workload>>();
    const add = (kind: Kind<Workload>): void => void found.set(`${kind.group}/${kind.kind}`, kind);
    for (const { group = '', version = '', kind = '' } of (app.status?.resources ?? []) as Partial<Record<string, string>>[]) {
      if (found.has(`${group}/${kind}`)) continue;
      const served = await this.kindOf({ apiVersion: apiVersionOf({ group, version }), kind }, signal);
      if (served !== undefined) add(served);
    }
    for (const { kind, object } of manifests) {
      // What is defined by the manifests themselves need not be there yet.
      if ((await this.kindOf(object, signal)) !== undefined) add(kind);
    }
    return [...found.values()];
  }

  /** What an object has become; nothing if it has to go first, and has not gone yet. */
  async #writeOrRemake(
    kind: Kind<Workload>,
    target: Workload,
    live: Workload | undefined,
    options: ApplyOptions,
  ): Promise<Workload | undefined> {
    const { force, replace, dryRun, signal } = options;
    if (force !== true || live === undefined) return this.#write(kind, target, live, options);
    const remake = async (): Promise<Workload | undefined> => {
      if ((await this.#delete(kind, live, { propagation: 'Background', signal })) !== undefined) return undefined;
      return this.#options.client.create(kind, ...writeOf(target, options));
    };
    if (replace === true && !dryRun) return remake();
    try {
      return await this.#write(kind, target, live, options);
    } catch (error) {
      if (!isReason(error, 'Invalid', 'Conflict')) throw error;
      // That it can be made anew cannot be tried while it is there.
      return dryRun ? live : remake();
    }
  }

  async #write(kind: Kind<Workload>, target: Workload, live: Workload | undefined, options: ApplyOptions): Promise<Workload> {
    const { client } = this.#options;
    const [desired, write] = writeOf(target, options);
    if (options.replace !== true)
      return client.patch(kind, keyOf(target), { type: 'apply', body: desired }, { ...write, force: true });
    const known = live ?? (await findObject(client, kind, target, options.signal));
    if (known === undefined) return client.create(kind, desired, write);
    const { resourceVersion } = known.metadata;
    return client.update(kind, { ...desired, metadata: { ...desired.metadata, resourceVersion } }, write);
  }

  async #predict({ kind, object }: Manifest, live: Workload, signal: AbortSignal): Promise<Workload | undefined> {
    const { uid, resourceVersion } = live.metadata;
    const key = sha256Hex(JSON.stringify([describeObject(object), uid, resourceVersion, object]));
    if (this.#predictions.has(key)) return this.#predictions.get(key) ?? live;
    let predicted: Workload;
    try {
      predicted = await this.#write(kind, object, live, { dryRun: true, validate: false, signal });
    } catch (error) {
      if (signal.aborted || isUnavailable(error)) throw error;
      // The sync will say what is wrong with it; until then, fields are compared.
      return undefined;
    }
    const same = equal(withoutNoise(predicted), withoutNoise(live));
    this.#predictions.set(key, same ? undefined : predicted);
    for (const oldest of this.#predictions.keys()) {
      if (this.#predictions.size <= REMEMBERED) break;
      this.#predictions.delete(oldest);
    }
    return same ? live : predicted;
  }

  #remember(kind: Kind<Workload>, key: ObjectKey, object: Workload | undefined, before: string | undefined): void {
    const now = this.#options.clock.now();
    // Of what was deleted, or belongs to an Application that is gone, nobody asks again.
    for (const [oldest, { until }] of this.#written) {
      if (until > now) break;
      this.#written.delete(oldest);
    }
    const id = writtenKey(kind, key);
    this.#written.delete(id);
    this.#written.set(id, { object, before, until: now + WRITES_BELIEVED });
  }

  /** What was written, until it or something later is seen. */
  #newest(kind: Kind<Workload>, key: ObjectKey, seen: Workload | undefined): Workload | undefined {
    const id = writtenKey(kind, key);
    const written = this.#written.get(id);
    if (written === undefined) return seen;
    const isOld = seen?.metadata.resourceVersion === written.before;
    if (isOld && this.#options.clock.now() < written.until) return written.object;
    this.#written.delete(id);
    return seen;
  }
}

/** What is written, and how. */
function writeOf(
  target: Workload,
  { dryRun, validate, signal }: ApplyOptions,
): [
  desired: Workload,
  options: { fieldManager: string; dryRun: boolean; fieldValidation: 'Ignore' | 'Strict'; signal: AbortSignal },
] {
  const { status: _, ...desired } = clone(target);
  return [desired, { fieldManager: FIELD_MANAGER, dryRun, fieldValidation: validate === false ? 'Ignore' : 'Strict', signal }];
}

interface NamespaceMetadata {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

function writtenKey(kind: Kind<Workload>, { namespace = '', name }: ObjectKey): string {
  return `${kind.group}/${kind.plural}/${namespace}/${name}`;
}
