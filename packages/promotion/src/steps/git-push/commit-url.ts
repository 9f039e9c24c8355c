import type { GitProvider } from '@kargo/integrations';

/** The page of a commit at a Git provider, if the provider is named or can be told from the host. Never contains credentials. */
export function commitURL(repoURL: string, commit: string, named?: GitProvider): string | undefined {
  const place = placeOf(repoURL);
  const provider = named ?? (place === undefined ? undefined : providerOf(place.hostname));
  if (place === undefined || provider === undefined) return undefined;
  const base = `https://${place.host}${place.path}`;
  switch (provider) {
    case 'gitlab':
      return `${base}/-/commit/${commit}`;
    case 'bitbucket':
      return `${bitbucketPage(place)}/commits/${commit}`;
    case 'azure':
      return `${azurePage(place)}/commit/${commit}`;
    case 'gitea':
    case 'github':
      return `${base}/commit/${commit}`;
  }
}

/** Servers of one's own have clones below `/scm/PROJECT/REPOSITORY`, and pages elsewhere. */
function bitbucketPage({ hostname, host, path }: Place): string {
  const [, before = '', project = '', repository = ''] = /^(.*?)(?:\/scm)?\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (hostname === 'bitbucket.org' || repository === '') return `https://${host}${path}`;
  const owner = project.startsWith('~') ? `users/${project.slice(1)}` : `projects/${project.toUpperCase()}`;
  return `https://${host}${before}/${owner}/repos/${repository}`;
}

/** Clones over SSH have another host, and paths `/v3/ORGANIZATION/PROJECT/REPOSITORY`. */
function azurePage({ hostname, host, path }: Place): string {
  const [, organization, project, repository] = /^\/v3\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (organization !== undefined) return `https://dev.azure.com/${organization}/${project}/_git/${repository}`;
  return hostname.endsWith('.visualstudio.com') ? `https://${host}${path}` : `https://dev.azure.com${path}`;
}

function providerOf(hostname: string): GitProvider | undefined {
  if (hostname.includes('github') || hostname.endsWith('.ghe.com')) return 'github';
  if (hostname.includes('gitlab')) return 'gitlab';
  if (hostname.includes('gitea')) return 'gitea';
  if (hostname === 'bitbucket.org') return 'bitbucket';
  if (hostname === 'dev.azure.com' || hostname === 'ssh.dev.azure.com' || hostname.endsWith('visualstudio.com')) return 'azure';
  return undefined;
}

interface Place {
  hostname: string;
  host: string;
  path: string;
}

function placeOf(repoURL: string): Place | undefined {
  const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(repoURL);
  if (scp !== null) return { hostname: scp[1]!, host: scp[1]!, path: clean(`/${scp[2]!}`) };
  if (!URL.canParse(repoURL)) return undefined;
  const { protocol, hostname, host, pathname } = new URL(repoURL);
  if (hostname === '') return undefined;
  return { hostname, host: protocol === 'ssh:' ? hostname : host, path: clean(pathname) };
}

function clean(path: string): string {
  return path.replace(/\/+$/, '').replace(/\.git$/, '');
}
