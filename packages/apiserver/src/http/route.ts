import { ApiError, type Kind } from '@kargo/api';
import { own } from '../object/json.ts';
import type { KindIndex } from '../registry/kind-index.ts';

/** What a request path names. */
export type Route =
  | { kind: 'resource'; resource: Kind; namespace: string | undefined; name: string | undefined; subresource: string | undefined }
  /** `/api`, `/apis`, `/api/v1`, `/apis/G`, `/apis/G/V`. */
  | { kind: 'discovery'; group: string | undefined; version: string | undefined; legacy: boolean }
  | { kind: 'review'; group: string; plural: string; review: string; namespace: string | undefined }
  /** Anything else, by its segments. */
  | { kind: 'other'; segments: readonly string[] };

/** A resource that answers a question and stores nothing. */
export interface ReviewKind {
  plural: string;
  kind: string;
  namespaced?: boolean;
}

/** Resources that answer a question, by group and version. */
export const REVIEWS: Readonly<Record<string, readonly ReviewKind[]>> = {
  'authorization.k8s.io/v1': [
    { plural: 'localsubjectaccessreviews', kind: 'LocalSubjectAccessReview', namespaced: true },
    { plural: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview' },
    { plural: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview' },
    { plural: 'subjectaccessreviews', kind: 'SubjectAccessReview' },
  ],
  'authentication.k8s.io/v1': [
    { plural: 'selfsubjectreviews', kind: 'SelfSubjectReview' },
    { plural: 'tokenreviews', kind: 'TokenReview' },
  ],
};

/** Reads a path. Fails with `NotFound` for resources that are not served and `BadRequest` for paths that cannot be read. */
export function routeOf(pathname: string, kinds: KindIndex): Route {
  const segments = pathname
    .split('/')
    .filter((segment) => segment !== '')
    .map(decode);
  const [root, ...rest] = segments;
  if (root === 'api') return below(rest[0] ?? '', '', rest[0], rest.slice(1), kinds, true);
  if (root === 'apis') return below(`${rest[0]}/${rest[1]}`, rest[0], rest[1], rest.slice(2), kinds, false);
  return { kind: 'other', segments };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new ApiError('BadRequest', `the path segment ${JSON.stringify(segment)} is not valid percent-encoding`, { cause });
  }
}

function below(
  groupVersion: string,
  group: string | undefined,
  version: string | undefined,
  rest: readonly string[],
  kinds: KindIndex,
  legacy: boolean,
): Route {
  if (rest.length === 0) return { kind: 'discovery', group, version, legacy };
  const { namespace, plural, name, subresource, extra } = parts(rest, kinds, groupVersion);
  const review = own(REVIEWS, groupVersion)?.find((candidate) => candidate.plural === plural);
  if (review !== undefined && name === undefined && (namespace !== undefined) === (review.namespaced === true))
    return { kind: 'review', group: group ?? '', plural, review: review.kind, namespace };
  const resource = kinds.byPath(groupVersion, plural);
  if (
    resource === undefined ||
    extra ||
    (resource.scope === 'Cluster' && namespace !== undefined) ||
    (name !== undefined && resource.scope === 'Namespaced' && namespace === undefined)
  )
    throw new ApiError('NotFound', 'the server could not find the requested resource');
  return { kind: 'resource', resource, namespace, name, subresource };
}

/** `namespaces/N/things/…` is about things in N, but `namespaces/N` and its own subresources are about the namespace. */
function parts(
  rest: readonly string[],
  kinds: KindIndex,
  groupVersion: string,
): { namespace: string | undefined; plural: string; name: string | undefined; subresource: string | undefined; extra: boolean } {
  const [first = '', second, third] = rest;
  const ownSubresource =
    third !== undefined && rest.length === 3 && groupVersion === 'v1' && kinds.byPath(groupVersion, third) === undefined;
  if (first === 'namespaces' && third !== undefined && !ownSubresource)
    return { namespace: second, plural: third, name: rest[3], subresource: rest[4], extra: rest.length > 5 };
  return { namespace: undefined, plural: first, name: second, subresource: third, extra: rest.length > 3 };
}
