import { CloudError, CloudIdentities, type CredentialsQuery, realHttp, type RepositoryCredentials } from '@kargo/integrations';
import { type CloudServer, startClouds } from '@kargo/integrations/testing';
import { silentLog, systemClock } from '@kargo/kube';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CredentialsError, secretCredentials } from './secret-credentials.ts';
import { reader, type SecretInput } from './testing.ts';

const http = realHttp();
const ECR = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/web';
const GAR = 'europe-docker.pkg.dev/acme/repo/web';
const ACR = 'acme.azurecr.io/web';
let server: CloudServer;
let git: string;

beforeAll(async () => {
  server = await startClouds(() => systemClock.now());
  server.awsKeys.set('AKIA', 'secret');
  git = `${server.url}/acme/deploy.git`;
});
afterAll(() => server.close());
beforeEach(() => void server.asked.splice(0));

function clouds(environment: Record<string, string> = {}): CloudIdentities {
  const { url } = server;
  return new CloudIdentities({
    http,
    metadata: http,
    clock: systemClock,
    environment,
    endpoints: {
      aws: { sts: `${url}/sts/`, ecr: `${url}/ecr/`, metadata: `${url}/nobody` },
      google: { token: `${url}/google/token`, iam: url, metadata: url },
      azure: { authority: url, registry: url, metadata: url },
    },
  });
}

const find = (
  secrets: SecretInput[],
  query: Pick<CredentialsQuery, 'type' | 'repoURL'>,
  identities = clouds(),
): Promise<RepositoryCredentials | undefined> =>
  secretCredentials({ reader: reader(...secrets), log: silentLog, allowHTTP: true, clouds: identities }).find({
    project: 'shop',
    ...query,
  });

const app = (): Record<string, string> => ({
  repoURL: `^${server.url}/acme/`,
  repoURLIsRegex: 'true',
  githubAppClientID: 'Iv1.abc',
  githubAppInstallationID: '42',
  githubAppPrivateKey: server.privateKey,
});
const aws = { awsRegion: 'eu-west-1', awsAccessKeyID: 'AKIA', awsSecretAccessKey: 'secret' };
const gcp = (): Record<string, string> => ({
  gcpServiceAccountKey: Buffer.from(JSON.stringify({ client_email: 'robot@acme', private_key: server.privateKey })).toString(
    'base64',
  ),
});
const login = { username: 'robot', password: 'word' };

