import type { Clock } from '@kargo/kube';
import type { Http } from '../http/port.ts';
import { azure } from './azure.ts';
import { bitbucketCloud } from './bitbucket-cloud.ts';
import { bitbucketDataCenter } from './bitbucket-data-center.ts';
import { gitea } from './gitea.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { sortPullRequests } from './order.ts';
import { fitted, shortTitle } from './fitted.ts';
import { patientHttp } from './patient-http.ts';
import type { GitProvider, PullRequestRepository, PullRequests } from './port.ts';
import { PullRequestError } from './pull-request-error.ts';
import type { Provider, ProviderContext } from './provider.ts';
import { providerOf, repositoryPlace } from './repository-place.ts';

/** What {@link realPullRequests} stands on. */
export interface RealPullRequestsOptions {
  http: Http;
  clock: Clock;
  /** Bases of APIs by the host of the repository, instead of those that follow from the host. */
  apiBases?: Readonly<Record<string, string>> | undefined;
}

const PROVIDERS: Readonly<Record<GitProvider, (context: ProviderContext) => Provider>> = {
  azure,
  bitbucket: (context) => (context.place.hostname === 'bitbucket.org' ? bitbucketCloud(context) : bitbucketDataCenter(context)),
  gitea,
  github,
  gitlab,
};

/** Pull requests through the REST APIs of the providers. */
export function realPullRequests(options: RealPullRequestsOptions): PullRequests {
  const at = (repository: PullRequestRepository, signal: AbortSignal | undefined): Provider => {
    const place = repositoryPlace(repository.url);
    const provider = providerOf(repository, place);
    if ((repository.credentials?.password ?? '') === '')
      throw new PullRequestError(
        'authentication',
        `there is no token for ${place.hostname}: pull requests need credentials with a password, SSH keys alone cannot drive them`,
      );
    const { clock } = options;
    const http = patientHttp(options.http, clock);
    return PROVIDERS[provider]({ http, clock, place, repository, signal, apiBase: options.apiBases?.[place.hostname] });
  };
  return {
    async list(repository, query, { signal } = {}) {
      const found = await at(repository, signal).list(query);
      return sortPullRequests(found.filter(({ headCommit }) => isSameCommit(query.headCommit, headCommit)));
    },
    get: async (repository, number, { signal } = {}) => at(repository, signal).get(number),
    async create(repository, request, { signal } = {}) {
      const provider = at(repository, signal);
      return provider.create({
        ...request,
        title: shortTitle(request.title, provider.maxTitle),
        description: fitted(request.description, provider.maxDescription),
      });
    },
    async update(repository, number, change, { signal } = {}) {
      const provider = at(repository, signal);
      const { title, description, ...rest } = change;
      return provider.update(number, {
        ...rest,
        ...(title === undefined ? {} : { title: shortTitle(title, provider.maxTitle) }),
        ...(description === undefined ? {} : { description: fitted(description, provider.maxDescription) }),
      });
    },
    async close(repository, number, reason, { signal } = {}) {
      const provider = at(repository, signal);
      const pull = await provider.get(number);
      if (!pull.open) return pull;
      await provider.close(number, reason);
      return provider.get(number);
    },
    merge: async (repository, number, { method, signal } = {}) =>
      at(repository, signal).merge(number, method === '' ? undefined : method),
  };
}

/** Some providers tell only the first digits of a commit. */
function isSameCommit(wanted: string | undefined, found: string | undefined): boolean {
  if (wanted === undefined) return true;
  return found !== undefined && found.length >= 7 && wanted.startsWith(found);
}
