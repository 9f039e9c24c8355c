import { silentLog } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { CredentialsError, secretCredentials } from './secret-credentials.ts';
import { reader, type SecretInput } from './testing.ts';

const login = { username: 'kim', password: 's3cret' };

async function found(
  secrets: SecretInput[],
  repoURL: string,
  options: { type?: 'git' | 'image' | 'helm'; allowHTTP?: boolean; shared?: string } = {},
): Promise<string | undefined> {
  const { type = 'git', allowHTTP = false, shared = 'shared' } = options;
  const credentials = secretCredentials({
    reader: reader(...secrets),
    log: silentLog,
    sharedNamespace: shared,
    globalNamespaces: ['global'],
    allowHTTP,
  });
  const { source } = (await credentials.find({ project: 'shop', type, repoURL })) ?? {};
  return source === undefined ? undefined : `${source.namespace}/${source.name}`;
}

const exact = (name: string, repoURL: string, namespace = 'shop'): SecretInput => ({
  namespace,
  name,
  data: { repoURL, ...login },
});
const regex = (name: string, repoURL: string, namespace = 'shop'): SecretInput => ({
  namespace,
  name,
  data: { repoURL, repoURLIsRegex: 'true', ...login },
});

describe('credentials are found by repository', () => {
  const URL = 'https://github.com/Acme/Config.git';
  const SSH = 'git@github.com:Acme/Config.git';
  it.each<[string, SecretInput[], string | undefined]>([
    ['exactly, however the URL is spelled', [exact('a', 'https://github.com/acme/config')], 'shop/a'],
    ['by pattern', [regex('a', '^https://github\\.com/acme/')], 'shop/a'],
    ['by pattern on the URL as written', [regex('a', 'Acme')], 'shop/a'],
    ['in the shared namespace', [exact('a', URL, 'shared')], 'shared/a'],
    ['by shared pattern', [regex('a', 'github', 'shared')], 'shared/a'],
    ['in a global namespace', [exact('a', URL, 'global')], 'global/a'],
    ['in the shared namespace before a global one', [exact('a', URL, 'global'), exact('z', URL, 'shared')], 'shared/z'],
    ['in the Project before the shared namespace', [exact('a', URL, 'shared'), regex('z', 'github')], 'shop/z'],
    ['first by name, be it a pattern', [exact('b', URL), regex('a', 'github')], 'shop/a'],
    ['not in other Projects', [exact('a', URL, 'other')], undefined],
    ['not for other repositories', [exact('a', 'https://github.com/acme/other')], undefined],
    ['not by a broken pattern, which is passed over', [regex('a', '('), regex('b', 'github')], 'shop/b'],
    ['not of another type', [{ ...exact('a', URL), type: 'image' }], undefined],
  ])('%s', async (_, secrets, want) => {
    expect(await found(secrets, URL)).toBe(want);
  });

  it('of the local cluster count after all others, in the same order', async () => {
    const local = reader(exact('l', URL), exact('l', URL, 'shared'));
    const find = async (...secrets: SecretInput[]): Promise<string | undefined> => {
      const credentials = secretCredentials({ reader: reader(...secrets), local, log: silentLog, sharedNamespace: 'shared' });
      const { source } = (await credentials.find({ project: 'shop', type: 'git', repoURL: URL })) ?? {};
      return source === undefined ? undefined : `${source.namespace}/${source.name}`;
    };
    expect(await find(exact('a', URL, 'shared'))).toBe('shared/a');
    expect(await find()).toBe('shop/l');
    expect(await find(exact('a', 'https://github.com/acme/other'))).toBe('shop/l');
  });

  it('an empty shared namespace is none', async () => {
    expect(await found([exact('a', URL, '')], URL, { shared: '' })).toBeUndefined();
  });

  it('plain HTTP gets none unless that is allowed', async () => {
    const secrets = [exact('a', 'http://git.local/a')];
    expect(await found(secrets, 'HTTP://git.local/a')).toBeUndefined();
    expect(await found(secrets, 'http://git.local/a', { allowHTTP: true })).toBe('shop/a');
  });

  it('a Secret without anything usable says so', async () => {
    const secrets = [{ name: 'app', data: { repoURL: URL, githubAppID: '1' } }];
    await expect(found(secrets, URL)).rejects.toThrow(CredentialsError);
    await expect(found(secrets, URL)).rejects.toThrow('shop/app');
  });

  it('what is in the Secret is handed over', async () => {
    const credentials = secretCredentials({
      reader: reader(
        { name: 'a', data: { repoURL: SSH, sshPrivateKey: 'KEY' } },
        { name: 'b', type: 'image', data: { repoURL: 'docker.io/library/nginx', ...login } },
      ),
      log: silentLog,
    });
    expect(await credentials.find({ project: 'shop', type: 'git', repoURL: SSH })).toEqual({
      sshPrivateKey: 'KEY',
      source: { namespace: 'shop', name: 'a' },
    });
    expect(await credentials.find({ project: 'shop', type: 'image', repoURL: 'nginx' })).toEqual({
      ...login,
      source: { namespace: 'shop', name: 'b' },
    });
  });
});
