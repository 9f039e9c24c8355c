import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { loggedIn, runFake } from '../testing/run.ts';

const PUBLIC = '/v1beta1/system/public-server-config';
const jwt = (claims: object): string => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
const NOW = Date.parse('2026-01-02T03:04:05Z');
const seconds = NOW / 1000;

const adminRoutes = (base = ''): Record<string, { json: unknown }> => ({
  [`GET ${base}${PUBLIC}`]: { json: { adminAccountEnabled: true, skipAuth: false } },
  [`POST ${base}/v1beta1/login`]: { json: { idToken: 'new-token' } },
});

describe('login', () => {
  it.each([
    ['--password', ['--password', 'pw'], {}],
    ['--password-stdin', ['--password-stdin'], { stdin: 'pw\n' }],
    ['the prompt', [], { secret: 'pw' }],
  ])('--admin with %s stores a token and prints nothing', async (_, flags, input) => {
    const got = await runFake(['login', 'kargo.example.com', '--admin', ...flags], { env: {}, routes: adminRoutes(), ...input });
    expect(got).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(got.requests[0]?.headers).not.toHaveProperty('Authorization');
    expect(got.requests[1]?.headers['Authorization']).toBe('Bearer pw');
    expect(parse(got.config ?? '')).toEqual({
      apiAddress: 'https://kargo.example.com',
      authMethod: 'admin',
      bearerToken: 'new-token',
    });
  });

  it('keeps a scheme and a base path', async () => {
    const got = await runFake(['login', ' http://localhost:8080/kargo/ ', '--admin', '--password', 'pw'], {
      env: {},
      routes: adminRoutes('http://localhost:8080/kargo'),
    });
    expect(got.code).toBe(0);
    expect(parse(got.config ?? '')).toMatchObject({ apiAddress: 'http://localhost:8080/kargo' });
  });

  it.each([
    ['the same address', 'https://kargo.example.com', 'demo'],
    ['another address', 'https://other.example.com', undefined],
  ])('%s keeps the default project only if it is the same', async (_, apiAddress, project) => {
    const got = await runFake(['login', 'kargo.example.com', '--admin', '--password', 'pw', '--insecure-skip-tls-verify'], {
      config: `apiAddress: ${apiAddress}\nproject: demo\nrefreshToken: r\n`,
      routes: adminRoutes(),
    });
    expect(got.requests.every(({ insecure }) => insecure)).toBe(true);
    expect(parse(got.config ?? '')).toEqual({
      apiAddress: 'https://kargo.example.com',
      authMethod: 'admin',
      bearerToken: 'new-token',
      insecureSkipTLSVerify: true,
      ...(project === undefined ? {} : { project }),
    });
  });

  it('without an address goes where it went before', async () => {
    const got = await runFake(['login', '--password', 'pw'], {
      config: 'apiAddress: https://kargo.example.com\nauthMethod: admin\nproject: demo\n',
      routes: adminRoutes(),
    });
    expect(got.code).toBe(0);
    expect(parse(got.config ?? '')).toMatchObject({ bearerToken: 'new-token', project: 'demo' });
  });

  it.each([
    ['no address', 3, ['login', '--admin'], {}, /kargo login/],
    ['no method', 1, ['login', 'kargo.example.com'], {}, /an authentication method is required/],
    ['no terminal', 1, ['login', 'kargo.example.com', '--admin'], adminRoutes(), /no terminal/],
    [
      'no admin',
      1,
      ['login', 'kargo.example.com', '--admin', '--password', 'pw'],
      { [`GET ${PUBLIC}`]: { json: { adminAccountEnabled: false } } },
      /server does not support admin user login/,
    ],
    [
      'a wrong password',
      4,
      ['login', 'kargo.example.com', '--admin', '--password', 'pw-wrong'],
      { ...adminRoutes(), 'POST /v1beta1/login': { status: 403, json: { error: 'invalid password' } } },
      /^Error: login: 403 Forbidden: \{"error":"invalid password"\}\n$/,
    ],
  ])('fails with %s', async (_, code, argv, routes, stderr) => {
    const got = await runFake(argv, { env: {}, routes });
    expect(got.code).toBe(code);
    expect(got.stderr).toMatch(stderr);
    expect(got.stderr).not.toContain('pw-wrong');
    expect(got.config).toBeUndefined();
  });

  it('logout removes the file, and is fine without one', async () => {
    expect(await runFake(['logout'], { config: 'apiAddress: https://x\n' })).toMatchObject({
      code: 0,
      stdout: '',
      config: undefined,
    });
    expect(await runFake(['logout'], { env: {} })).toMatchObject({ code: 0 });
  });
});

