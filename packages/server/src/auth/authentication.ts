import type { Clock, UserInfo } from '@kargo/kube';
import type { FastifyRequest } from 'fastify';
import { claimTexts, type Claims } from '../access/claims.ts';
import { HttpError } from '../http/http-error.ts';
import { endOf, isAdminToken, issuerOf, type AdminAccount } from './admin-token.ts';
import type { AccountKey, Identity } from './identity.ts';
import { personActor, type OidcVerifier } from './oidc.ts';

export interface AuthenticationOptions {
  /** No authentication at all: everybody is the local user. For servers that only this machine can reach. */
  skip: boolean;
  admin: AdminAccount | undefined;
  /** Checks tokens of people; absent where there is no identity provider. */
  oidc: OidcVerifier | undefined;
  /** The claim that names people. */
  usernameClaim: string | undefined;
  /** ServiceAccounts that claims lead to. */
  accountsOf: (claims: Claims) => Promise<readonly AccountKey[]>;
  /** Whose token this is, as the Kubernetes API sees it; undefined for a token it does not accept. Throws when it cannot be asked. */
  reviewToken: ((token: string, signal?: AbortSignal) => Promise<UserInfo | undefined>) | undefined;
  clock: Clock;
}

/** Longest token that is looked at, in characters. */
const LONGEST_TOKEN = 16_384;

/** Finds out who makes a request. Fails with 401. */
export async function authenticate(request: FastifyRequest, options: AuthenticationOptions): Promise<Identity> {
  if (options.skip) return { kind: 'local' };
  const token = tokenOf(request);
  if (token === undefined) throw new HttpError(401, 'no token provided');
  if (token.length > LONGEST_TOKEN) throw new HttpError(401, 'invalid token');
  const { admin, oidc, reviewToken } = options;
  const issuer = issuerOf(token);
  if (admin !== undefined && issuer === admin.issuer) {
    if (await isAdminToken(admin, token, options.clock)) return { kind: 'admin' };
    throw new HttpError(401, 'invalid token');
  }
  if (oidc !== undefined && issuer === oidc.issuer) return person(token, oidc, options);
  // Tokens of Kubernetes need not be JWTs.
  const user = await reviewToken?.(token);
  if (user === undefined) throw new HttpError(401, 'invalid token');
  return { kind: 'kubernetes', user };
}

async function person(
  token: string,
  oidc: OidcVerifier,
  { usernameClaim, accountsOf }: AuthenticationOptions,
): Promise<Identity> {
  const payload = await oidc.verify(token);
  if (payload === undefined) throw new HttpError(401, 'invalid token');
  const actor = personActor(payload, usernameClaim);
  const claims = claimTexts(payload);
  return { kind: 'person', actor, claims, accounts: await accountsOf(claims) };
}

/** When what proves who makes the request ends, in milliseconds since the epoch; undefined where it does not, or is not known. */
export function sessionEnd(request: FastifyRequest): number | undefined {
  const token = tokenOf(request);
  return token === undefined || request.identity === undefined || request.identity.kind === 'local' ? undefined : endOf(token);
}

/** The token, with or without `Bearer` before it. */
function tokenOf(request: FastifyRequest): string | undefined {
  const token = (request.headers.authorization ?? '').replace(/^Bearer\s+/i, '').trim();
  return token === '' || /^bearer$/i.test(token) ? undefined : token;
}
