import type { Clock, UserInfo } from '@kargo/kube';
import type { FastifyRequest } from 'fastify';
import { HttpError } from '../http/http-error.ts';
import { isAdminToken, issuerOf, type AdminAccount } from './admin-token.ts';
import type { Identity } from './identity.ts';

/** Routes that need no token. */
const OPEN_ROUTES = new Set(['GET /v1beta1/system/public-server-config', 'POST /v1beta1/login']);

export interface AuthenticationOptions {
  /** No authentication at all: everybody is the local user. For servers that only this machine can reach. */
  skip: boolean;
  admin: AdminAccount | undefined;
  /** Whose token this is, as the Kubernetes API sees it; undefined for a token it does not accept. Throws when it cannot be asked. */
  reviewToken: ((token: string, signal?: AbortSignal) => Promise<UserInfo | undefined>) | undefined;
  clock: Clock;
}

/** Finds out who makes a request. Fails with 401; undefined on routes that are open to all. */
export async function authenticate(request: FastifyRequest, options: AuthenticationOptions): Promise<Identity | undefined> {
  if (options.skip) return { kind: 'local' };
  if (OPEN_ROUTES.has(`${request.method} ${request.url.split('?', 1)[0] ?? ''}`)) return undefined;
  const token = tokenOf(request);
  if (token === undefined) throw new HttpError(401, 'no token provided');
  const { admin, reviewToken } = options;
  if (admin !== undefined && issuerOf(token) === admin.issuer) {
    if (await isAdminToken(admin, token, options.clock)) return { kind: 'admin' };
    throw new HttpError(401, 'invalid token');
  }
  // Tokens of Kubernetes need not be JWTs.
  const user = await reviewToken?.(token);
  if (user === undefined) throw new HttpError(401, 'invalid token');
  return { kind: 'kubernetes', user };
}

/** The token, with or without `Bearer` before it. */
function tokenOf(request: FastifyRequest): string | undefined {
  const token = (request.headers.authorization ?? '').replace(/^Bearer\s+/i, '').trim();
  return token === '' || /^bearer$/i.test(token) ? undefined : token;
}