describe('tokens', () => {
  const get = ['get', 'projects'];
  const routes = { 'GET /v1beta1/projects': { json: { items: [] } } };
  const expired = jwt({ exp: seconds - 1 });

  it.each([
    ['no JWT', 'plain'],
    ['a JWT without an end', jwt({ sub: 'x' })],
    ['a JWT that has not expired', jwt({ exp: seconds + 60 })],
    ['something that only looks like one', 'a.b.c'],
  ])('%s is used as it is', async (_, token) => {
    const got = await runFake(get, { config: `apiAddress: kargo.example.com\nbearerToken: ${token}\n`, routes });
    expect(got).toMatchObject({ code: 0 });
    expect(got.requests[0]?.headers['Authorization']).toBe(`Bearer ${token}`);
  });

  it.each([
    ['without a refresh token', ''],
    ['with an insecure connection', 'refreshToken: r\ninsecureSkipTLSVerify: true\n'],
  ])('an expired one %s asks for a new login', async (_, more) => {
    const got = await runFake(get, { config: `apiAddress: kargo.example.com\nbearerToken: ${expired}\n${more}`, routes });
    expect(got).toMatchObject({
      code: 3,
      requests: [],
      stderr:
        'Error: get client from config: error refreshing token: your token is expired; please use `kargo login` to re-authenticate\n',
    });
  });

  const oidc = {
    [`GET ${PUBLIC}`]: { json: { oidcConfig: { issuerUrl: 'https://id.example.com/', clientId: 'web', cliClientId: 'cli' } } },
    'GET https://id.example.com/.well-known/openid-configuration': { json: { token_endpoint: 'https://id.example.com/token' } },
  };
  const config = `apiAddress: kargo.example.com\nproject: demo\nbearerToken: ${expired}\nrefreshToken: r1\n`;

  it('an expired one is renewed and saved', async () => {
    const got = await runFake(get, {
      config,
      routes: { ...routes, ...oidc, 'POST https://id.example.com/token': { json: { id_token: 'fresh', refresh_token: 'r2' } } },
    });
    expect(got.code).toBe(0);
    expect(got.requests[2]?.body).toBe('grant_type=refresh_token&refresh_token=r1&client_id=cli');
    expect(got.requests[3]?.headers['Authorization']).toBe('Bearer fresh');
    expect(parse(got.config ?? '')).toMatchObject({ bearerToken: 'fresh', refreshToken: 'r2', project: 'demo' });
  });

  it('a renewal that fails asks for a new login', async () => {
    const got = await runFake(get, {
      config,
      routes: { ...routes, ...oidc, 'POST https://id.example.com/token': { status: 400, json: {} } },
    });
    expect(got).toMatchObject({
      code: 3,
      stderr:
        'Error: get client from config: error refreshing token: error refreshing token; please use `kargo login` to re-authenticate\n',
    });
  });
});

