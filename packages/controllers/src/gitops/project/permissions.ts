/** What an AppProject lets its Applications be made of, and where they may go. */
import { AppProject, normalizeGitURL, type Application } from '@kargo/api';
import { compileGlob } from '@kargo/gocompat';
import type { Cache } from '@kargo/kube';
import type { Manifest } from '../manifest.ts';
import { sourcesOf } from '../source.ts';

const DEFAULT = 'default';

/** The project of an Application. `open`: it is the one called `default`, which need not be declared, or projects are not served at all. */
export type ProjectOf = { kind: 'declared'; project: AppProject } | { kind: 'open' } | { kind: 'missing'; message: string };

/** Finds the project of an Application, in the namespace of Argo CD. `cache` is absent where projects are not served at all. */
export function projectOf(app: Application, cache: Pick<Cache, 'get'> | undefined, namespace: string): ProjectOf {
  const name = app.spec.project || DEFAULT;
  const project = cache?.get(AppProject, { namespace, name });
  if (project !== undefined) return { kind: 'declared', project };
  if (name === DEFAULT || cache === undefined) return { kind: 'open' };
  return { kind: 'missing', message: `Application referencing project ${name} which does not exist` };
}

/** Where an Application goes, as projects name it. */
export interface Place {
  server: string;
  name: string;
}

/**
 * Why an Application may not go to a place without a declared project; nothing if it may. As the `default` that Argo CD makes for itself admits
 * Applications of its own namespace alone, so does this: those of other namespaces may only be imitated.
 */
export function openProblem(app: Application, simulated: boolean, argoCDNamespace: string): string | undefined {
  const { name, namespace = '' } = app.metadata;
  if (simulated || namespace === argoCDNamespace) return undefined;
  const project = app.spec.project || DEFAULT;
  return `application '${name}' in namespace '${namespace}' is not permitted to use project '${project}', which is not declared: declare AppProject ${argoCDNamespace}/${project} with ${namespace} among its sourceNamespaces`;
}

/** Why a project does not let an Application be as it is; nothing if it does. */
export function projectProblem(
  app: Application,
  { metadata, spec }: AppProject,
  place: Place,
  argoCDNamespace: string,
): string | undefined {
  const project = metadata.name ?? '';
  const own = app.metadata.namespace ?? '';
  if (own !== argoCDNamespace && !permits(spec.sourceNamespaces ?? [], (pattern) => matches(pattern, own)))
    return `application '${app.metadata.name}' in namespace '${own}' is not permitted to use project '${project}'`;
  // Nobody checks them here, and what must be signed must not be deployed unchecked.
  if (((spec as { signatureKeys?: unknown[] }).signatureKeys ?? []).length > 0)
    return `project '${project}' demands signed commits, which the embedded GitOps agent cannot check: use Argo CD for it`;
  for (const { repoURL } of sourcesOf(app))
    if (!permits(spec.sourceRepos ?? [], (pattern) => matchesRepository(pattern, repoURL)))
      return `application repo ${repoURL} is not permitted in project '${project}'`;
  const namespace = app.spec.destination.namespace ?? '';
  if (!destinationPermitted(spec.destinations ?? [], place, namespace))
    return `application destination server '${place.server}' and namespace '${namespace}' do not match any of the allowed destinations in project '${project}'`;
  return undefined;
}

/** Why a project does not let an object be deployed; nothing if it does. */
export function objectProblem(
  { kind, object }: { kind: Pick<Manifest['kind'], 'group' | 'kind' | 'scope'>; object: Pick<Manifest['object'], 'metadata'> },
  { metadata, spec }: AppProject,
  place: Place,
): string | undefined {
  const is = (entries: readonly { group: string; kind: string }[]): boolean =>
    entries.some((entry) => matches(entry.group, kind.group) && matches(entry.kind, kind.kind));
  const permitted =
    kind.scope === 'Cluster'
      ? is(spec.clusterResourceWhitelist ?? []) && !is(spec.clusterResourceBlacklist ?? [])
      : (spec.namespaceResourceWhitelist === undefined || is(spec.namespaceResourceWhitelist)) &&
        !is(spec.namespaceResourceBlacklist ?? []);
  if (!permitted) return `resource ${kind.group}:${kind.kind} is not permitted in project ${metadata.name}`;
  const { namespace } = object.metadata;
  if (kind.scope === 'Namespaced' && namespace !== undefined && !destinationPermitted(spec.destinations ?? [], place, namespace))
    return `namespace ${namespace} is not permitted in project '${metadata.name}'`;
  return undefined;
}

type Entry = NonNullable<AppProject['spec']['destinations']>[number];

function destinationPermitted(entries: readonly Entry[], place: Place, namespace: string): boolean {
  let allowed = false;
  for (const { server = '', name = '', namespace: pattern = '' } of entries) {
    const denies = [server, name, pattern].some((text) => text.startsWith('!'));
    const isPlace =
      (server === '' || matches(withoutNot(server), place.server)) && (name === '' || matches(withoutNot(name), place.name));
    if (server === '' && name === '') continue;
    const isNamespace = matches(withoutNot(pattern), namespace);
    if (!denies && isPlace && isNamespace) allowed = true;
    if (!denies) continue;
    // A part with "!" excludes what it matches where the other parts match too.
    if (isPlace && isNamespace) return false;
  }
  return allowed;
}

function withoutNot(pattern: string): string {
  return pattern.startsWith('!') ? pattern.slice(1) : pattern;
}

/** One pattern at least matches, and none that begins with `!` does. */
function permits(patterns: readonly string[], matching: (pattern: string) => boolean): boolean {
  const denied = patterns.some((pattern) => pattern.startsWith('!') && matching(pattern.slice(1)));
  return !denied && patterns.some((pattern) => !pattern.startsWith('!') && matching(pattern));
}

function matchesRepository(pattern: string, repoURL: string): boolean {
  return matches(pattern, repoURL) || matches(normalizeGitURL(pattern), normalizeGitURL(repoURL));
}

/** Globs; `*` alone matches everything, slashes too. */
export function matches(pattern: string, text: string): boolean {
  return pattern === '*' || pattern === text || compileGlob(pattern).matches(text);
}
