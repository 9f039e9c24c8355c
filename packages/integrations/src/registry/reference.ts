import { RegistryError } from './registry-error.ts';

/** Where a repository lives. */
export interface RepositoryReference {
  /** Host and port as users write them, `docker.io` for Docker Hub. */
  registry: string;
  /** Host and port that serve the API. */
  apiHost: string;
  /** Path of the repository within the registry. */
  path: string;
  /** A registry on this very machine: plain HTTP is fine. */
  loopback: boolean;
}

const PATH = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/;

/**
 * Reads a repository as users write it, with the rules of Docker: without a host it is on Docker Hub, and there without a slash it
 * is one of the official images. A tag or digest is not part of it. Fails with `RegistryError` `invalid`.
 */
export function parseRepository(repository: string): RepositoryReference {
  const slash = repository.indexOf('/');
  const first = slash < 0 ? '' : repository.slice(0, slash);
  const hasHost = first === 'localhost' || /[.:]/.test(first);
  const registry = !hasHost || first === 'index.docker.io' || first === 'registry-1.docker.io' ? 'docker.io' : first;
  let path = hasHost ? repository.slice(slash + 1) : repository;
  if (registry === 'docker.io' && !path.includes('/')) path = `library/${path}`;
  if (!PATH.test(path) || !HOST.test(registry) || repository.length > 255) {
    throw new RegistryError(
      'invalid',
      `${JSON.stringify(repository)} is not the name of an image repository; write [host[:port]/]path in lower case, without tag`,
    );
  }
  const host = registry.replace(/:[0-9]+$/, '');
  return {
    registry,
    apiHost: registry === 'docker.io' ? 'registry-1.docker.io' : registry,
    path,
    loopback: isLoopbackHost(host),
  };
}

/** Whether a host name or address (without port) is this very machine. */
export function isLoopbackHost(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || /^127\.\d+\.\d+\.\d+$/.test(host) || host === '[::1]' || host === '::1'
  );
}
