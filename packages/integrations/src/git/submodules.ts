/** Submodules as a repository declares them. Nothing that it says is run, and no address but http, https and ssh is followed. */
import { GitError } from './git-error.ts';
import type { GitRemote } from './port.ts';
import { hostOf, type CleanRemote } from './remote-url.ts';

/** Submodules within submodules that are followed. */
export const MAX_SUBMODULE_DEPTH = 8;
/** Submodules of one repository. */
const MAX_SUBMODULES = 200;

/** A submodule: a commit of another repository, in a folder. */
export interface Submodule {
  /** Relative to the work tree. */
  path: string;
  url: string;
  commit: string;
}

/**
 * The submodules of a work tree: `staged` is what `git ls-files --stage -z` says, `settings` what `git config -z --list` says of its
 * `.gitmodules`. Fails with `invalid` for those that have no usable address.
 */
export function submodulesOf(staged: string, settings: string, remote: CleanRemote): Submodule[] {
  const urls = urlsByPath(settings);
  const links = staged.split('\0').flatMap((entry) => {
    const match = /^160000 ([0-9a-f]{40,64}) 0\t([^]+)$/.exec(entry);
    return match === null ? [] : [{ commit: match[1]!, path: match[2]! }];
  });
  if (links.length > MAX_SUBMODULES)
    throw new GitError('invalid', `${remote.url} has ${links.length} submodules; at most ${MAX_SUBMODULES} are checked out`);
  return links.map(({ commit, path }) => {
    const url = urls.get(path);
    if (url === undefined)
      throw new GitError('invalid', `${remote.url} has a submodule ${path} of which .gitmodules tells no URL; add it there`);
    return { commit, path, url: absoluteURL(url, path, remote.url) };
  });
}

/** The remote of a submodule. Credentials go to the server they are for, and to no other. */
export function submoduleRemote({ url }: Submodule, parent: CleanRemote): GitRemote {
  const sameServer = hostOf(url) === hostOf(parent.url) && schemeOf(url) === schemeOf(parent.url);
  return {
    url,
    ...(sameServer ? { credentials: parent.credentials, insecureSkipTLSVerify: parent.insecureSkipTLSVerify } : {}),
    blobless: parent.blobless,
    depth: parent.depth,
  };
}

/** Reads `submodule.NAME.path` and `.url`; names may hold dots, keys do not. */
function urlsByPath(settings: string): Map<string, string> {
  const named = new Map<string, { path?: string; url?: string }>();
  for (const entry of settings.split('\0')) {
    const match = /^submodule\.([^]+)\.(path|url)\n([^]*)$/.exec(entry);
    if (match === null) continue;
    const [, name = '', key = '', value = ''] = match;
    named.set(name, { ...named.get(name), [key]: value });
  }
  return new Map([...named.values()].flatMap(({ path, url }) => (path === undefined || url === undefined ? [] : [[path, url]])));
}

/** Addresses that begin with `./` or `../` are relative to the repository's own, as git has it. */
function absoluteURL(url: string, path: string, base: string): string {
  if (!/^\.\.?(?:\/|$)/.test(url)) {
    if (/^(?:https?|ssh):\/\/[^-]/i.test(url) || (/^[A-Za-z0-9_][^:/\s]*:[^/\s]/.test(url) && !url.includes('::'))) return url;
    throw new GitError(
      'invalid',
      `${base} has a submodule ${path} with the address ${JSON.stringify(url)}, which is not followed: use https, ssh or a relative one`,
    );
  }
  let at = base.replace(/\/+$/, '');
  let rest = url;
  while (/^\.\.?(?:\/|$)/.test(rest)) {
    if (rest.startsWith('..')) at = at.slice(0, Math.max(at.lastIndexOf('/'), at.lastIndexOf(':') + 1));
    rest = rest.replace(/^\.\.?\/?/, '');
  }
  return `${at}${at.endsWith(':') ? '' : '/'}${rest}`;
}

function schemeOf(url: string): string {
  return /^([a-z]+):\/\//i.exec(url)?.[1]?.toLowerCase() ?? 'ssh';
}
