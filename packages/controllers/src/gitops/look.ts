import { isUnavailable, type Application } from '@kargo/api';
import type { Cache } from '@kargo/kube';
import { compare, type Comparison } from './compare.ts';
import { destinationProblem, liveObjects, sharedWith } from './destination.ts';
import { ignoredFields } from './ignore-differences.ts';
import { normalizeManifests, type Manifest } from './manifest.ts';
import type { ManifestRenderer } from './renderer.ts';
import { sourcesOf } from './source.ts';

/** What a look at the desired and the live state found. */
export interface Picture {
  revisions: string[];
  manifests: Manifest[];
  comparisons: Comparison[];
  /** Objects that were rendered more than once. */
  repeated: string[];
  /** Objects that another Application has as well, with its name. */
  shared: { object: string; owner: string }[];
  error?: { type: 'ComparisonError' | 'InvalidSpecError'; message: string } | undefined;
  /** The error is of reaching the repository, and may pass. */
  transient?: boolean | undefined;
}

export interface LookDeps {
  cache: Cache;
  renderer: Pick<ManifestRenderer, 'resolve' | 'render'>;
  /** Namespace whose Applications are tracked by name alone. */
  argoCDNamespace: string;
}

export interface LookOptions {
  /** Commits of the sources, if they are known; none resolves them. */
  revisions: string[];
  /** Renders anew what was rendered before. */
  hard: boolean;
  signal: AbortSignal;
}

/** Resolves (unless revisions are given), renders and compares. What fails comes back as an error, not as an exception. */
export async function lookAt(
  app: Application,
  { cache, renderer, argoCDNamespace }: LookDeps,
  options: LookOptions,
): Promise<Picture> {
  const empty: Picture = { revisions: options.revisions, manifests: [], comparisons: [], repeated: [], shared: [] };
  const problem =
    sourcesOf(app).length === 0 ? 'application has no source: give it spec.source or spec.sources' : destinationProblem(app);
  if (problem !== undefined) return { ...empty, error: { type: 'InvalidSpecError', message: problem } };
  try {
    const revisions = options.revisions.length > 0 ? options.revisions : await renderer.resolve(app, options.signal);
    const objects = await renderer.render(app, revisions, { hard: options.hard, signal: options.signal });
    const id = trackingName(app, argoCDNamespace);
    const { manifests, repeated, unknown } = normalizeManifests(objects, {
      app: id,
      namespace: app.spec.destination.namespace ?? 'default',
    });
    if (unknown.length > 0) throw new Error(`the simulated destination does not serve ${[...new Set(unknown)].join(', ')}`);
    const comparisons = compare(manifests, liveObjects(cache, id), ignoredFields(app));
    return { revisions, manifests, repeated, comparisons, shared: sharedWith(cache, id, manifests) };
  } catch (error) {
    if (options.signal.aborted || isUnavailable(error)) throw error;
    const message = `Failed to load target state: ${error instanceof Error ? error.message : String(error)}`;
    const transient = (error as { transient?: unknown }).transient === true;
    return { ...empty, error: { type: 'ComparisonError', message }, transient };
  }
}

/** How an Application is named in tracking ids. */
export function trackingName({ metadata }: Application, argoCDNamespace: string): string {
  return metadata.namespace === argoCDNamespace ? (metadata.name ?? '') : `${metadata.namespace}_${metadata.name}`;
}
