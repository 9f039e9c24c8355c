import type { GitProvider } from '@kargo/integrations';

/** The page of a commit at a Git provider, if the provider is named or can be told from the host. Never contains credentials. */
export function commitURL(repoURL: string, commit: string, named?: GitProvider): string | undefined {
  const place = placeOf(repoURL);
  const provider = named ?? (place === undefined ? undefined : providerOf(place.hostname));
  if (place === undefined || provider === undefined) return undefined;
  const base = provider === 'azure' ? `https://dev.azure.com${place.path}` : `https://${place.host}${place.path}`;
  switch (provider) {
    case 'gitlab':
      return `${base}/-/commit/${commit}`;
    case 'bitbucket':
      return `${base}/commits/${commit}`;
    case 'azure':
    case 'gitea':
    case 'github':
      return `${base}/commit/${commit}`;
  }
}

function providerOf(hostname: string): GitProvider | undefined {
  if (hostname.includes('github') || hostname.endsWith('.ghe.com')) return 'github';
  if (hostname.includes('gitlab')) return 'gitlab';
  if (hostname.includes('gitea')) return 'gitea';
  if (hostname === 'bitbucket.org') return 'bitbucket';
  if (hostname === 'dev.azure.com' || hostname.endsWith('visualstudio.com')) return 'azure';
  return undefined;
}

function placeOf(repoURL: string): { hostname: string; host: string; path: string } | undefined {
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
