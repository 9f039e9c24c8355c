import { runCLI, type CLIIO } from '@kargo/cli';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts';

const JANE = { sub: 'jane', email: 'jane@example.com', groups: ['devs'] };

let identity: IdentityProvider;
let server: Server;
let address: string;
let home: string;
let opened: string[];
let seenTokens: string[];

beforeAll(async () => {
  identity = await startIdentityProvider();
  server = createServer((request, response) => {
    response.setHeader('Content-Type', 'application/json');
    if (request.url === '/v1beta1/system/public-server-config') {
      const { issuer: issuerUrl, clientId, cliClientId } = identity;
      response.end(JSON.stringify({ oidcConfig: { issuerUrl, clientId, cliClientId, scopes: ['openid', 'email', 'groups'] } }));
      return;
    }
    seenTokens.push((request.headers.authorization ?? '').replace('Bearer ', ''));
    response.end(JSON.stringify({ items: [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await identity.close();
});

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kargo-sso-'));
  opened = [];
  seenTokens = [];
  identity.current = JANE;
});

afterEach(() => rmSync(home, { recursive: true }));

interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

async function kargo(argv: readonly string[], { browser = true, ahead = 0 } = {}): Promise<Said> {
  const said = { stdout: '', stderr: '' };
  const visit = (url: string): Promise<unknown> => identity.browse(url);
  const io: CLIIO = {
    stdout: { write: (text) => (said.stdout += text) },
    stderr: {
      write: (text) => {
        said.stderr += text;
        const shown = /^ {2}(http\S+)$/m.exec(text)?.[1];
        if (shown !== undefined) void visit(shown);
        const device = /^or visit (\S+)/m.exec(text)?.[1];
        if (device !== undefined) void visit(device);
      },
    },
    stdin: (async function* () {})(),
    env: { HOME: home },
    cwd: home,
    fetch: (url, { method, headers, body, signal }) =>
      fetch(url, { method, headers, ...(body === undefined ? {} : { body }), ...(signal === undefined ? {} : { signal }) }),
    now: () => Date.now() + ahead,
    sleep: (_, { signal } = {}) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
    isTTY: false,
    promptSecret: () => Promise.reject(new Error('nobody is there')),
    openBrowser: async (url) => {
      opened.push(url);
      if (!browser) throw new Error('no display');
      await visit(url);
    },
    run: () => Promise.reject(new Error('nothing can be run here')),
  };
  return { code: await runCLI(argv, io), ...said };
}

function stored(): Record<string, string> {
  return parse(readFileSync(join(home, '.config/kargo/config'), 'utf8')) as Record<string, string>;
}

function claimsOf(token: string | undefined): Record<string, unknown> {
  return JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

describe('login --sso', () => {
  it('logs in through the browser with PKCE and keeps the ID token and the refresh token', async () => {
    const said = await kargo(['login', address, '--sso']);
    expect(said).toMatchObject({ code: 0, stdout: '' });
    const authorization = new URL(opened[0] ?? '');
    expect(authorization.searchParams.get('code_challenge_method')).toBe('S256');
    expect(authorization.searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+\/auth\/callback$/);
    expect(authorization.searchParams.get('scope')?.split(' ')).toEqual(['openid', 'email', 'groups', 'offline_access']);
    const { authMethod, bearerToken, refreshToken } = stored();
    expect(authMethod).toBe('sso');
    expect(claimsOf(bearerToken)).toMatchObject({ ...JANE, iss: identity.issuer, aud: 'kargo-cli' });
    expect(refreshToken).toMatch(/./);
  });

  it('renews an expired token without the person, and keeps what it got', async () => {
    await kargo(['login', address, '--sso']);
    const before = stored();
    const said = await kargo(['get', 'projects'], { ahead: 2 * 3_600_000 });
    expect(said).toMatchObject({ code: 0, stderr: '' });
    const after = stored();
    expect(after['refreshToken']).not.toBe(before['refreshToken']);
    expect(seenTokens).toEqual([after['bearerToken']]);
  });

  it.each([
    ['--no-browser shows the address', ['--no-browser'], true],
    ['a browser that cannot be opened is no obstacle', [], false],
  ])('%s', async (_, flags, browser) => {
    const said = await kargo(['login', address, '--sso', ...flags], { browser });
    expect(said.stderr).toMatch(/Visit this address/);
    expect(said.code).toBe(0);
    expect(claimsOf(stored()['bearerToken'])).toMatchObject({ sub: 'jane' });
  });

  it('--device logs in on another device', async () => {
    const said = await kargo(['login', address, '--sso', '--device']);
    expect(said.stderr).toMatch(/Visit http\S+ on any device and enter the code [A-Z-]+/);
    expect(said.code).toBe(0);
    expect(claimsOf(stored()['bearerToken'])).toMatchObject({ sub: 'jane' });
  });

  it('says what the provider says when it refuses', async () => {
    identity.current = undefined;
    const said = await kargo(['login', address, '--sso']);
    expect(said.code).not.toBe(0);
    expect(said.stderr).toContain('the identity provider refused the login: nobody is at home');
  });

  it.each([
    ['without a state', () => '', 400],
    ['with the state of another login', () => '?state=other&code=x', 400],
    ['at another path', () => '/elsewhere', 404],
  ])('an answer %s does not end the wait', async (_, query, status) => {
    const original = identity.browse;
    identity.browse = async (url) => {
      const back = new URL(url).searchParams.get('redirect_uri') ?? '';
      expect((await fetch(`${back}${query()}`)).status).toBe(status);
      return original(url);
    };
    try {
      expect((await kargo(['login', address, '--sso'])).code).toBe(0);
    } finally {
      identity.browse = original;
    }
  });

  it('says when the port for the way back is taken', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, 'localhost', resolve));
    const { port } = blocker.address() as AddressInfo;
    try {
      const said = await kargo(['login', address, '--sso', '--port', String(port)]);
      expect(said.stderr).toContain(`port ${port}, which the browser is to come back to, is taken`);
    } finally {
      blocker.close();
    }
  });
});
