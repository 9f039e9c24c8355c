import { isUnavailable, type Application, type AppProject, type KubeObject } from '@kargo/api';
import type { Cache } from '@kargo/kube';
import { compare, type Comparison } from './compare.ts';
import type { Destinations } from './destinations/destinations.ts';
import type { Destination } from './destinations/port.ts';
import { ignoredFields } from './ignore-differences.ts';
import { describeObject, normalizeManifests, type Manifest } from './manifest.ts';
import { objectProblem, openProblem, projectOf, projectProblem, type Place } from './project/permissions.ts';
import { syncWindows, type SyncWindows } from './project/sync-windows.ts';
import type { ManifestRenderer, Rendered } from './rendering/renderer.ts';
import { sourcesOf } from './source.ts';
import { hasSyncOption } from './sync/options.ts';

/** What a look at the desired and the live state found. */
export interface Picture {
  revisions: string[];
  manifests: Manifest[];
  comparisons: Comparison[];
  /** Objects that were rendered more than once. */
  repeated: string[];
  /** Objects that another Application has as well, with its name. */
  shared: { object: string; owner: string }[];
  /** Objects that the project does not permit, and why. */
  forbidden: { object: string; why: string }[];
  /** Tools that rendered the sources. */
  sourceTypes: string[];
  /** Where everything goes; absent if that is what is wrong. */
  destination?: Destination | undefined;
  /** When the project lets the Application be synced. */
  windows: SyncWindows;
  error?: { type: 'ComparisonError' | 'InvalidSpecError'; message: string } | undefined;
  /** The error is of reaching the repository or the cluster, and may pass. */
  transient?: boolean | undefined;
}

export interface LookDeps {
  cache: Cache;
  destinations: Pick<Destinations, 'of'>;
  renderer: Pick<ManifestRenderer, 'resolve' | 'render' | 'differs'>;
  /** Namespace whose Applications are tracked by name alone, and in which projects are. */
  argoCDNamespace: string;
  /** Whether the API serves projects. Default true. */
  hasProjects?: boolean | undefined;
}

export interface LookOptions {
  /** Commits and chart versions of the sources, if they are known; none resolves them. */
  revisions: string[];
  /** Renders anew what was rendered before. */
  hard: boolean;
  /** Epoch milliseconds. */
  now: number;
  signal: AbortSignal;
}

const SKIP_MISSING = 'SkipDryRunOnMissingResource=true';

const ALWAYS: SyncWindows = { automated: true, manual: true, changesAt: undefined };

/** Resolves (unless revisions are given), renders and compares. What fails comes back as an error, not as an exception. */
export async function lookAt(app: Application, deps: LookDeps, options: LookOptions): Promise<Picture> {
  const picture: Picture = {
    revisions: options.revisions,
    manifests: [],
    comparisons: [],
    repeated: [],
    shared: [],
    forbidden: [],
    sourceTypes: [],
    windows: ALWAYS,
  };
  const refused = (message: string): Picture => ({ ...picture, error: { type: 'InvalidSpecError', message } });
  if (sourcesOf(app).length === 0) return refused('application has no source: give it spec.source or spec.sources');
  const found = await deps.destinations.of(app);
  if ('problem' in found) return refused(found.problem);
  const { destination, place } = found;
  picture.destination = destination;
  const known = projectOf(app, deps.hasProjects === false ? undefined : deps.cache, deps.argoCDNamespace);
  if (known.kind === 'missing') return refused(known.message);
  const project = known.kind === 'declared' ? known.project : undefined;
  const problem =
    project === undefined
      ? openProblem(app, destination.simulated, deps.argoCDNamespace)
      : projectProblem(app, project, place, deps.argoCDNamespace);
  if (problem !== undefined) return refused(problem);
  try {
    picture.windows = syncWindows(app, project, place, options.now);
  } catch (error) {
    return refused(`project ${project?.metadata.name}: ${messageOf(error)}`);
  }
  let rendered: { revisions: string[]; rendered: Rendered };
  try {
    const revisions = options.revisions.length > 0 ? options.revisions : await deps.renderer.resolve(app, options.signal);
    rendered = {
      revisions,
      rendered: await deps.renderer.render(app, revisions, { hard: options.hard, signal: options.signal }),
    };
  } catch (error) {
    if (options.signal.aborted || isUnavailable(error)) throw error;
    return failed(picture, 'Failed to load target state', error);
  }
  const aim = { ...picture, revisions: rendered.revisions, sourceTypes: rendered.rendered.types };
  try {
    return await compared(app, aim, rendered.rendered, { destination, project, place, deps, signal: options.signal });
  } catch (error) {
    if (options.signal.aborted || (destination.simulated && isUnavailable(error))) throw error;
    const failure = failed(
      picture,
      destination.simulated ? 'Failed to load target state' : `Failed to load live state of ${destination.title}`,
      error,
    );
    return { ...failure, transient: failure.transient === true || isUnavailable(error) };
  }
}

