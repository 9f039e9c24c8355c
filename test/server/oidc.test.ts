import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Role, RoleBinding, ServiceAccount } from '@kargo/api';
import Provider from 'oidc-provider';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPipeline, HASH, type Harness } from './harness.ts';
import { CLI_CLIENT, CLIENT, ISSUER, openIssuer, type Issuer } from './oidc-issuer.ts';

const ADMIN = { adminPasswordHash: HASH, tokenSigningKey: 'signing key of these tests, long enough' };

/** Lets people with some claims read Stages of the Project demo. */
async function letReadStages({ client: kube }: Harness, claims: object, namespace = 'demo'): Promise<void> {
  const metadata = { name: 'readers', namespace };
  await kube.create(ServiceAccount, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { ...metadata, annotations: { 'rbac.kargo.akuity.io/claims': JSON.stringify(claims) } },
  });
  await kube.create(Role, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { ...metadata, namespace: 'demo' },
    rules: [{ apiGroups: ['kargo.akuity.io'], resources: ['stages'], verbs: ['get', 'list'] }],
  });
  await kube.create(RoleBinding, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { ...metadata, namespace: 'demo' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'readers' },
    subjects: [{ kind: 'ServiceAccount', ...metadata }],
  });
}

describe('tokens of an identity provider', () => {
  let issuer: Issuer;
  let harness: Harness;
  let now = (): number => 0;
  const status = async (token: string, path = '/projects/demo/stages'): Promise<number> =>
    (await harness.call('GET', path, undefined, { authorization: `Bearer ${token}` })).status;

  beforeAll(async () => {
    issuer = await openIssuer({ now: () => now() });
    const oidc = { issuerURL: ISSUER, clientID: CLIENT, cliClientID: CLI_CLIENT, additionalScopes: ['groups'] };
    harness = await openPipeline({ rbac: true, fetch: issuer.fetch, auth: { ...ADMIN, oidc } });
    now = () => harness.clock.now();
    await letReadStages(harness, { groups: ['devs', 'ops'], email: 'boss@test' });
  });

  it('are told about in public', async () => {
    const answer = await harness.call('GET', '/system/public-server-config');
    expect(answer.body).toEqual({
      adminAccountEnabled: true,
      skipAuth: false,
      oidcConfig: {
        issuerUrl: ISSUER,
        clientId: CLIENT,
        cliClientId: CLI_CLIENT,
        scopes: ['openid', 'profile', 'email', 'groups'],
      },
    });
  });

  const cases: { name: string; claims: Record<string, unknown>; want: number }[] = [
    { name: 'with one of several values of a claim', claims: { groups: ['ops', 'other'] }, want: 200 },
    { name: 'with another claim', claims: { email: 'boss@test' }, want: 200 },
    { name: 'for the command line', claims: { groups: ['devs'], aud: CLI_CLIENT }, want: 200 },
    { name: 'with claims that lead nowhere', claims: { groups: ['others'], email: 'x@test' }, want: 403 },
    { name: 'with a value that only looks alike', claims: { groups: 'devs,ops' }, want: 403 },
    { name: 'with a list that holds more than texts', claims: { groups: ['devs', 1] }, want: 403 },
    { name: 'for another client', claims: { groups: ['devs'], aud: 'somebody-else' }, want: 401 },
    { name: 'for several clients, given to another one', claims: { groups: ['devs'], aud: [CLIENT, 'x'], azp: 'x' }, want: 401 },
    { name: 'for several clients, given to ours', claims: { groups: ['devs'], aud: [CLIENT, 'x'], azp: CLIENT }, want: 200 },
    { name: 'without a subject', claims: { groups: ['devs'], sub: undefined }, want: 401 },
    { name: 'that names people by something that is no text', claims: { groups: ['devs'], email: ['a'] }, want: 500 },
  ];
  it.each(cases)('$name: $want', async ({ claims, want }) => {
    expect(await status(await issuer.sign(claims))).toBe(want);
  });

  it('end, and begin, with half a minute of mercy for clocks', async () => {
    const seconds = Math.floor(now() / 1000);
    expect(await status(await issuer.sign({ groups: ['devs'], exp: seconds - 20 }))).toBe(200);
    expect(await status(await issuer.sign({ groups: ['devs'], exp: seconds - 40 }))).toBe(401);
    expect(await status(await issuer.sign({ groups: ['devs'], nbf: seconds + 20 }))).toBe(200);
    expect(await status(await issuer.sign({ groups: ['devs'], nbf: seconds + 40 }))).toBe(401);
  });

  it('are not taken when somebody else signed them, or nobody, or with what is public', async () => {
    const stranger = await openIssuer({ now });
    expect(await status(await stranger.sign({ groups: ['devs'] }))).toBe(401);
    expect(await status(await issuer.sign({ groups: ['devs'] }, { alg: 'HS256', key: new TextEncoder().encode(CLIENT) }))).toBe(
      401,
    );
    const [, payload = ''] = (await issuer.sign({ groups: ['devs'] })).split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    expect(await status(unsigned)).toBe(401);
  });

  it('of a new key are taken without a restart', async () => {
    await harness.clock.advanceBy(60_000);
    const before = await issuer.sign({ groups: ['devs'] });
    await issuer.rotate();
    // The pause between two looks at the keys is of the real world.
    await new Promise((resolve) => {
      setTimeout(resolve, 1100);
    });
    expect(await status(await issuer.sign({ groups: ['devs'] }))).toBe(200);
    expect(await status(before)).toBe(200);
  });

  it('give roles as soon as the role has the claim, and take them as soon as it has not', async () => {
    const token = await issuer.sign({ groups: ['night-shift'] });
    expect(await status(token)).toBe(403);
    const role = { role: 'readers', userClaims: { claims: [{ name: 'groups', values: ['night-shift'] }] } };
    const account = await harness.client.get(ServiceAccount, { namespace: 'demo', name: 'readers' });
    const annotations = { ...account.metadata.annotations, 'rbac.kargo.akuity.io/claim.groups': 'day-shift, night-shift' };
    await harness.client.update(ServiceAccount, { ...account, metadata: { ...account.metadata, annotations } });
    expect([await status(token), role.role]).toEqual([200, 'readers']);
    await harness.client.delete(ServiceAccount, { namespace: 'demo', name: 'readers' });
    expect(await status(token)).toBe(403);
  });

  it('cannot be judged while the provider is away, which is nobody’s fault but is not kept', async () => {
    const away = await openIssuer({ now });
    const other = await openPipeline({
      rbac: true,
      fetch: away.fetch,
      auth: { ...ADMIN, oidc: { issuerURL: ISSUER, clientID: CLIENT } },
    });
    const token = await away.sign({ email: 'a@test' });
    const ask = async (): Promise<number> =>
      (await other.call('GET', '/access/whoami', undefined, { authorization: `Bearer ${token}` })).status;
    away.up = false;
    expect(await ask()).toBe(500);
    away.up = true;
    expect(await ask()).toBe(200);
  });

  it('stand in events and annotations by the claim that names people', async () => {
    const sub = await issuer.sign({ email: undefined, sub: 'subject-1' });
    const whoami = await harness.call('GET', '/access/whoami', undefined, { authorization: `Bearer ${sub}` });
    expect(whoami.body).toMatchObject({ kind: 'person', actor: 'subject:subject-1' });
  });
});

