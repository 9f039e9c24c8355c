import { toByteString } from './bytes.ts';
import { cleanURL, lowerCase } from './clean-url.ts';
import { parseURL } from './rfc3986-url.ts';

const DOCKER_HUB = new Set(['index.docker.io', 'docker.io', 'registry-1.docker.io']);

interface Repository {
  /** Absent: Docker Hub. */
  registry: string | undefined;
  path: string;
}

function parseRepository(text: string): Repository | undefined {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  const registry = slash >= 0 && (/[.:]/.test(first) || first === 'localhost') ? first : undefined;
  const path = registry === undefined ? text : text.slice(slash + 1);
  if (!/^[a-z0-9_./-]{1,255}$/.test(path)) return undefined;
  if (registry !== undefined && parseURL(toByteString(`//${registry}`))?.host !== registry) return undefined;
  return { registry: registry === undefined || DOCKER_HUB.has(registry) ? undefined : registry, path };
}

function parseTagged(text: string): Repository | undefined {
  const colon = text.lastIndexOf(':');
  if (colon < 0 || text.includes('/', colon)) return parseRepository(text);
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(text.slice(colon + 1))) return undefined;
  return parseRepository(text.slice(0, colon));
}

function parseDigested(text: string): Repository | undefined {
  const [base, digest, ...more] = text.split('@');
  if (base === undefined || digest === undefined || more.length > 0 || !/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  return parseTagged(base) ?? parseRepository(base);
}

/**
 * One form for all spellings of an image repository: lower case, without tag and digest, Docker Hub without its host and `library/`.
 * What is no image reference comes back unchanged.
 */
export function normalizeImageURL(original: string): string {
  const text = lowerCase(cleanURL(original));
  const repository = parseTagged(text) ?? parseDigested(text);
  if (repository === undefined) return original;
  const { registry, path } = repository;
  return registry === undefined ? path.replace(/^library\//, '') : `${registry}/${path}`;
}
