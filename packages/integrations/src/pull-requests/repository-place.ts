import type { GitProvider, PullRequestRepository } from './port.ts';
import { PullRequestError } from './pull-request-error.ts';

/** Where a repository is, without credentials. */
export interface RepositoryPlace {
  /** Scheme and authority for requests: `https://git.example.com:8443`. */
  origin: string;
  hostname: string;
  /** Parts of the path, decoded, without `.git`. */
  path: readonly string[];
}

/** Where the repository is, from an http(s), ssh or `user@host:path` URL. Fails with `invalid`. */
export function repositoryPlace(url: string): RepositoryPlace {
  const scp = url.includes('://') ? null : /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(url);
  if (scp !== null) return { origin: `https://${scp[1]!}`, hostname: scp[1]!.toLowerCase(), path: parts(scp[2]!) };
  if (!URL.canParse(url)) throw new PullRequestError('invalid', 'the URL of the repository cannot be read');
  const { protocol, hostname, host, pathname } = new URL(url);
  if (hostname === '' || !['http:', 'https:', 'ssh:'].includes(protocol))
    throw new PullRequestError('invalid', 'the URL of the repository must be an https, http or ssh URL');
  const origin = protocol === 'ssh:' ? `https://${hostname}` : `${protocol}//${host}`;
  return { origin, hostname: hostname.toLowerCase(), path: parts(pathname) };
}

/** By host, in this order: the first that fits is the provider. */
const HOSTS: readonly [GitProvider, (hostname: string) => boolean][] = [
  ['github', (host) => host.includes('github') || host.endsWith('.ghe.com')],
  ['gitlab', (host) => host.includes('gitlab')],
  ['gitea', (host) => host.includes('gitea') || host.includes('forgejo') || host === 'codeberg.org'],
  ['bitbucket', (host) => host.includes('bitbucket')],
  ['azure', (host) => host === 'dev.azure.com' || host === 'ssh.dev.azure.com' || host.endsWith('visualstudio.com')],
];

/** The provider of a repository: the named one, else by its host. Fails with `invalid` if it cannot be told. */
export function providerOf(repository: PullRequestRepository, { hostname }: RepositoryPlace): GitProvider {
  const provider = repository.provider ?? HOSTS.find(([, fits]) => fits(hostname))?.[0];
  if (provider !== undefined) return provider;
  throw new PullRequestError(
    'invalid',
    `no provider is known for ${hostname}; set provider to azure, bitbucket, gitea, github or gitlab`,
  );
}

/** Exactly two parts of a path, `owner/repository`. Fails with `invalid`. */
export function ownerAndName({ path, hostname }: RepositoryPlace): { owner: string; repo: string } {
  const [owner, repo, ...more] = path;
  if (owner === undefined || repo === undefined || more.length > 0)
    throw new PullRequestError(
      'invalid',
      `the path of a repository of ${hostname} must be OWNER/REPOSITORY, not ${path.join('/')}`,
    );
  return { owner, repo };
}

function parts(path: string): string[] {
  const clean = path.replace(/\/+$/, '').replace(/\.git$/, '');
  return clean
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch (error) {
        if (error instanceof URIError) return part;
        throw error;
      }
    });
}
