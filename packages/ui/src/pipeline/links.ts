/** Where artifacts can be looked at. Only https and http; nothing where it is not known. */

/** The page of an image repository. */
export function imageLink(repository: string): string | undefined {
  if (repository === '' || /[\s<>"']/.test(repository)) return undefined;
  const [host = '', ...path] = repository.split('/');
  const hasHost = path.length > 0 && (host.includes('.') || host.includes(':') || host === 'localhost');
  const dockerPath = hasHost ? path : [host, ...path];
  if (!hasHost || host === 'docker.io' || host === 'index.docker.io' || host === 'registry-1.docker.io') {
    const [first = '', second] = dockerPath;
    if (second === undefined || first === 'library') return `https://hub.docker.com/_/${second ?? first}`;
    return `https://hub.docker.com/r/${dockerPath.join('/')}`;
  }
  if (host === 'public.ecr.aws') return `https://gallery.ecr.aws/${path.join('/')}`;
  const ecr = /^(\d+)\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com$/.exec(host);
  if (ecr !== null) return `https://${ecr[2]}.console.aws.amazon.com/ecr/repositories/private/${ecr[1]}/${path.join('/')}`;
  return safe(`https://${repository}`);
}

/** The page of a git repository, of whichever form its address is. */
export function webAddress(repository: string): string | undefined {
  const plain = repository.replace(/\.git\/?$/, '').replace(/\/+$/, '');
  const scp = /^(?:ssh:\/\/)?(?:[\w.-]+@)([\w.-]+)(?::\d+(?=\/)|:|\/)\/?(.+)$/.exec(plain);
  if (scp !== null && !/^https?:/.test(plain)) {
    const azure = /^v3\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(scp[2] ?? '');
    if (scp[1] === 'ssh.dev.azure.com' && azure !== null) return `https://dev.azure.com/${azure[1]}/${azure[2]}/_git/${azure[3]}`;
    return safe(`https://${scp[1]}/${scp[2]}`);
  }
  return safe(plain);
}

/** The page of a commit. */
export function commitLink(repository: string, id: string): string | undefined {
  const base = webAddress(repository);
  if (base === undefined || id === '') return undefined;
  const { host } = new URL(base);
  if (host.includes('gitlab')) return `${base}/-/commit/${id}`;
  if (host === 'bitbucket.org') return `${base}/commits/${id}`;
  return `${base}/commit/${id}`;
}

/** The page that compares two commits. */
export function compareLink(repository: string, from: string, to: string): string | undefined {
  const base = webAddress(repository);
  if (base === undefined || from === '' || to === '' || from === to) return undefined;
  const { host } = new URL(base);
  if (host.includes('gitlab')) return `${base}/-/compare/${from}...${to}`;
  if (host === 'bitbucket.org') return `${base}/branches/compare/${to}..${from}`;
  if (host === 'dev.azure.com' || host.endsWith('.visualstudio.com'))
    return `${base}/branchCompare?baseVersion=GC${from}&targetVersion=GC${to}`;
  return `${base}/compare/${from}...${to}`;
}

/** The page of a chart repository; OCI registries are looked at as images. */
export function chartLink(repository: string): string | undefined {
  return repository.startsWith('oci://') ? imageLink(repository.slice('oci://'.length)) : safe(repository);
}

function safe(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  // Credentials that somebody wrote into an address are not shown.
  url.username = '';
  url.password = '';
  return url.href.replace(/\/$/, '');
}
