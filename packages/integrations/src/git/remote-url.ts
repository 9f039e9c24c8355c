import { GitError } from './git-error.ts';
import type { GitCredentials, GitRemote } from './port.ts';

/** A remote whose URL carries no credentials any more. */
export interface CleanRemote {
  url: string;
  /** `host[:port]` of http(s) URLs: where a password may be sent. */
  httpHost?: string | undefined;
  credentials: GitCredentials;
  insecureSkipTLSVerify: boolean;
  blobless: boolean;
  /** Commits of each history in clones; all if absent. */
  depth?: number | undefined;
}

/** What git takes for the whole history. */
const MAX_DEPTH = 2_147_483_646;

const SCP = /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9[][A-Za-z0-9.:[\]-]*:(?!\/\/)[^-\s][^\s]*$/;

/**
 * Checks the URL of a repository (http, https, ssh or `user@host:path`) and moves credentials written into it to where they belong.
 * Fails with `GitError` `invalid`.
 */
export function cleanRemote(remote: GitRemote): CleanRemote {
  const clean = withoutDepth(remote);
  const { depth } = remote;
  if (depth === undefined) return clean;
  if (!Number.isSafeInteger(depth) || depth < 1 || depth > MAX_DEPTH)
    throw new GitError('invalid', `the depth of a clone must be a whole number from 1 to ${MAX_DEPTH}, not ${depth}`);
  return { ...clean, depth };
}

function withoutDepth(remote: GitRemote): CleanRemote {
  const insecureSkipTLSVerify = remote.insecureSkipTLSVerify === true;
  const blobless = remote.blobless === true;
  const credentials = remote.credentials ?? {};
  const text = remote.url.trim();
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f]/.test(text)) throw unusable('it contains blanks or control characters');
  if (/^(?:https?|ssh):\/\//i.test(text)) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || url.hostname === '' || url.hostname.startsWith('-')) throw unusable('its host cannot be read');
    if (url.protocol === 'ssh:') {
      url.password = '';
      return { url: url.href, credentials, insecureSkipTLSVerify, blobless };
    }
    const own = { username: decode(url.username), password: decode(url.password) };
    url.username = '';
    url.password = '';
    const given = credentials.username !== undefined || credentials.password !== undefined;
    const clean = text.replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1');
    return {
      url: clean,
      // As it is written, since git asks for the password in these words.
      httpHost: /^[a-z]+:\/\/([^/?#]*)/i.exec(clean)?.[1] ?? url.host,
      credentials: given || own.username === '' ? credentials : { ...credentials, ...own },
      insecureSkipTLSVerify,
      blobless,
    };
  }
  if (!text.includes('://') && SCP.test(text)) return { url: text, credentials, insecureSkipTLSVerify, blobless };
  throw unusable('use https://, http://, ssh:// or user@host:path');
}

/** `url` without user information, for messages and records; unreadable ones are not shown at all. */
export function displayURL(url: string): string {
  try {
    return cleanRemote({ url }).url;
  } catch (error) {
    if (error instanceof GitError) return '(unreadable URL)';
    throw error;
  }
}

/** The server of a clean URL. */
export function hostOf(url: string): string {
  if (url.includes('://') && URL.canParse(url)) return new URL(url).host;
  return /^(?:[^@]*@)?([^:]+):/.exec(url)?.[1] ?? '';
}

/** Every value of a remote that must not be shown. */
export function secretsOf(credentials: GitCredentials): string[] {
  return [credentials.password, credentials.sshPrivateKey].filter((value) => value !== undefined && value !== '') as string[];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function unusable(why: string): GitError {
  return new GitError('invalid', `the URL of the git repository cannot be used: ${why}`);
}