async function compared(
  app: Application,
  picture: Picture,
  { objects }: Rendered,
  {
    destination,
    project,
    place,
    deps,
    signal,
  }: { destination: Destination; project: AppProject | undefined; place: Place; deps: LookDeps; signal: AbortSignal },
): Promise<Picture> {
  const id = trackingName(app, deps.argoCDNamespace);
  const { manifests, repeated, unknown } = await normalizeManifests(objects, {
    app: id,
    namespace: app.spec.destination.namespace ?? 'default',
    kindOf: (object) => destination.kindOf(object, signal),
    assume: (object) => skipsMissing(app, object),
  });
  if (unknown.length > 0)
    throw new Error(
      `${destination.title} does not serve ${[...new Set(unknown)].join(', ')}; what comes to serve it later needs the sync option ${SKIP_MISSING}`,
    );
  const forbidden = manifests.flatMap((manifest) => {
    const why = project === undefined ? undefined : objectProblem(manifest, project, place);
    return why === undefined ? [] : [{ object: describeObject(manifest.object), why }];
  });
  const forbiddenNames = new Set(forbidden.map(({ object }) => object));
  // What the project forbids is not even read: whoever may write manifests must not learn from it what is there.
  const permitted = manifests.filter(({ object }) => !forbiddenNames.has(describeObject(object)));
  const seen = project === undefined ? app : withoutForbidden(app, project, place);
  const live = (await destination.live(seen, id, permitted, signal)).filter(
    (found) => project === undefined || objectProblem(found, project, place) === undefined,
  );
  const byName = new Map(live.map(({ object }) => [describeObject(object), object]));
  const pairs = permitted.flatMap((manifest) => {
    const object = byName.get(describeObject(manifest.object));
    return object === undefined ? [] : [{ manifest, live: object }];
  });
  const predicted = await destination.predicted(pairs, signal);
  const comparisons = compare(manifests, live, ignoredFields(app), predicted);
  return { ...picture, manifests, repeated, forbidden, comparisons, shared: destination.sharedWith(id, permitted) };
}

/** Whether an object may be of a kind that is not served yet. */
function skipsMissing({ spec }: Application, object: KubeObject): boolean {
  return spec.syncPolicy?.syncOptions?.includes(SKIP_MISSING) === true || hasSyncOption(object, SKIP_MISSING);
}

/** The Application without what it once deployed of kinds and to places that its project forbids (now). */
function withoutForbidden(app: Application, project: AppProject, place: Place): Application {
  const resources = (app.status?.resources ?? []) as Partial<Record<string, string>>[];
  const permitted = resources.filter(({ group = '', kind = '', namespace, name = '' }) => {
    const scope = namespace === undefined ? ('Cluster' as const) : ('Namespaced' as const);
    return (
      objectProblem({ kind: { group, kind, scope }, object: { metadata: { name, namespace } } }, project, place) === undefined
    );
  });
  return permitted.length === resources.length ? app : { ...app, status: { ...app.status, resources: permitted as never } };
}

function failed(picture: Picture, what: string, error: unknown): Picture {
  const transient = (error as { transient?: unknown }).transient === true;
  return { ...picture, error: { type: 'ComparisonError', message: `${what}: ${messageOf(error)}` }, transient };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** How an Application is named in tracking ids. */
export function trackingName({ metadata }: Application, argoCDNamespace: string): string {
  return metadata.namespace === argoCDNamespace ? (metadata.name ?? '') : `${metadata.namespace}_${metadata.name}`;
}