describe('a real OpenID Connect provider', () => {
  let http: Server;
  let url: string;
  const redirect = 'http://localhost/auth/callback';

  beforeAll(async () => {
    http = createServer();
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const provider = new Provider(url, {
      clients: [
        {
          client_id: CLIENT,
          token_endpoint_auth_method: 'none',
          application_type: 'native',
          redirect_uris: [redirect],
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
        },
      ],
      pkce: { required: () => true },
      scopes: ['openid', 'offline_access', 'email', 'groups'],
      claims: { openid: ['sub'], email: ['email'], groups: ['groups'] },
      conformIdTokenClaims: false,
      findAccount: (_context, id) => ({
        accountId: id,
        claims: () => ({ sub: id, email: `${id}@example.com`, groups: ['devs'] }),
      }),
      cookies: { keys: ['cookie key of this test'] },
    });
    // It says that its keys and pages are for development, which they are.
    const warn = console.warn;
    const info = console.info;
    console.warn = () => undefined;
    console.info = () => undefined;
    const handle = provider.callback();
    http.on('request', (request, response) => void handle(request, response));
    console.warn = warn;
    console.info = info;
  });
  afterAll(() => {
    http.closeAllConnections();
    http.close();
  });

  it('signs people in with a code and PKCE, and its tokens open what their roles allow', async () => {
    const harness = await openPipeline({
      rbac: true,
      fetch: (target, init) => fetch(target, init),
      auth: { ...ADMIN, oidc: { issuerURL: url, clientID: CLIENT, additionalScopes: ['groups'] } },
    });
    await letReadStages(harness, { groups: ['devs'] });
    const { oidcConfig } = (await harness.call('GET', '/system/public-server-config')).body as {
      oidcConfig: { issuerUrl: string; clientId: string; scopes: string[] };
    };

    const found = await client.discovery(new URL(oidcConfig.issuerUrl), oidcConfig.clientId, undefined, client.None(), {
      execute: [client.allowInsecureRequests],
    });
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const start = client.buildAuthorizationUrl(found, {
      redirect_uri: redirect,
      scope: oidcConfig.scopes.filter((scope) => scope !== 'profile').join(' '),
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    });
    const callback = await signInAt(start, 'alice', redirect);
    const tokens = await client.authorizationCodeGrant(found, callback, { pkceCodeVerifier: verifier, expectedState: state });

    const as = { authorization: `Bearer ${tokens.id_token ?? ''}` };
    expect((await harness.call('GET', '/access/whoami', undefined, as)).body).toMatchObject({
      kind: 'person',
      actor: 'email:alice@example.com',
      accounts: [{ namespace: 'demo', name: 'readers' }],
    });
    expect((await harness.call('GET', '/projects/demo/stages', undefined, as)).status).toBe(200);
    expect((await harness.call('DELETE', '/projects/demo/stages/test', undefined, as)).status).toBe(403);
    // An access token says who may ask the provider, not who somebody is.
    expect(
      (await harness.call('GET', '/access/whoami', undefined, { authorization: `Bearer ${tokens.access_token}` })).status,
    ).toBe(401);
  });
});

/** Does what a person does in a browser: signs in, consents, and is sent back. Returns where to. */
async function signInAt(start: URL, login: string, end: string): Promise<URL> {
  const cookies = new Map<string, string>();
  const visit = async (at: URL, form?: Record<string, string>): Promise<Response> => {
    const response = await fetch(at, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return response;
  };
  let at = start;
  let response = await visit(at);
  for (let step = 0; step < 12; step++) {
    const location = response.headers.get('location');
    if (location !== null) {
      at = new URL(location, at);
      if (at.href.startsWith(end)) return at;
      response = await visit(at);
      continue;
    }
    const page = await response.text();
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? '';
    response = await visit(at, prompt === 'login' ? { prompt, login, password: 'any' } : { prompt });
  }
  throw new Error(`signing in did not end: ${at.href}`);
}
