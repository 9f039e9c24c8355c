import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Configuration } from 'oidc-provider';

/** Somebody the identity provider knows. */
export interface Person {
  sub: string;
  email?: string;
  groups?: readonly string[];
}

/** A real OpenID Connect provider on a port of this machine, at which `current` is always logged in. */
export interface IdentityProvider {
  issuer: string;
  clientId: string;
  cliClientId: string;
  /** Who logs in next; undefined refuses. */
  current: Person | undefined;
  /** Seconds that identity tokens are good for which are given from now on. */
  idTokenTtl: number;
  /** A browser: follows redirects with cookies, as a person who logs in. Gives the last page, which may be of another server. */
  browse(url: string): Promise<{ url: string; status: number; text: string }>;
  close(): Promise<void>;
}

/** Starts an identity provider with a client for the web UI at `webOrigin` and one for the command line. */
export async function startIdentityProvider(
  options: { webOrigin?: string; idTokenTtl?: number } = {},
): Promise<IdentityProvider> {
  const { Provider, interactionPolicy } = await import('oidc-provider');
  const policy = interactionPolicy.base();
  // Programs on a person's own machine would have to ask for consent each time.
  policy.get('consent')?.checks.remove('native_client_prompt');
  let handle: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  const server: Server = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const people = new Map<string, Person>();
  const identity: IdentityProvider = {
    issuer,
    clientId: 'kargo',
    cliClientId: 'kargo-cli',
    current: undefined,
    idTokenTtl: options.idTokenTtl ?? 3600,
    browse: (url) => browse(url),
    close: () =>
      new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
  const provider = new Provider(issuer, {
    ...configuration(people, options.webOrigin, () => identity.idTokenTtl),
    interactions: { policy, url: (_context, interaction) => `/interaction/${interaction.uid}` },
  });
  const ordinary = provider.callback();
  handle = (request, response) => {
    if (request.url?.startsWith('/interaction/') !== true) {
      void ordinary(request, response);
      return;
    }
    const person = identity.current;
    if (person !== undefined) people.set(person.sub, person);
    const result =
      person === undefined
        ? { error: 'access_denied', error_description: 'nobody is at home' }
        : { login: { accountId: person.sub } };
    provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false }).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  };
  return identity;
}

function configuration(
  people: ReadonlyMap<string, Person>,
  webOrigin: string | undefined,
  idTokenTtl: () => number,
): Configuration {
  const publicClient = { token_endpoint_auth_method: 'none', response_types: ['code'] } as const;
  return {
    clients: [
      {
        ...publicClient,
        client_id: 'kargo',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [`${webOrigin ?? 'http://localhost:0'}/login`],
        // So that plain HTTP on this machine will do.
        application_type: 'native',
      },
      {
        ...publicClient,
        client_id: 'kargo-cli',
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        redirect_uris: ['http://localhost/auth/callback'],
        application_type: 'native',
      },
    ],
    cookies: { keys: ['a key of tests'] },
    claims: { openid: ['sub'], email: ['email'], profile: ['name'], groups: ['groups'] },
    scopes: ['openid', 'offline_access', 'email', 'profile', 'groups'],
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false }, deviceFlow: { enabled: true } },
    pkce: { required: () => true },
    clientBasedCORS: () => true,
    issueRefreshToken: async (_context, client) => client.grantTypeAllowed('refresh_token'),
    ttl: {
      IdToken: idTokenTtl,
      AccessToken: 3600,
      Grant: 3600,
      Session: 3600,
      Interaction: 600,
      RefreshToken: 3600,
      DeviceCode: 600,
    },
    findAccount: (_context, id) => {
      const person = people.get(id);
      return person === undefined ? undefined : { accountId: id, claims: () => ({ ...person }) };
    },
    // Everything that is asked for is granted, so that nobody has to consent.
    loadExistingGrant: async (context) => {
      const { client, session, params } = context.oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grant = new context.oidc.provider.Grant({ accountId: session.accountId, clientId: client.clientId });
      grant.addOIDCScope(typeof params?.['scope'] === 'string' ? params['scope'] : 'openid');
      await grant.save();
      return grant;
    },
  };
}

/** Follows redirects, and sends every form on as it came: a person who agrees to everything. */
async function browse(start: string): Promise<{ url: string; status: number; text: string }> {
  const cookies = new Map<string, string>();
  let url = start;
  let form: URLSearchParams | undefined;
  for (let hop = 0; hop < 16; hop += 1) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      const equals = pair.indexOf('=');
      cookies.set(pair.slice(0, equals), pair.slice(equals + 1));
    }
    const text = await response.text();
    const next = response.headers.get('location');
    const sent = next === null ? formOf(text) : undefined;
    if (next === null && sent === undefined) return { url, status: response.status, text };
    form = sent?.fields;
    url = new URL(next ?? sent?.action ?? '', url).href;
  }
  throw new Error(`${start} leads on and on`);
}

function formOf(page: string): { action: string; fields: URLSearchParams } | undefined {
  const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
  if (action === undefined) return undefined;
  const fields = new URLSearchParams();
  for (const [input] of page.matchAll(/<input[^>]*>/g)) {
    const name = / name="([^"]*)"/.exec(input)?.[1];
    if (name !== undefined) fields.set(name, / value="([^"]*)"/.exec(input)?.[1] ?? '');
  }
  return { action, fields };
}
