import { describe, expect, it } from 'vitest';
import { ConfigError, parseUpConfig } from './config.ts';

describe('how image registries are asked', () => {
  it('is told by the environment', () => {
    expect(parseUpConfig([], {})?.images).toEqual({ cacheByTag: 'Allow', requestsPerSecond: undefined, cacheSize: undefined });
    const env = { CACHE_BY_TAG_POLICY: 'Require', IMAGE_REGISTRY_RATE_LIMIT: '5', MAX_IMAGE_CACHE_ENTRIES: '1000' };
    expect(parseUpConfig([], env)?.images).toEqual({ cacheByTag: 'Require', requestsPerSecond: 5, cacheSize: 1000 });
  });

  it.each([{ CACHE_BY_TAG_POLICY: 'Sometimes' }, { IMAGE_REGISTRY_RATE_LIMIT: '0' }, { MAX_IMAGE_CACHE_ENTRIES: 'x' }])(
    'not by %j',
    (env) => {
      expect(() => parseUpConfig([], env)).toThrow(ConfigError);
    },
  );

  it('identities of clouds and namespaces of credentials too, and nothing else of the environment', () => {
    const env = {
      AWS_ROLE_ARN: 'r',
      AZURE_CLIENT_ID: 'c',
      GCE_METADATA_HOST: 'h',
      HOME: '/root',
      GLOBAL_CREDENTIALS_NAMESPACES: 'a, b',
    };
    expect(parseUpConfig([], env)).toMatchObject({
      cloudEnvironment: { AWS_ROLE_ARN: 'r', AZURE_CLIENT_ID: 'c', GCE_METADATA_HOST: 'h' },
      globalCredentialsNamespaces: ['a', 'b'],
    });
    expect(parseUpConfig([], env)?.cloudEnvironment).not.toHaveProperty('HOME');
  });
});

describe('hosts over SSH', () => {
  it('are trusted on first use, unless the environment says otherwise', () => {
    expect(parseUpConfig([], {})?.sshHostKeys).toEqual({ policy: 'TrustOnFirstUse' });
    const env = { SSH_HOST_KEY_POLICY: 'Strict', SSH_KNOWN_HOSTS_PATH: '/etc/ssh/known' };
    expect(parseUpConfig([], env)?.sshHostKeys).toEqual({ policy: 'Strict', knownHostsFile: '/etc/ssh/known' });
    expect(() => parseUpConfig([], { SSH_HOST_KEY_POLICY: 'no' })).toThrow(/TrustOnFirstUse, Strict, Off/);
  });
});
