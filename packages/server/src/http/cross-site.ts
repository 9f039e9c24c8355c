import type { FastifyRequest } from 'fastify';
import { HttpError } from './http-error.ts';

/**
 * Refuses what a page of another site makes a browser send to a server that asks nobody who they are: there the browser's mere reach is
 * all the proof there is. Requests with tokens need no such guard, since pages cannot add the token. Names that lead here only because
 * somebody's DNS says so are refused too.
 */
export function refuseCrossSite(request: FastifyRequest, hosts: ReadonlySet<string>): void {
  const { 'sec-fetch-site': site, origin, host = '' } = request.headers;
  const name = hostname(host);
  if (!hosts.has(name)) throw new HttpError(403, `this server is not ${name}; it answers to ${[...hosts].join(', ')}`);
  const foreign = site === 'cross-site' || (origin !== undefined && origin !== 'null' && hostOf(origin) !== host);
  if (foreign || origin === 'null') throw new HttpError(403, 'requests from pages of other sites are refused');
}

function hostname(host: string): string {
  return /^\[[^\]]*\]/.exec(host)?.[0] ?? host.split(':', 1)[0] ?? '';
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : origin;
}
