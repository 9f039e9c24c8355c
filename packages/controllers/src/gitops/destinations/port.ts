/** Where an Application's objects go. */
import type { Application, Kind, KubeObject, Workload } from '@kargo/api';
import type { Comparison } from '../compare.ts';
import type { ObjectHealth } from '../health/health.ts';
import type { Manifest } from '../manifest.ts';

/** What became of one object. */
export interface ApplyResult {
  status: 'Synced' | 'SyncFailed' | 'Pruned' | 'PruneSkipped';
  message: string;
}

/** It has to go before it can be made anew, and goes slowly: whoever applies it once more when it is gone makes it. */
export interface Going {
  status: 'Going';
  message: string;
}

export interface ApplyOptions {
  /** Nothing is kept. */
  dryRun: boolean;
  /** The live object becomes exactly what is desired, instead of being changed to it. */
  replace?: boolean | undefined;
  /** What cannot be changed is deleted and made anew; with `replace`, everything is. */
  force?: boolean | undefined;
  /** Whether fields that the kind does not know are refused. Default true. */
  validate?: boolean | undefined;
  signal: AbortSignal;
}

export interface PruneOptions {
  /** What happens to what the object owns. Default `Foreground`. */
  propagation?: 'Foreground' | 'Background' | 'Orphan' | undefined;
  signal: AbortSignal;
}

/** An object that is there. */
export interface LiveObject {
  kind: Kind<Workload>;
  object: Workload;
}

/**
 * One place to which Applications are deployed. Failures that say nothing about an object itself (the place is out of reach, somebody
 * else changed it in the same moment) are thrown; what is refused comes back as a result.
 */
export interface Destination {
  /** For messages: `https://10.0.0.1:6443`, `dir://production`. */
  readonly title: string;
  /** Workloads are imitated there. */
  readonly simulated: boolean;
  /** Whether hooks can be run there at all. */
  readonly runsHooks: boolean;
  /** The kind of an object; undefined if the place does not serve it. */
  kindOf(object: Pick<KubeObject, 'apiVersion' | 'kind'>, signal: AbortSignal): Promise<Kind<Workload> | undefined>;
  /**
   * The live objects with the tracking id of `app`, and those with the names of `manifests` that nobody tracks. What was deployed before
   * (`app.status.resources`) is found as well.
   */
  live(app: Application, id: string, manifests: readonly Manifest[], signal: AbortSignal): Promise<LiveObject[]>;
  /** Desired objects that live with the tracking id of another Application. */
  sharedWith(id: string, manifests: readonly Manifest[]): { object: string; owner: string }[];
  /**
   * What objects that are live would be once applied, by their names as `describeObject` has them, where the place itself can tell. Where it
   * cannot, fields are compared.
   */
  predicted(
    pairs: readonly { manifest: Manifest; live: Workload }[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Workload>>;
  /** The live object of that name, if there is one. */
  find(manifest: Pick<Manifest, 'kind'> & { object: KubeObject }, signal: AbortSignal): Promise<Workload | undefined>;
  /** Creates or updates one object. `Going` only with `force`, where it is live. */
  apply(comparison: Comparison, options: ApplyOptions): Promise<ApplyResult | Going>;
  /** Deletes an object that is no longer desired. One that is gone is fine. */
  prune(comparison: Comparison, options: PruneOptions): Promise<ApplyResult>;
  /** Makes the namespaces that the sync options of an Application, or the nature of the place, ask for. */
  ensureNamespaces(app: Application, manifests: readonly Manifest[], options: NamespaceOptions): Promise<void>;
  /** The health of one object; nothing if its kind has none there. */
  healthOf(object: Workload): ObjectHealth | undefined;
}

export interface NamespaceOptions {
  /** The sync option `CreateNamespace=true` is set. */
  create: boolean;
  signal: AbortSignal;
}
