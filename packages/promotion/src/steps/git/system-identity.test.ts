import type { KubeObject } from '@kargo/api';
import type { Client } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { FewResources } from '../../testing/resources.ts';
import { systemIdentity } from './system-identity.ts';

const environment = { name: 'Env', email: 'env@example.com', signingKey: 'KEY OF THE ENVIRONMENT' };

function clusterConfig(spec: object): KubeObject {
  const config = { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'ClusterConfig', metadata: { name: 'cluster' }, spec };
  return config;
}

function secret(data: Record<string, string>): KubeObject {
  const made = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'system', name: 'signing' }, data };
  return made;
}

const identity = (systemNamespace: string | undefined, ...objects: KubeObject[]) =>
  systemIdentity(
    { client: new FewResources(...objects) as unknown as Client, gitIdentity: environment, systemNamespace },
    new AbortController().signal,
  );

describe('[20 6.1.17] who makes commits', () => {
  const user = { name: 'Bot', email: 'bot@example.com' };
  const signing = { ...user, signingKeySecret: { name: 'signing' } };
  const key = secret({ signingKey: Buffer.from('KEY OF THE SECRET').toString('base64') });

  it.each([
    ['no ClusterConfig', [], environment],
    ['a ClusterConfig without gitClient', [clusterConfig({})], environment],
    ['a gitClient without a Secret', [clusterConfig({ gitClient: user })], { ...environment, ...user }],
    [
      'a gitClient with a Secret of no name',
      [clusterConfig({ gitClient: { ...user, signingKeySecret: { name: '' } } })],
      { ...environment, ...user },
    ],
    ['a gitClient with a Secret', [clusterConfig({ gitClient: signing }), key], { ...user, signingKey: 'KEY OF THE SECRET' }],
  ] as [string, KubeObject[], object][])('with %s', async (_, objects, want) => {
    expect(await identity('system', ...objects)).toEqual(want);
  });

  it.each([
    ['Secret is missing', [clusterConfig({ gitClient: signing })], 'Secret "signing" in namespace "system"'],
    ['key is missing', [clusterConfig({ gitClient: signing }), secret({})], 'has no key "signingKey"'],
  ] as [string, KubeObject[], string][])('is an error when the %s', async (_, objects, message) => {
    await expect(identity('system', ...objects)).rejects.toThrow(message);
  });

  it('is not asked of the API where nobody said where Secrets of the installation are', async () => {
    expect(await identity(undefined, clusterConfig({ gitClient: user }))).toBe(environment);
  });
});
