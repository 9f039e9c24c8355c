import { ApiError, type Kind, type KubeObject } from '@kargo/api';
import type { ListOptions, PatchOptions, WatchOptions, WriteOptions } from '../client.ts';

type Query = Record<string, string | number | boolean | undefined>;

/** Path of a collection below the API root. A namespace of cluster-scoped kinds is ignored. */
export function collectionPath(kind: Kind<KubeObject> | Kind<never>, namespace: string | undefined): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const within =
    kind.scope === 'Cluster' || namespace === undefined || namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${within}/${kind.plural}`;
}

/** Path of one object. Fails with `BadRequest` where the name, or the namespace of a namespaced kind, is missing. */
export function objectPath(
  kind: Kind<KubeObject> | Kind<never>,
  key: { namespace?: string | undefined; name?: string | undefined },
  subresource?: string,
): string {
  if (key.name === undefined || key.name === '')
    throw new ApiError('BadRequest', `a ${kind.kind} cannot be named by an empty name`);
  const below = subresource === undefined ? '' : `/${subresource}`;
  return `${namespacedPath(kind, key.namespace)}/${encodeURIComponent(key.name)}${below}`;
}

/** Path of the collection that a new object goes to. */
export function namespacedPath(kind: Kind<KubeObject> | Kind<never>, namespace: string | undefined): string {
  if (kind.scope === 'Namespaced' && (namespace === undefined || namespace === ''))
    throw new ApiError('BadRequest', `a ${kind.kind} belongs to a namespace, but none was given`);
  return collectionPath(kind, namespace);
}

export function listQuery(options: ListOptions = {}): Query {
  return {
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    limit: options.limit,
    continue: options.continue,
    resourceVersion: options.resourceVersion,
  };
}

export function watchQuery(options: WatchOptions, resourceVersion: string | undefined, timeoutSeconds: number): Query {
  return {
    watch: true,
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    resourceVersion,
    allowWatchBookmarks: options.allowBookmarks === true ? true : undefined,
    timeoutSeconds,
  };
}

export function writeQuery(options: WriteOptions = {}): Query {
  return {
    fieldManager: options.fieldManager,
    dryRun: options.dryRun === true ? 'All' : undefined,
    fieldValidation: options.fieldValidation,
  };
}

export function patchQuery(options: PatchOptions = {}): Query {
  return { ...writeQuery(options), force: options.force === true ? true : undefined };
}

/** `path?query` without the parameters that are absent or empty. */
export function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') parameters.set(name, String(value));
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}
