import { posix } from 'node:path';
import { sha256Hex } from './hash.ts';

export interface ReceiverIdentity {
  /** Path of the URL under which receivers are served; may be empty. */
  basePath: string;
  /** E.g. `github`. */
  type: string;
  /** Empty for receivers of the cluster. */
  project: string;
  name: string;
  secret: string;
}

/** The path at which a webhook receiver listens. It cannot be guessed without the receiver's secret. */
export function receiverPath({ basePath, type, project, name, secret }: ReceiverIdentity): string {
  return posix.join('/', basePath, type, sha256Hex(`${project}${name}${secret}`));
}

/**
 * The whole URL of a receiver whose path was made with {@link receiverBasePath} of the same base URL. Nothing of the base URL but its path
 * is rewritten: senders have registered what was published.
 */
export function receiverURL(baseURL: string, path: string): string {
  return `${/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(baseURL)?.[0] ?? ''}${path}`;
}

/** The path part of the URL under which receivers are served; empty if it has none. */
export function receiverBasePath(baseURL: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(baseURL)?.[1] ?? '';
}