describe('the credentials of a Secret', () => {
  it.each<{ name: string; secret: () => SecretInput; query: () => Pick<CredentialsQuery, 'type' | 'repoURL'>; want: RegExp }>([
    {
      name: 'GitHub App',
      secret: () => ({ name: 'a', data: app() }),
      query: () => ({ type: 'git', repoURL: git }),
      want: /^kargo ghs_/,
    },
    {
      name: 'GitHub App, rather than a password beside it',
      secret: () => ({ name: 'a', data: { ...app(), ...login } }),
      query: () => ({ type: 'git', repoURL: git }),
      want: /^kargo ghs_/,
    },
    {
      name: 'GitHub App by its id',
      secret: () => {
        const { githubAppClientID: githubAppID = '', ...rest } = app();
        return { name: 'a', data: { ...rest, githubAppID } };
      },
      query: () => ({ type: 'git', repoURL: git }),
      want: /^kargo ghs_/,
    },
    {
      name: 'ECR key',
      secret: () => ({ name: 'a', type: 'image', data: { repoURL: ECR, ...aws } }),
      query: () => ({ type: 'image', repoURL: ECR }),
      want: /^AWS password of AKIA$/,
    },
    {
      name: 'ECR key for charts',
      secret: () => ({ name: 'a', type: 'helm', data: { repoURL: `oci://${ECR}`, ...aws } }),
      query: () => ({ type: 'helm', repoURL: `oci://${ECR}` }),
      want: /^AWS password of AKIA$/,
    },
    {
      name: 'Google key',
      secret: () => ({ name: 'a', type: 'image', data: { repoURL: GAR, ...gcp() } }),
      query: () => ({ type: 'image', repoURL: GAR }),
      want: /^oauth2accesstoken google-key-token$/,
    },
    {
      name: 'password, where a key for another cloud is beside it',
      secret: () => ({ name: 'a', type: 'image', data: { repoURL: 'ghcr.io/acme/web', ...aws, ...login } }),
      query: () => ({ type: 'image', repoURL: 'ghcr.io/acme/web' }),
      want: /^robot word$/,
    },
  ])('$name', async ({ secret, query, want }) => {
    const found = await find([secret()], query());
    expect(`${found?.username} ${found?.password}`).toMatch(want);
    expect(found?.source).toEqual({ namespace: 'shop', name: 'a' });
  });

  it('keep their identity while they are renewed', async () => {
    const one = await find([{ name: 'a', data: app() }], { type: 'git', repoURL: git });
    const two = await find([{ name: 'a', data: app() }], { type: 'git', repoURL: git });
    const other = await find([{ name: 'a', data: app() }], { type: 'git', repoURL: git.replace('deploy', 'web') });
    expect(one?.password).not.toBe(two?.password);
    expect(one?.identity).toBe(two?.identity);
    expect(one?.identity).not.toBe(other?.identity);
  });

  it.each<{ name: string; scopes: string; want: 'token' | 'none' | RegExp }>([
    { name: 'listed for the Project', scopes: '{"shop":["deploy"]}', want: 'token' },
    { name: 'not listed', scopes: '{"shop":["other"]}', want: 'none' },
    { name: 'listed for another Project', scopes: '{"other":["deploy"]}', want: 'none' },
    {
      name: 'in a list that cannot be read',
      scopes: '{',
      want: /Secret shop\/a: its annotation kargo\.akuity\.io\/github-token-scopes/,
    },
  ])('of a GitHub App for a repository that is $name', async ({ scopes, want }) => {
    const annotations = { 'kargo.akuity.io/github-token-scopes': scopes };
    const finding = find([{ name: 'a', annotations, data: app() }], { type: 'git', repoURL: git });
    if (want instanceof RegExp) await expect(finding).rejects.toThrow(want);
    else expect((await finding)?.password?.startsWith('ghs_') ?? false).toBe(want === 'token');
    if (want !== 'token') expect(server.asked).toEqual([]);
  });

  it.each<[string, SecretInput]>([
    ['a key for another cloud alone', { name: 'a', type: 'image', data: { repoURL: 'ghcr.io/acme/web', ...aws } }],
    ['a part of what is needed', { name: 'a', type: 'image', data: { repoURL: 'ghcr.io/acme/web', awsAccessKeyID: 'AKIA' } }],
  ])('that are %s are explained', async (_, secret) => {
    const finding = find([secret], { type: 'image', repoURL: 'ghcr.io/acme/web' });
    await expect(finding).rejects.toThrow(CredentialsError);
    await expect(finding).rejects.toThrow('shop/a');
  });

  it('that a cloud refuses name the Secret and what the cloud said, and nothing secret', async () => {
    const finding = find([{ name: 'a', type: 'image', data: { repoURL: ECR, ...aws, awsSecretAccessKey: 'hunter2' } }], {
      type: 'image',
      repoURL: ECR,
    });
    const error: unknown = await finding.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CloudError);
    expect(String(error)).toMatch(/with Secret shop\/a: .*InvalidSignatureException/);
    expect(String(error)).not.toContain('hunter2');
  });
});

describe('the identity of the machine', () => {
  it.each<[string, string, RegExp]>([
    ['Google', GAR, /^oauth2accesstoken google-own-token$/],
    ['Azure', ACR, /^00000000-0000-0000-0000-000000000000 azure-refresh-token$/],
  ])('counts at registries of %s', async (_, repoURL, want) => {
    const found = await find([], { type: 'image', repoURL });
    expect(`${found?.username} ${found?.password}`).toMatch(want);
    expect(found?.source).toBeUndefined();
  });

  it('counts at registries of AWS if there is one, and otherwise nothing is sent', async () => {
    const environment = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' };
    expect((await find([], { type: 'image', repoURL: ECR }, clouds(environment)))?.password).toBe('password of AKIA');
    expect(await find([], { type: 'image', repoURL: ECR })).toBeUndefined();
  });

  it('does not count where a Secret does, nor for repositories of charts with an index, nor elsewhere', async () => {
    const secrets = [{ name: 'a', type: 'image', data: { repoURL: GAR, ...login } }];
    expect((await find(secrets, { type: 'image', repoURL: GAR }))?.password).toBe('word');
    expect(await find([], { type: 'helm', repoURL: `https://${GAR}` })).toBeUndefined();
    expect(await find([], { type: 'image', repoURL: 'ghcr.io/acme/web' })).toBeUndefined();
    expect(server.asked).toEqual([]);
  });
});

describe('a token that was refused', () => {
  it('is got anew by what it came with, which a password of a Secret is not', async () => {
    const found = await find([{ name: 'a', data: app() }], { type: 'git', repoURL: git });
    // It is fresh, so it is not what is wrong.
    expect((await found?.renew?.())?.password).toBe(found?.password);
    const own = await find([{ name: 'a', data: { repoURL: git, ...login } }], { type: 'git', repoURL: git });
    expect(own?.renew).toBeUndefined();
  });
});
