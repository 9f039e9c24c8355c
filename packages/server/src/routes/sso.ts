import type { FastifyReply, FastifyRequest } from 'fastify';
import { requiredFetch } from '../auth/oidc.ts';
import { SsoSignIn } from '../auth/sso-sign-in.ts';
import { badRequest, HttpError } from '../http/http-error.ts';
import { RateLimit } from '../http/rate-limit.ts';
import { jsonBody, textField } from '../http/request-body.ts';
import type { Routes } from '../route.ts';

/** Sign-ins that are taken of one address: each costs the identity provider a request. */
const SIGN_INS = { perSecond: 5, burst: 50 };

/** People sign in at the identity provider with the UI. Open to all: the provider decides. */
export const ssoRoutes: Routes = (server, { config }) => {
  const { clock, auth } = config;
  const limit = new RateLimit(SIGN_INS, clock);
  const signIn = auth.oidc === undefined ? undefined : new SsoSignIn({ ...auth.oidc, fetch: requiredFetch(config) });

  const admitted = (request: FastifyRequest, reply: FastifyReply): SsoSignIn => {
    if (signIn === undefined) throw new HttpError(403, 'this server has no identity provider');
    const wait = limit.take(request.ip);
    if (wait === 0) return signIn;
    void reply.header('retry-after', String(wait));
    throw new HttpError(429, 'too many attempts to sign in; try again in a moment');
  };

  server.post('/login/sso/begin', async (request, reply) =>
    admitted(request, reply).begin(required(jsonBody(request), 'redirectUri')),
  );

  server.post('/login/sso/complete', async (request, reply) => {
    const body = jsonBody(request);
    return admitted(request, reply).complete({
      callback: required(body, 'callback'),
      state: required(body, 'state'),
      nonce: required(body, 'nonce'),
      codeVerifier: required(body, 'codeVerifier'),
    });
  });

  server.post('/login/sso/renew', async (request, reply) =>
    admitted(request, reply).renew(required(jsonBody(request), 'refreshToken')),
  );
};

function required(body: Record<string, unknown>, name: string): string {
  const value = textField(body, name);
  if (value === undefined) throw badRequest(`${name} is missing`);
  return value;
}
