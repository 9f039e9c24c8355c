import { Secret } from '@kargo/api';
import type { CredentialsQuery } from '@kargo/integrations';
import type { Reader } from '@kargo/kube';
import { ambientProviders, secretProviders } from './providers.ts';
import { matchRepository, shownURL } from './repository-match.ts';
import { byName, dataOf, nameOf, typeOf } from './secret-data.ts';
import { type CredentialsPlaces, isPlainHTTP, namespacesFor } from './secret-credentials.ts';

/** A Secret that might have been taken. */
export interface CredentialsCandidate {
  namespace: string;
  name: string;
  /**
   * `chosen`: this one is used. `shadowed`: it matches too, but another one comes first. `otherType`: it would match, but is labelled for
   * something else, or not at all. `noMatch`: it is about something else, or cannot be read.
   */
  verdict: 'chosen' | 'shadowed' | 'otherType' | 'noMatch';
  /** Why, for a person. */
  reason: string;
}

/** A way to credentials that might have been taken. */
export interface ProviderCandidate {
  name: string;
  chosen: boolean;
  reason: string;
}

/** Which credentials are used for a repository, and why those. Holds no secret. */
export interface CredentialsTrace {
  project: string;
  type: CredentialsQuery['type'];
  repoURL: string;
  /** `secret`: those of the chosen Secret. `ambient`: those of the machine. `none`: it is asked without. `unusable`: that fails. */
  outcome: 'secret' | 'ambient' | 'none' | 'unusable';
  summary: string;
  /** Namespaces that were searched, in order. */
  namespaces: string[];
  candidates: CredentialsCandidate[];
  providers: ProviderCandidate[];
}

/** What {@link traceCredentials} reads Secrets with. */
export interface TraceDeps extends CredentialsPlaces {
  reader: Pick<Reader, 'list'>;
  /** Whether this machine's own identity counts at registries of clouds. Default true. */
  ambient?: boolean | undefined;
  /** Namespaces of whose Secrets only those that match are told. */
  discreet?: ((namespace: string) => boolean) | undefined;
}

/**
 * Tells which Secret is used for a repository and why, by the rules that are used when it matters, without asking anybody outside. Every
 * Secret that could be meant is named with the reason why it is used or is not.
 */
export async function traceCredentials(deps: TraceDeps, query: CredentialsQuery): Promise<CredentialsTrace> {
  const { project, type } = query;
  const namespaces = namespacesFor(project, deps);
  const base = { project, type, repoURL: shownURL(query.repoURL), namespaces };
  if (isPlainHTTP(query.repoURL) && deps.allowHTTP !== true)
    return {
      ...base,
      outcome: 'none',
      summary:
        'no credentials are used: they are not sent over plain HTTP. Use https://, or start Kargo with --allow-credentials-over-http',
      candidates: [],
      providers: [],
    };
  const candidates: CredentialsCandidate[] = [];
  let chosen: Secret | undefined;
  for (const namespace of namespaces) {
    const { items } = await deps.reader.list(Secret, { namespace });
    for (const secret of byName(items)) {
      const candidate = judge(secret, query, chosen);
      if (candidate === undefined || (deps.discreet?.(namespace) === true && candidate.verdict === 'noMatch')) continue;
      candidates.push(candidate);
      if (candidate.verdict === 'chosen') chosen = secret;
    }
  }
  return { ...base, ...(chosen === undefined ? withoutSecret(deps, query) : withSecret(chosen, query)), candidates };
}

function judge(secret: Secret, query: CredentialsQuery, chosen: Secret | undefined): CredentialsCandidate | undefined {
  const own = typeOf(secret);
  if (own === undefined && (dataOf(secret, 'repoURL') ?? '') === '') return undefined;
  const { matches, why } = matchRepository(secret, query);
  const named = nameOf(secret);
  if (own !== query.type) {
    const label =
      own === undefined ? 'it has no label kargo.akuity.io/cred-type' : `its label kargo.akuity.io/cred-type is ${own}`;
    return matches ? { ...named, verdict: 'otherType', reason: `${label}, not ${query.type}; but ${why}` } : undefined;
  }
  if (!matches) return { ...named, verdict: 'noMatch', reason: why };
  if (chosen === undefined) return { ...named, verdict: 'chosen', reason: why };
  const first = nameOf(chosen);
  const before =
    first.namespace === named.namespace
      ? `${first.name} comes before it by name`
      : `the namespace ${first.namespace} is searched before ${named.namespace}`;
  return { ...named, verdict: 'shadowed', reason: `${why}, but ${before}` };
}

function withSecret(secret: Secret, query: CredentialsQuery): Pick<CredentialsTrace, 'outcome' | 'summary' | 'providers'> {
  const { namespace, name } = nameOf(secret);
  const providers = choose(
    secretProviders,
    (provider) => provider.refusal(query, secret),
    ({ keys }) => `the Secret has ${keys}`,
  );
  const used = providers.find(({ chosen }) => chosen);
  return used === undefined
    ? {
        outcome: 'unusable',
        summary: `Secret ${namespace}/${name} is about this repository, but holds nothing that can be used for it; no other one is considered`,
        providers,
      }
    : { outcome: 'secret', summary: `Secret ${namespace}/${name} is used (${used.name})`, providers };
}

function withoutSecret(
  { ambient = true }: TraceDeps,
  query: CredentialsQuery,
): Pick<CredentialsTrace, 'outcome' | 'summary' | 'providers'> {
  const providers = choose(
    ambientProviders,
    (provider) => (ambient ? provider.refusal(query) : 'identities of this machine are not used'),
    () => 'no Secret is about this repository, and it is one of this cloud',
  );
  const used = providers.find(({ chosen }) => chosen);
  return used === undefined
    ? { outcome: 'none', summary: 'no Secret is about this repository: it is asked without credentials', providers }
    : { outcome: 'ambient', summary: `no Secret is about this repository: the ${used.name} is used, if it has one`, providers };
}

function choose<T extends { name: string }>(
  all: readonly T[],
  refusal: (provider: T) => string | undefined,
  why: (provider: T) => string,
): ProviderCandidate[] {
  let taken: string | undefined;
  return all.map((provider) => {
    const { name } = provider;
    const refused = refusal(provider);
    if (refused !== undefined) return { name, chosen: false, reason: refused };
    if (taken !== undefined) return { name, chosen: false, reason: `${taken} comes before it` };
    taken = name;
    return { name, chosen: true, reason: why(provider) };
  });
}
