import { ApiError, apiVersionOf, resourceName, type Kind } from '@kargo/api';
import type { KindIndex } from '../registry/kind-index.ts';
import { REVIEWS, type ReviewKind } from './route.ts';
import { TOKEN_SUBRESOURCE } from './token-request.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const STATUS_VERBS = ['get', 'patch', 'update'];

interface GroupVersion {
  group: string;
  version: string;
  kinds: readonly Kind[];
  reviews: readonly ReviewKind[];
}

/** What is served, in the order in which clients prefer it: core first, then groups by name. */
function groupVersions(kinds: KindIndex): GroupVersion[] {
  const found = new Map<string, { group: string; version: string; kinds: Kind[] }>();
  const at = (groupVersion: string): { group: string; version: string; kinds: Kind[] } => {
    const [version = '', group = ''] = groupVersion.split('/').toReversed();
    const entry = found.get(groupVersion) ?? { group, version, kinds: [] };
    found.set(groupVersion, entry);
    return entry;
  };
  for (const kind of kinds.versions()) at(apiVersionOf(kind)).kinds.push(kind);
  for (const groupVersion of Object.keys(REVIEWS)) at(groupVersion);
  return [...found]
    .map(([groupVersion, entry]) => ({ ...entry, reviews: REVIEWS[groupVersion] ?? [] }))
    .toSorted((a, b) => a.group.localeCompare(b.group) || compareVersions(b.version, a.version));
}

/** Orders versions of an API: stable ones are greater than beta, those greater than alpha; then by number. */
function compareVersions(a: string, b: string): number {
  const parts = (version: string): readonly [number, number, number] => {
    const [, major, stage, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
    if (major === undefined) return [-1, 0, 0];
    return [stage === undefined ? 2 : stage === 'beta' ? 1 : 0, Number(major), Number(minor ?? 0)];
  };
  const [left, right] = [parts(a), parts(b)];
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2] || b.localeCompare(a);
}

/** Answers `/api`, `/apis`, `/apis/G` and `/…/V`. Fails with `NotFound` for what is not served. */
export function discovery(
  kinds: KindIndex,
  { group, version, legacy }: { group: string | undefined; version: string | undefined; legacy: boolean },
): object {
  const all = groupVersions(kinds);
  if (legacy && version === undefined) return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (group === undefined)
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupNames(all).map((name) => apiGroup(name, all)) };
  if (version === undefined) {
    if (!groupNames(all).includes(group)) throw notServed();
    return { ...apiGroup(group, all), apiVersion: 'v1', kind: 'APIGroup' };
  }
  const found = all.find((candidate) => candidate.group === group && candidate.version === version);
  if (found === undefined) throw notServed();
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(found),
    resources: [
      ...found.kinds.flatMap(apiResources),
      ...found.reviews.map(({ plural, kind, namespaced = false }) => ({
        name: plural,
        singularName: '',
        namespaced,
        kind,
        verbs: ['create'],
      })),
    ],
  };
}

function notServed(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource');
}

function groupNames(all: readonly GroupVersion[]): string[] {
  return [...new Set(all.map(({ group }) => group))].filter((name) => name !== '');
}

function apiGroup(name: string, all: readonly GroupVersion[]): object {
  const versions = all
    .filter(({ group }) => group === name)
    .map(({ group, version }) => ({ groupVersion: apiVersionOf({ group, version }), version }));
  return { name, versions, preferredVersion: versions[0] };
}

function apiResources(kind: Kind): object[] {
  const common = { namespaced: kind.scope === 'Namespaced', kind: kind.kind };
  return [
    {
      name: kind.plural,
      singularName: kind.singular,
      ...common,
      verbs: VERBS,
      ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
      ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    },
    ...(kind.statusSubresource ? [{ name: `${kind.plural}/status`, singularName: '', ...common, verbs: STATUS_VERBS }] : []),
    ...(makesTokens(kind)
      ? [
          {
            name: `${kind.plural}/${TOKEN_SUBRESOURCE.subresource}`,
            singularName: '',
            namespaced: true,
            group: 'authentication.k8s.io',
            version: 'v1',
            kind: 'TokenRequest',
            verbs: ['create'],
          },
        ]
      : []),
  ];
}

function makesTokens(kind: Kind): boolean {
  return resourceName(kind) === TOKEN_SUBRESOURCE.resource;
}

/** The aggregated form: everything of `/api` (core) or `/apis` (groups) in one answer. */
export function aggregated(kinds: KindIndex, legacy: boolean, version: 'v2' | 'v2beta1'): object {
  const all = groupVersions(kinds).filter(({ group }) => (group === '') === legacy);
  const names = [...new Set(all.map(({ group }) => group))];
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: names.map((name) => ({
      metadata: { name, creationTimestamp: null },
      versions: all.filter(({ group }) => group === name).map(aggregatedVersion),
    })),
  };
}

function aggregatedVersion({ version, group, kinds, reviews }: GroupVersion): object {
  const responseKind = (kind: string): object => ({ group, version, kind });
  return {
    version,
    freshness: 'Current',
    resources: [
      ...kinds.map((kind) => ({
        resource: kind.plural,
        responseKind: responseKind(kind.kind),
        scope: kind.scope === 'Namespaced' ? 'Namespaced' : 'Cluster',
        singularResource: kind.singular,
        verbs: VERBS,
        ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
        ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
        ...subresources(kind, responseKind(kind.kind)),
      })),
      ...reviews.map(({ plural, kind, namespaced = false }) => ({
        resource: plural,
        responseKind: responseKind(kind),
        scope: namespaced ? 'Namespaced' : 'Cluster',
        singularResource: kind.toLowerCase(),
        verbs: ['create'],
      })),
    ],
  };
}

function subresources(kind: Kind, responseKind: object): object {
  if (makesTokens(kind)) {
    const token = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };
    return { subresources: [{ subresource: TOKEN_SUBRESOURCE.subresource, responseKind: token, verbs: ['create'] }] };
  }
  return kind.statusSubresource ? { subresources: [{ subresource: 'status', responseKind, verbs: STATUS_VERBS }] } : {};
}