describe('configuration', () => {
  it('only both variables together replace the file', async () => {
    const config = 'apiAddress: https://file.example.com\nbearerToken: file-token\n';
    const both = await runFake(['get', 'projects'], {
      config,
      env: { ...loggedIn, KARGO_INSECURE_SKIP_TLS_VERIFY: 'true' },
      routes: { 'GET /v1beta1/projects': { json: { items: [] } } },
    });
    expect(both.requests[0]).toMatchObject({ insecure: true, headers: { Authorization: 'Bearer secret-token' } });
    const one = await runFake(['get', 'projects'], {
      config,
      env: { KARGO_API_ADDRESS: 'https://kargo.example.com' },
      routes: { 'GET https://file.example.com/v1beta1/projects': { json: { items: [] } } },
    });
    expect(one.requests[0]).toMatchObject({ insecure: false, headers: { Authorization: 'Bearer file-token' } });
  });

  it('says how to log in', async () => {
    const got = await runFake(['get', 'projects'], { env: {} });
    expect(got.code).toBe(3);
    expect(got.stderr).toMatch(/^Error: .*`kargo login`.*KARGO_API_ADDRESS and KARGO_API_TOKEN\n$/);
  });

  it('that cannot be parsed fails every command, without showing what it holds', async () => {
    const got = await runFake(['get', 'projects'], { config: 'bearerToken: "top-secret\n' });
    expect(got.code).toBe(1);
    expect(got.stderr).toMatch(/^Error: load config: error parsing configuration file .*\/kargo\/config: it is not YAML/);
    expect(got.stderr).not.toContain('top-secret');
  });

  it('keeps a default project, which commands use', async () => {
    const set = await runFake(['config', 'set-project', ' Demo '], { config: 'apiAddress: https://kargo.example.com\n' });
    expect(set).toMatchObject({ code: 0, stdout: '' });
    const config = set.config ?? '';
    expect(parse(config)).toEqual({ apiAddress: 'https://kargo.example.com', project: 'demo' });
    expect(await runFake(['config', 'get-project'], { config })).toMatchObject({ code: 0, stdout: 'demo\n' });
    const used = await runFake(['get', 'stages'], {
      config,
      routes: { 'GET /v1beta1/projects/demo/stages': { json: { items: [] } } },
    });
    expect(used.code).toBe(0);
    const cleared = await runFake(['config', 'set-project', ''], { config });
    expect(parse(cleared.config ?? '')).toEqual({ apiAddress: 'https://kargo.example.com' });
    expect(await runFake(['config', 'get-project'], { config: cleared.config ?? '' })).toMatchObject({
      code: 1,
      stderr: 'Error: default project is not set\n',
    });
  });

  it('set-project never writes address and token of the environment', async () => {
    const got = await runFake(['config', 'set-project', 'demo'], { env: loggedIn });
    expect(parse(got.config ?? '')).toEqual({ project: 'demo' });
  });

  it('is shown with tokens masked', async () => {
    const config = 'apiAddress: https://x\nauthMethod: admin\nbearerToken: t\n';
    const got = await runFake(['config', 'view'], { config });
    expect(parse(got.stdout)).toEqual({
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'CLIConfig',
      apiAddress: 'https://x',
      bearerToken: '*** REDACTED ***',
      refreshToken: '*** REDACTED ***',
    });
    const raw = await runFake(['config', 'view', '--raw', '-o', 'json'], { config });
    expect(JSON.parse(raw.stdout)).toMatchObject({ bearerToken: 't' });
  });
});

describe('version', () => {
  const routes = { 'GET /v1beta1/system/server-version': { json: { version: 'v9.9.9' } } };

  it('shows both versions when logged in', async () => {
    expect(await runFake(['version'], { routes })).toMatchObject({
      code: 0,
      stdout: 'Client Version: v0.1.0\nServer Version: v9.9.9\n',
    });
  });

  it.each([
    ['with --client', ['version', '--client'], undefined],
    ['when not logged in', ['version'], {}],
  ])('shows its own %s', async (_, argv, env) => {
    const got = await runFake(argv, env === undefined ? {} : { env });
    expect(got).toMatchObject({ code: 0, stdout: 'Client Version: v0.1.0\n', requests: [] });
  });

  it('shows its own even when the server does not answer, and fails', async () => {
    const got = await runFake(['version'], { routes: {} });
    expect(got).toMatchObject({ code: 7, stdout: 'Client Version: v0.1.0\n' });
    expect(got.stderr).toMatch(/^Error: get server version: cannot reach /);
  });

  it('as JSON', async () => {
    const got = await runFake(['version', '-o', 'json'], { routes });
    expect(JSON.parse(got.stdout)).toMatchObject({
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'ComponentVersions',
      client: { version: 'v0.1.0' },
      server: { version: 'v9.9.9' },
    });
  });
});
