import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts';
import { HASH, openPipeline, type Harness } from './harness.ts';

const ADMIN = { adminPasswordHash: HASH, tokenSigningKey: 'signing key of these tests, long enough' };
const JANE = { sub: 'jane', email: 'jane@example.com', groups: ['devs'] };

interface Begun {
  authorizationUrl: string;
  state: string;
  nonce: string;
  codeVerifier: string;
}
interface Tokens {
  idToken: string;
  refreshToken: string;
}

describe('signing in at the identity provider with a browser', () => {
  let identity: IdentityProvider;
  let harness: Harness;
  let redirectUri: string;
  const anybody = { authorization: '' };
  const begin = async (): Promise<Begun> =>
    (await harness.call('POST', '/login/sso/begin', { redirectUri }, anybody)).body as Begun;
  const complete = (body: object): ReturnType<Harness['call']> => harness.call('POST', '/login/sso/complete', body, anybody);
  const actor = async (idToken: string): Promise<unknown> =>
    (await harness.call('GET', '/access/whoami', undefined, { authorization: `Bearer ${idToken}` })).body;

  beforeAll(async () => {
    // The page that people come back to: a port has to be known before the provider is.
    const page = await openPipeline();
    await page.server.listen({ host: '127.0.0.1', port: 0 });
    const webOrigin = `http://127.0.0.1:${(page.server.server.address() as AddressInfo).port}`;
    redirectUri = `${webOrigin}/login`;
    identity = await startIdentityProvider({ webOrigin });
    identity.current = JANE;
    harness = await openPipeline({
      rbac: true,
      fetch: (url, init) => fetch(url, init),
      auth: { ...ADMIN, oidc: { issuerURL: identity.issuer, clientID: identity.clientId, additionalScopes: ['groups'] } },
    });
    closePage = () => page.server.close();
  });
  let closePage: () => Promise<void> = () => Promise.resolve();
  afterAll(async () => {
    await Promise.all([closePage(), identity.close()]);
  });

  it('takes a page three calls, and leaves nothing on the server in between', async () => {
    const { authorizationUrl, ...kept } = await begin();
    const query = new URL(authorizationUrl).searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      client_id: 'kargo',
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid profile email groups offline_access',
      code_challenge_method: 'S256',
      state: kept.state,
      nonce: kept.nonce,
    });
    expect(query.get('code_challenge')).not.toBe(kept.codeVerifier);

    const { url: callback } = await identity.browse(authorizationUrl);
    const { status, body } = await complete({ callback, ...kept });
    expect(status).toBe(200);
    const { idToken, refreshToken } = body as Tokens;
    expect(await actor(idToken)).toMatchObject({ kind: 'person', actor: 'email:jane@example.com' });

    const renewed = await harness.call('POST', '/login/sso/renew', { refreshToken }, anybody);
    expect(await actor((renewed.body as Tokens).idToken)).toMatchObject({ actor: 'email:jane@example.com' });
    // A code is good for once.
    expect(await complete({ callback, ...kept })).toMatchObject({ status: 403 });
  });

  it.each(['state', 'nonce', 'codeVerifier'])('is refused with another %s than it began with', async (changed) => {
    const { authorizationUrl, ...kept } = await begin();
    const other = await begin();
    const { url: callback } = await identity.browse(authorizationUrl);
    const answer = await complete({ callback, ...kept, [changed]: other[changed as 'state'] });
    expect([answer.status, answer.text]).toEqual([403, expect.stringMatching(/^\{"error":"signing in was refused: /)]);
  });

  it('says what the provider says when it refuses', async () => {
    const { authorizationUrl, ...kept } = await begin();
    identity.current = undefined;
    const { url: callback } = await identity.browse(authorizationUrl);
    identity.current = JANE;
    expect(await complete({ callback, ...kept })).toMatchObject({
      status: 403,
      body: { error: 'signing in was refused: nobody is at home' },
    });
    const renewed = await harness.call('POST', '/login/sso/renew', { refreshToken: 'none' }, anybody);
    expect([renewed.status, renewed.text]).toEqual([403, expect.stringContaining('signing in was refused')]);
  });

  it.each([
    ['/login/sso/begin', {}, 400, 'redirectUri is missing'],
    ['/login/sso/begin', { redirectUri: 'javascript:alert(1)' }, 400, /is no address that a browser can be sent back to/],
    [
      '/login/sso/complete',
      { callback: '/login?code=secret', state: 'a', nonce: 'b', codeVerifier: 'c' },
      400,
      /^"\/login" is no address/,
    ],
    ['/login/sso/complete', { callback: 'x', state: 'a', nonce: 'b', codeVerifier: 'c' }, 400, /is no address/],
    ['/login/sso/complete', { callback: 'https://x/login', state: 'a', nonce: 'b' }, 400, 'codeVerifier is missing'],
    ['/login/sso/renew', { refreshToken: 1 }, 400, 'refreshToken must be a string'],
  ])('%s %j is a %i', async (path, body, status, error) => {
    const answer = await harness.call('POST', path, body, anybody);
    expect([answer.status, (answer.body as { error: string }).error]).toEqual([
      status,
      typeof error === 'string' ? error : expect.stringMatching(error),
    ]);
  });

  it('is not offered where there is no provider, and fails as what it is while the provider is away', async () => {
    const none = await openPipeline();
    expect(await none.call('POST', '/login/sso/begin', { redirectUri }, anybody)).toMatchObject({
      status: 403,
      body: { error: 'this server has no identity provider' },
    });
    let up = false;
    const away = await openPipeline({
      fetch: (url, init) => (up ? fetch(url, init) : Promise.reject(new TypeError('fetch failed'))),
      auth: { ...ADMIN, oidc: { issuerURL: identity.issuer, clientID: identity.clientId } },
    });
    expect((await away.call('POST', '/login/sso/begin', { redirectUri }, anybody)).status).toBe(502);
    up = true;
    const { authorizationUrl, ...kept } = (await away.call('POST', '/login/sso/begin', { redirectUri }, anybody)).body as Begun;
    const { url: callback } = await identity.browse(authorizationUrl);
    up = false;
    expect((await away.call('POST', '/login/sso/complete', { callback, ...kept }, anybody)).status).toBe(502);
    up = true;
    expect((await away.call('POST', '/login/sso/complete', { callback, ...kept }, anybody)).status).toBe(200);
  });

  it('is slowed down for whoever tries too often', async () => {
    const many = await Promise.all(
      Array.from({ length: 60 }, () => harness.call('POST', '/login/sso/begin', { redirectUri }, anybody)),
    );
    const refused = many.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.headers['retry-after']).toBe('1');
    await harness.clock.advanceBy(60_000);
  });
});
