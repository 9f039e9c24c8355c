import { ApiError, apiVersionOf, conflict, type Kind, type KubeObject, type ObjectKey } from '@kargo/api';
import { isObject, type JsonObject } from '../object/json.ts';

/** What Kubernetes says to who writes on the base of an old version. */
export const STALE = 'the object has been modified; please apply your changes to the latest version and try again';

/** Fields of metadata that are not there when there is nothing in them. */
const OMITTED_WHEN_EMPTY: ReadonlySet<string> = new Set(['labels', 'annotations', 'finalizers', 'ownerReferences']);

function isEmpty(value: unknown): boolean {
  return (Array.isArray(value) && value.length === 0) || (isObject(value) && Object.keys(value).length === 0);
}

const IDENTITY = ['name', 'generateName', 'namespace', 'uid', 'resourceVersion'] as const;

/**
 * Makes sure that this is an object of the kind that can be named. Changes its metadata: it must be a copy. Fails with `BadRequest`.
 */
export function checkIdentity(kind: Kind, object: KubeObject): void {
  const refuse = (message: string): never => {
    throw new ApiError('BadRequest', message);
  };
  if (!isObject(object) || !isObject(object.metadata))
    refuse(`${kind.kind} has no metadata: name, and namespace where the kind has one, are required`);
  // Manifests made by tools carry `creationTimestamp: null` and the like: null is nothing in metadata, and so are empty maps and lists.
  for (const [field, value] of Object.entries(object.metadata))
    if (value === null || (OMITTED_WHEN_EMPTY.has(field) && isEmpty(value))) delete (object.metadata as JsonObject)[field];
  for (const field of IDENTITY)
    if (typeof (object.metadata[field] ?? '') !== 'string') refuse(`metadata.${field} of the ${kind.kind} must be a string`);
  if (object.apiVersion !== apiVersionOf(kind) || object.kind !== kind.kind)
    refuse(
      `the object is a ${JSON.stringify(object.apiVersion)} ${JSON.stringify(object.kind)}, but the request is for ${apiVersionOf(kind)} ${kind.kind}`,
    );
  if (kind.scope === 'Cluster') delete object.metadata.namespace;
  else if ((object.metadata.namespace ?? '') === '')
    refuse('an empty namespace may not be set when a resource name may be created');
}

/** Fails with `Conflict` unless the stored object is the one, and at the version, that is wanted. */
export function checkPreconditions(
  kind: Kind,
  key: ObjectKey,
  existing: KubeObject,
  wanted: { uid?: string | undefined; resourceVersion?: string | undefined },
  source: 'object' | 'precondition' = 'object',
): void {
  const { uid, resourceVersion } = existing.metadata;
  if ((wanted.uid ?? '') !== '' && wanted.uid !== uid)
    throw conflict(kind, key, `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uid}`);
  if ((wanted.resourceVersion ?? '') === '' || wanted.resourceVersion === resourceVersion) return;
  throw conflict(
    kind,
    key,
    source === 'object'
      ? STALE
      : `Precondition failed: ResourceVersion in precondition: ${wanted.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
  );
}
