/** Helm's configuration of repositories and registries, for one run. */
import type { ChartRepository } from './port.ts';
import { RenderError } from './render-error.ts';

/** Contents of `repositories.yaml` (JSON is YAML): every HTTP repository, with its credentials. */
export function repositoriesFile(repositories: readonly ChartRepository[]): string {
  const http = [...new Map(repositories.filter(({ url }) => /^https?:/.test(url)).map((entry) => [entry.url, entry])).values()];
  return JSON.stringify({
    apiVersion: '',
    repositories: http.map(({ url, username = '', password = '' }, index) => ({
      name: `repository-${index}`,
      url,
      username,
      password,
      pass_credentials_all: false,
    })),
  });
}

/** Contents of the configuration of registries. It knows credentials by host alone: different ones for one host fail with `invalid`. */
export function registriesFile(repositories: readonly ChartRepository[]): string {
  const auths: Record<string, { auth: string }> = {};
  for (const { url, username, password } of repositories) {
    if (!url.startsWith('oci://') || username === undefined || password === undefined) continue;
    const host = url.slice('oci://'.length).split('/')[0]!;
    // The name that clients look up for the one registry which is called differently.
    const key = host === 'docker.io' ? 'https://index.docker.io/v1/' : host;
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    if (auths[key] !== undefined && auths[key].auth !== auth)
      throw new RenderError(
        'invalid',
        `there are different credentials for charts of ${host}; helm can use one per registry, so give it one that reads all`,
      );
    auths[key] = { auth };
  }
  return JSON.stringify({ auths });
}
