import { fromByteString, toByteString } from './bytes.ts';
import { cleanURL, lowerCase } from './clean-url.ts';
import { formatURL, hasQueryParameters, parseURL, type ParsedURL } from './rfc3986-url.ts';

const SCP_LIKE = /^((?:[\w-]+@)?[\w-]+(?:\.[\w-]+)*)(?::(.*))?$/;

function trimmed(url: ParsedURL): ParsedURL {
  return { ...url, path: url.path.replace(/\/$/, '').replace(/\.git$/, '') };
}

/**
 * One form for all spellings of a repository's URL: lower case, no credentials in HTTP URLs, no trailing `/` or `.git`, SSH as `ssh://`.
 * What it cannot read, or an HTTP or SSH URL with a query, comes back unchanged.
 */
export function normalizeGitURL(original: string): string {
  const text = lowerCase(cleanURL(original));
  const isHTTP = /^https?:\/\//.test(text);
  if (isHTTP || text.startsWith('ssh://')) {
    const url = parseURL(toByteString(text));
    if (url === undefined || hasQueryParameters(url)) return original;
    return fromByteString(formatURL(trimmed({ ...url, user: isHTTP ? undefined : url.user })));
  }
  const [, userHost, rest = ''] = SCP_LIKE.exec(text) ?? [];
  if (userHost === undefined) return original;
  const path = parseURL(toByteString(rest));
  if (path === undefined) return original;
  const url = trimmed(path);
  return url.path === '' ? `ssh://${userHost}` : `ssh://${userHost}/${fromByteString(formatURL(url))}`;
}
