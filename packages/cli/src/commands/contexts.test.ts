import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { withCurrent } from '../config/contexts.ts';
import { loggedIn, runFake, type RunOutput } from '../testing/run.ts';

const TWO = `apiAddress: https://dev.example.com
bearerToken: dev-token
project: shop
currentContext: dev
contexts:
  prod:
    apiAddress: https://prod.example.com
    bearerToken: prod-token
`;
const projects = (host: string): Record<string, { json: unknown }> => ({
  [`GET https://${host}.example.com/v1beta1/projects`]: { json: { items: [] } },
});
const login = (host: string): Record<string, { json: unknown }> => ({
  [`GET https://${host}.example.com/v1beta1/system/public-server-config`]: { json: { adminAccountEnabled: true } },
  [`POST https://${host}.example.com/v1beta1/login`]: { json: { idToken: `${host}-token` } },
});
const tokenOf = ({ requests }: RunOutput): string | undefined => requests[0]?.headers['Authorization'];

describe('contexts', () => {
  it('are made by logging in by name, and leave the others as they are', async () => {
    const first = await runFake(['login', 'dev.example.com', '--admin', '--password', 'pw'], { env: {}, routes: login('dev') });
    const second = await runFake(['login', 'prod.example.com', '--context', 'prod', '--admin', '--password', 'pw'], {
      config: first.config ?? '',
      routes: login('prod'),
    });
    expect(second).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(parse(second.config ?? '')).toEqual({
      apiAddress: 'https://prod.example.com',
      authMethod: 'admin',
      bearerToken: 'prod-token',
      currentContext: 'prod',
      contexts: { default: { apiAddress: 'https://dev.example.com', authMethod: 'admin', bearerToken: 'dev-token' } },
    });
    // Without an address one logs in again where the context is.
    const again = await runFake(['login', '--context', 'default', '--password', 'pw'], {
      config: second.config ?? '',
      routes: login('dev'),
    });
    expect(parse(again.config ?? '')).toMatchObject({ currentContext: 'default', apiAddress: 'https://dev.example.com' });
  });

  it.each([
    ['the current one', ['get', 'projects'], {}, 'dev'],
    ['the one that a flag names', ['get', 'projects', '--context', 'prod'], {}, 'prod'],
    ['the one that the environment names', ['get', 'projects'], { KARGO_CONTEXT: 'prod' }, 'prod'],
    [
      'that of the flag rather than that of the environment',
      ['get', 'projects', '--context', 'dev'],
      { KARGO_CONTEXT: 'prod' },
      'dev',
    ],
    [
      'that of the flag even where the environment has address and token',
      ['get', 'projects', '--context', 'prod'],
      loggedIn,
      'prod',
    ],
  ])('commands use %s', async (_, argv, env, host) => {
    const got = await runFake(argv, { config: TWO, env, routes: projects(host) });
    expect([got.code, got.stderr, tokenOf(got)]).toEqual([0, '', `Bearer ${host}-token`]);
  });

  it('each have a default project of their own', async () => {
    const set = await runFake(['config', 'set-project', 'fleet', '--context', 'prod'], { config: TWO });
    const config = set.config ?? '';
    expect(await runFake(['config', 'get-project'], { config })).toMatchObject({ stdout: 'shop\n' });
    expect(await runFake(['config', 'get-project', '--context', 'prod'], { config })).toMatchObject({ stdout: 'fleet\n' });
    const used = await runFake(['get', 'stages', '--context', 'prod'], {
      config,
      routes: { 'GET https://prod.example.com/v1beta1/projects/fleet/stages': { json: { items: [] } } },
    });
    expect(used.code).toBe(0);
  });

  it('are listed, with the current one marked', async () => {
    expect(await runFake(['config', 'get-contexts'], { config: TWO })).toMatchObject({
      code: 0,
      stdout: [
        'CURRENT   NAME   SERVER                     PROJECT   LOGIN',
        '*         dev    https://dev.example.com    shop',
        '          prod   https://prod.example.com',
        '',
      ].join('\n'),
    });
    expect(await runFake(['config', 'current-context'], { config: TWO })).toMatchObject({ stdout: 'dev\n' });
    const names = await runFake(['config', 'get-contexts', '-o', 'jsonpath={.items[*].metadata.name}'], { config: TWO });
    expect(names.stdout).toBe('dev prod');
    expect((await runFake(['config', 'get-contexts', '-o', 'json'], { config: TWO })).stdout).not.toContain('token');
  });

  it('are shown with tokens masked', async () => {
    const got = await runFake(['config', 'view'], { config: TWO });
    expect(got.stdout).not.toContain('-token');
    expect(parse(got.stdout)).toMatchObject({
      currentContext: 'dev',
      contexts: { prod: { apiAddress: 'https://prod.example.com' } },
    });
  });

  it('can be chosen, renamed and deleted', async () => {
    const used = await runFake(['config', 'use-context', 'prod'], { config: TWO });
    expect(used).toMatchObject({ code: 0, stdout: 'current context is prod\n' });
    expect(parse(used.config ?? '')).toEqual({
      apiAddress: 'https://prod.example.com',
      bearerToken: 'prod-token',
      currentContext: 'prod',
      contexts: { dev: { apiAddress: 'https://dev.example.com', bearerToken: 'dev-token', project: 'shop' } },
    });
    const renamed = await runFake(['config', 'rename-context', 'prod', 'live'], { config: used.config ?? '' });
    expect(parse(renamed.config ?? '')).toMatchObject({ currentContext: 'live' });
    const deleted = await runFake(['config', 'delete-context', 'dev'], { config: renamed.config ?? '' });
    expect(parse(deleted.config ?? '')).toEqual({
      apiAddress: 'https://prod.example.com',
      bearerToken: 'prod-token',
      currentContext: 'live',
    });
  });

  it('are left one by one, and all at once', async () => {
    const out = await runFake(['logout'], { config: TWO });
    expect(parse(out.config ?? '')).toEqual({
      contexts: { prod: { apiAddress: 'https://prod.example.com', bearerToken: 'prod-token' } },
    });
    const lost = await runFake(['get', 'projects'], { config: out.config ?? '' });
    expect([lost.code, lost.stderr]).toEqual([3, expect.stringContaining('choose one of prod with `kargo config use-context`')]);
    expect((await runFake(['logout', '--context', 'prod'], { config: out.config ?? '' })).config).toBeUndefined();
    expect((await runFake(['logout', '--all'], { config: TWO })).config).toBeUndefined();
  });

  it('are not lost with another that one leaves, whatever they are called', async () => {
    const config = TWO.replace('prod:', 'default:');
    const out = await runFake(['logout'], { config });
    expect(parse(out.config ?? '')).toMatchObject({ contexts: { default: { bearerToken: 'prod-token' } } });
    expect((await runFake(['get', 'projects'], { config: out.config ?? '' })).stderr).toContain('choose one of default');
    const back = await runFake(['config', 'use-context', 'default'], { config: out.config ?? '' });
    expect(parse(back.config ?? '')).toEqual({
      apiAddress: 'https://prod.example.com',
      bearerToken: 'prod-token',
      currentContext: 'default',
    });
  });

  it.each([
    ['a renewed token', ['get', 'projects'], {}],
    ['a login', ['login', '--password', 'pw'], { authMethod: 'admin' }],
  ])('keep %s of their own when another process chooses another one meanwhile', async (_, argv, more) => {
    const expired = `x.${Buffer.from('{"exp":1}').toString('base64url')}.y`;
    const config = TWO.replace('dev-token', `${expired}\nrefreshToken: r1`).replace('project: shop', 'authMethod: admin');
    const got = await runFake(argv, {
      config,
      routes: {
        ...projects('dev'),
        ...login('dev'),
        'GET https://dev.example.com/v1beta1/system/public-server-config': {
          json: { adminAccountEnabled: true, oidcConfig: { issuerUrl: 'https://id.example.com', clientId: 'web' } },
        },
        'GET https://id.example.com/.well-known/openid-configuration': {
          json: { token_endpoint: 'https://id.example.com/token' },
        },
        'POST https://id.example.com/token': { json: { id_token: 'dev-token' } },
      },
      meanwhile: (store) => store.change((file) => withCurrent(file, 'prod')),
    });
    expect([got.code, got.stderr]).toEqual([0, '']);
    expect(parse(got.config ?? '')).toMatchObject({
      currentContext: 'prod',
      apiAddress: 'https://prod.example.com',
      bearerToken: 'prod-token',
      contexts: { dev: { apiAddress: 'https://dev.example.com', bearerToken: 'dev-token', ...more } },
    });
  });

  it('renewed tokens stay in their context', async () => {
    const expired = `x.${Buffer.from('{"exp":1}').toString('base64url')}.y`;
    const got = await runFake(['get', 'projects', '--context', 'prod'], {
      config: TWO.replace('prod-token', `${expired}\n    refreshToken: r1`),
      routes: {
        ...projects('prod'),
        'GET https://prod.example.com/v1beta1/system/public-server-config': {
          json: { oidcConfig: { issuerUrl: 'https://id.example.com', clientId: 'web' } },
        },
        'GET https://id.example.com/.well-known/openid-configuration': {
          json: { token_endpoint: 'https://id.example.com/token' },
        },
        'POST https://id.example.com/token': { json: { id_token: 'fresh' } },
      },
    });
    expect([got.code, got.stderr]).toEqual([0, '']);
    expect(parse(got.config ?? '')).toMatchObject({ bearerToken: 'dev-token', contexts: { prod: { bearerToken: 'fresh' } } });
  });

  it.each([
    [['get', 'projects', '--context', 'none'], /there is no context "none"; there are dev, prod/],
    [['config', 'use-context', 'none'], /there is no context "none"/],
    [['config', 'use-context', 'constructor'], /there is no context "constructor"/],
    [['config', 'delete-context', 'none'], /there is no context "none"/],
    [['config', 'rename-context', 'dev', 'prod'], /there is a context "prod" already/],
    [['config', 'rename-context', 'dev', 'a b'], /"a b" cannot name a context/],
    [['login', 'x.example.com', '--context', 'a/b', '--admin'], /"a\/b" cannot name a context/],
  ])('%j fails and changes nothing', async (argv, error) => {
    const got = await runFake(argv, { config: TWO });
    expect([got.code, got.stderr, got.config]).toEqual([1, expect.stringMatching(error), TWO]);
  });
});
