import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realHttp } from '../http/real-http.ts';
import { realProcesses } from '../process/real-processes.ts';
import {
  AZURE_ASSERTION,
  CONTAINER_TOKEN,
  type CloudServer,
  FEDERATED,
  startClouds,
  WEB_IDENTITY,
} from '../testing/cloud-server.ts';
import { azureRegistry } from './acr-tokens.ts';
import { CloudError } from './cloud-error.ts';
import { CloudIdentities } from './cloud-identities.ts';
import { ecrRegistry } from './ecr-tokens.ts';
import { isGoogleRegistry } from './gar-tokens.ts';

const MINUTE = 60_000;
const REGISTRY = { account: '111111111111', region: 'eu-west-1' };

let clouds: CloudServer;
let folder: string;
let time: number;
let slept: number[];
const http = realHttp();
const processes = realProcesses();

beforeEach(async () => {
  time = Date.parse('2026-01-01T10:00:00Z');
  slept = [];
  clouds = await startClouds(() => time);
  folder = await mkdtemp(join(tmpdir(), 'clouds-'));
});
afterEach(async () => {
  await clouds.close();
  await rm(folder, { recursive: true });
});

const clock: Clock = {
  now: () => time,
  setTimer: (at, fire) => systemClock.setTimer(at, fire),
  sleep: async (ms) => void slept.push(ms),
};

function identities(environment: Record<string, string> = {}, shard?: string): CloudIdentities {
  const { url } = clouds;
  return new CloudIdentities({
    http,
    metadata: http,
    clock,
    processes,
    environment,
    shard,
    endpoints: {
      aws: { sts: `${url}/sts/`, ecr: `${url}/ecr/`, metadata: url },
      google: { token: `${url}/google/token`, iam: url, metadata: url },
      azure: { authority: url, registry: url, metadata: url },
    },
  });
}

async function file(content: string): Promise<string> {
  const path = join(folder, 'token');
  await writeFile(path, `${content}\n`);
  return path;
}

const failure = async (promise: Promise<unknown>): Promise<CloudError> => {
  const error: unknown = await promise.catch((thrown: unknown) => thrown);
  if (!(error instanceof CloudError)) throw new Error(`expected a CloudError, got ${String(error)}`);
  return error;
};

describe('a GitHub App', () => {
  const access = (name = 'deploy', privateKey = clouds.privateKey) => ({
    issuer: 'Iv1.abc',
    installation: '42',
    privateKey,
    repoURL: `${clouds.url}/shop/${name}.git`,
  });

  it('gets a token for one repository, once until shortly before it expires', async () => {
    const { github } = identities();
    const tokens = await Promise.all([github.token(access()), github.token(access()), github.token(access('web'))]);
    expect(tokens[0]).toBe(tokens[1]);
    expect(tokens[0]).not.toBe(tokens[2]);
    expect(clouds.asked.filter((what) => !what.includes('probe')).toSorted()).toEqual([
      'github Iv1.abc 42 deploy',
      'github Iv1.abc 42 web',
    ]);
    time += 54 * MINUTE;
    expect(await github.token(access())).toBe(tokens[0]);
    time += 2 * MINUTE;
    expect(await github.token(access())).not.toBe(tokens[0]);
  });

  it('takes its key in base64 too', async () => {
    expect(await identities().github.token(access('deploy', Buffer.from(clouds.privateKey).toString('base64')))).toMatch(/^ghs_/);
  });

  it('waits until a new token is known, but not for ever', async () => {
    clouds.unknownFor = 2;
    await identities().github.token(access());
    expect(slept).toEqual([3000, 10_000]);
    slept = [];
    clouds.unknownFor = 9;
    expect(await identities().github.token(access())).toMatch(/^ghs_/);
    expect(slept).toEqual([3000, 10_000, 30_000]);
  });

  it('does not keep a token that is about to expire', async () => {
    clouds.lifetime = 200;
    const { github } = identities();
    expect(await github.token(access())).not.toBe(await github.token(access()));
  });

  it.each([
    ['no key', 'nonsense', 'invalid'],
    ['a broken key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', 'invalid'],
  ])('with %s says so without showing it', async (_, key, code) => {
    const error = await failure(identities().github.token(access('deploy', key)));
    expect(error.code).toBe(code);
    expect(error.message).not.toContain(key.slice(0, 30));
  });

  it('that is unknown is refused, in the words of GitHub', async () => {
    const other = await startClouds(() => time);
    const error = await failure(identities().github.token(access('deploy', other.privateKey)));
    await other.close();
    expect([error.code, error.transient]).toEqual(['denied', false]);
    expect(error.message).toContain('JSON web token');
  });

  it('is asked for again when GitHub has trouble', async () => {
    clouds.faults.push(502, 503);
    expect(await identities().github.token(access())).toMatch(/^ghs_/);
  });
});

describe('logins of ECR', () => {
  it('by the key of a user, verified by its signature, once until shortly before it expires', async () => {
    clouds.awsKeys.set('AKIAUSER', 'secret/+=');
    clouds.lifetime = 12 * 3600;
    const { ecr } = identities();
    const key = { accessKeyId: 'AKIAUSER', secretAccessKey: 'secret/+=' };
    expect(await ecr.withKey(key, 'eu-west-1')).toEqual({ username: 'AWS', password: 'password of AKIAUSER' });
    await ecr.withKey(key, 'eu-west-1');
    time += (12 * 60 - 4) * MINUTE;
    await ecr.withKey(key, 'eu-west-1');
    expect(clouds.asked).toEqual(['ecr AKIAUSER', 'ecr AKIAUSER']);
    const error = await failure(ecr.withKey({ ...key, secretAccessKey: 'wrong' }, 'eu-west-1'));
    expect(error.message).toContain('InvalidSignatureException');
    expect(error.message).not.toContain('wrong');
  });

  const ROLE = 'role/kargo-project-shop';
  it.each<{ name: string; roles: string[]; want: RegExp; tried: number }>([
    {
      name: 'in the account of the registry',
      roles: [`arn:aws:iam::111111111111:${ROLE}`],
      want: /^password of ASIAROLE/,
      tried: 1,
    },
    {
      name: "in the machine's own account",
      roles: [`arn:aws:iam::222222222222:${ROLE}`],
      want: /^password of ASIAROLE/,
      tried: 2,
    },
    { name: 'as itself', roles: [], want: /^password of ASIAWEB/, tried: 2 },
  ])('by web identity, in the role of the project $name', async ({ roles, want, tried }) => {
    for (const role of roles) clouds.awsRoles.set(role, 'kargo-project-shop');
    const environment = {
      AWS_ROLE_ARN: 'arn:aws:iam::222222222222:role/kargo',
      AWS_WEB_IDENTITY_TOKEN_FILE: await file(WEB_IDENTITY),
    };
    const { ecr } = identities(environment, 'a-shard');
    expect((await ecr.ambient('shop', REGISTRY)).password).toMatch(want);
    await ecr.ambient('shop', REGISTRY);
    const assumed = clouds.asked.filter((what) => what.startsWith('sts AssumeRole '));
    expect(assumed).toHaveLength(tried);
    expect(assumed[0]).toBe(`sts AssumeRole arn:aws:iam::111111111111:${ROLE} kargo-project-shop kargo-controller-a-shard`);
    expect(clouds.asked.filter((what) => what.startsWith('ecr'))).toHaveLength(1);
  });

  it.each<[string, () => Promise<Record<string, string>>, RegExp]>([
    [
      'a container',
      async () => ({
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${clouds.url}/container`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: await file(CONTAINER_TOKEN),
      }),
      /ASIACONTAINER/,
    ],
    ['an instance', async () => ({}), /ASIAINSTANCE/],
    [
      'the environment',
      async () => {
        clouds.awsKeys.set('AKIAENV', 's');
        return { AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 's' };
      },
      /AKIAENV/,
    ],
  ])('by %s', async (_, environment, want) => {
    expect((await identities(await environment()).ecr.ambient('shop', REGISTRY)).password).toMatch(want);
  });

  it('of a machine that is nobody there are unavailable, which is found out once in a while', async () => {
    const { ecr } = identities({ AWS_EC2_METADATA_DISABLED: 'true' });
    expect((await failure(ecr.ambient('shop', REGISTRY))).code).toBe('unavailable');
    clouds.faults.push(404);
    const other = identities();
    expect((await failure(other.ecr.ambient('shop', REGISTRY))).code).toBe('unavailable');
    expect((await failure(other.ecr.ambient('shop', REGISTRY))).code).toBe('unavailable');
    time += 6 * MINUTE;
    expect((await other.ecr.ambient('shop', REGISTRY)).username).toBe('AWS');
  });

  it('do not go on to other roles after anything but a refusal', async () => {
    clouds.awsKeys.set('AKIAENV', 's');
    const { ecr } = identities({ AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 's' });
    clouds.faults.push(500, 500, 500);
    expect((await failure(ecr.ambient('shop', REGISTRY))).code).toBe('failed');
  });
});

describe('logins of Google', () => {
  const key = (more: object = {}): string =>
    Buffer.from(
      JSON.stringify({ client_email: 'robot@acme', private_key: clouds.privateKey, private_key_id: 'k', ...more }),
    ).toString('base64');

  it('by the key of a service account, once until shortly before they expire', async () => {
    const { gar } = identities();
    expect(await gar.withKey(key())).toEqual({ username: 'oauth2accesstoken', password: 'google-key-token' });
    // Where a key says tokens are has no say.
    await gar.withKey(key({ token_uri: 'http://evil.example.com' }));
    time += 56 * MINUTE;
    await gar.withKey(key());
    expect(clouds.asked).toEqual(['google key robot@acme', 'google key robot@acme']);
    expect((await failure(gar.withKey('nonsense'))).code).toBe('invalid');
  });

  it('by the machine: in the account of the project, or as itself, which is remembered', async () => {
    clouds.googleAccounts.add('kargo-project-shop@acme-prod.iam.gserviceaccount.com');
    const { gar } = identities();
    expect((await gar.ambient('shop')).password).toBe('token of kargo-project-shop@acme-prod.iam.gserviceaccount.com');
    expect((await gar.ambient('other')).password).toBe('google-own-token');
    await gar.ambient('other');
    expect(clouds.asked.filter((what) => what.includes('other'))).toHaveLength(1);
  });
});

describe('logins of Google by a file of the installation', () => {
  const AUDIENCE = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k';
  /** A configuration of workload identity federation, in a file that the environment names. */
  const federation = async (credential_source: object, more: object = {}, environment: object = {}) => {
    const path = join(folder, 'federation.json');
    const config = {
      type: 'external_account',
      audience: AUDIENCE,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${clouds.url}/google/federation`,
      credential_source,
      ...more,
    };
    await writeFile(path, JSON.stringify(config));
    return identities({ GOOGLE_APPLICATION_CREDENTIALS: path, GOOGLE_CLOUD_PROJECT: 'acme-prod', ...environment });
  };

  it.each<[string, () => Promise<object>]>([
    ['a file', async () => ({ file: await file(FEDERATED) })],
    [
      'a file of JSON',
      async () => ({
        file: await file(JSON.stringify({ jwt: FEDERATED })),
        format: { type: 'json', subject_token_field_name: 'jwt' },
      }),
    ],
    [
      'a URL',
      async () => ({
        url: `${clouds.url}/federated-token`,
        headers: { Metadata: 'True' },
        format: { type: 'json', subject_token_field_name: 'value' },
      }),
    ],
  ])('of workload identity federation, which has its token from %s', async (_, source) => {
    const account = 'kargo-project-shop@acme-prod.iam.gserviceaccount.com';
    clouds.googleAccounts.add(account);
    const { gar } = await federation(await source());
    expect((await gar.ambient('shop')).password).toBe(`token of ${account}`);
    expect((await gar.ambient('other')).password).toBe('google-own-token');
    expect(clouds.asked.slice(0, 2)).toEqual([
      `google federation ${AUDIENCE} urn:ietf:params:oauth:token-type:jwt`,
      `google ${account}`,
    ]);
  });

  describe('whose token is from AWS', () => {
    const AWS = {
      environment_id: 'aws1',
      region_url: 'http://169.254.169.254/latest/meta-data/placement/availability-zone',
      url: 'http://169.254.169.254/latest/meta-data/iam/security-credentials',
      regional_cred_verification_url: 'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15',
    };
    const more = { subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request' };

    it('has Google ask AWS who this machine is, by the instance', async () => {
      const { gar } = await federation(AWS, more);
      expect((await gar.ambient('shop')).password).toBe('google-own-token');
      expect(clouds.asked.filter((what) => what.startsWith('google asks'))).toEqual([
        expect.stringMatching(/^google asks sts\.eu-west-1\.amazonaws\.com who ASIAINSTANCE\d+ is$/) as string,
      ]);
    });

    it('or by the environment', async () => {
      clouds.awsKeys.set('AKIAENV', 'env-secret');
      const env = { AWS_REGION: 'us-east-2', AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 'env-secret' };
      const { gar } = await federation(AWS, more, env);
      expect((await gar.ambient('shop')).password).toBe('google-own-token');
      expect(clouds.asked).toContain('google asks sts.us-east-2.amazonaws.com who AKIAENV is');
      expect(clouds.asked).not.toContain('instance');
    });
  });

  describe('whose token a program gives', () => {
    const allow = { GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1' };
    const answer = (fields: object): string =>
      JSON.stringify({ version: 1, success: true, token_type: 'urn:ietf:params:oauth:token-type:id_token', ...fields });
    /** A program that prints, or fails; it notes what it was told. */
    const program = async (script: string): Promise<string> => {
      const path = join(folder, 'a program');
      await writeFile(path, `#!/bin/sh\necho "$@ $GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE $SECRET" >> '${folder}/told'\n${script}\n`);
      await chmod(path, 0o755);
      return `"${path}" --for 'two words'`;
    };
    const print = (text: string): string => `cat <<'END'\n${text}\nEND`;

    it('runs it without a shell, with what it needs to know and nothing else', async () => {
      const command = await program(print(answer({ id_token: FEDERATED })));
      const { gar } = await federation({ executable: { command } }, {}, allow);
      expect((await gar.ambient('shop')).password).toBe('google-own-token');
      expect(await readFile(join(folder, 'told'), 'utf8')).toBe(`--for two words ${AUDIENCE} \n`);
    });

    it('or what it wrote down, as long as that holds', async () => {
      const output_file = join(folder, 'kept');
      const command = await program('exit 3');
      const source = { executable: { command, output_file } };
      await writeFile(output_file, answer({ id_token: FEDERATED, expiration_time: time / 1000 + 60 }));
      expect((await (await federation(source, {}, allow)).gar.ambient('shop')).password).toBe('google-own-token');
      time += 2 * MINUTE;
      expect((await failure((await federation(source, {}, allow)).gar.ambient('shop'))).message).toContain('exit code 3');
    });

    it.each<[string, object, object, RegExp]>([
      ['it is not allowed', {}, {}, /GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1 does not allow that/],
      ['it is not there', allow, { command: '/nowhere/at-all' }, /could not be run/],
      ['it is nothing', allow, { command: ' ' }, /has no command/],
      ['it may take too short', allow, { timeout_millis: 1 }, /must be from 5000 to 120000/],
    ])('says so where %s', async (_, env, more, says) => {
      const command = await program(print(answer({ id_token: FEDERATED })));
      const { gar } = await federation({ executable: { command, ...more } }, {}, env);
      expect((await failure(gar.ambient('shop'))).message).toMatch(says);
    });

    it.each([
      ['fails', answer({ success: false, code: '401', message: 'caller not authorized' }), /401: caller not authorized/],
      ['gives a token that has expired', answer({ id_token: FEDERATED, expiration_time: 1 }), /has expired/],
      ['gives no token', answer({}), /gave no token/],
      ['prints anything else', 'hello s3cr3t', /is no JSON object/],
    ])('says so where it %s, and shows nothing of a token', async (_, printed, says) => {
      const { gar } = await federation({ executable: { command: await program(print(printed)) } }, {}, allow);
      const { message } = await failure(gar.ambient('shop'));
      expect(message).toMatch(says);
      expect(message).not.toContain('s3cr3t');
      expect(message).not.toContain(FEDERATED);
    });
  });

  it('of workload identity federation that stands for a service account', async () => {
    const robot = 'robot@acme-prod.iam.gserviceaccount.com';
    clouds.googleAccounts.add(robot);
    const url = `${clouds.url}/v1/projects/-/serviceAccounts/${robot}:generateAccessToken`;
    const { gar } = await federation({ file: await file(FEDERATED) }, { service_account_impersonation_url: url });
    expect((await gar.ambient('shop')).password).toBe(`token of ${robot}`);
  });

  it('of a service account', async () => {
    const path = await file(
      JSON.stringify({ type: 'service_account', client_email: 'robot@acme', private_key: clouds.privateKey }),
    );
    expect((await identities({ GOOGLE_APPLICATION_CREDENTIALS: path }).gar.ambient('shop')).password).toBe('google-key-token');
  });

  it('say what is wrong with it, and nothing of what is in it', async () => {
    const own = (path: string) => identities({ GOOGLE_APPLICATION_CREDENTIALS: path }).gar.ambient('shop');
    const cases: [() => Promise<unknown>, RegExp][] = [
      [async () => (await federation({ file: await file('other') })).gar.ambient('shop'), /subject token is not good/],
      [async () => (await federation({})).gar.ambient('shop'), /neither a file, a url, an executable nor AWS/],
      [async () => (await federation({ environment_id: 'aws9' })).gar.ambient('shop'), /"aws9" is not known; aws1 is/],
      [async () => own(await file('not JSON')), /is no JSON object/],
      [() => own(join(folder, 'absent')), /cannot be read/],
      [
        () => identities().gar.withKey(JSON.stringify({ type: 'external_account', audience: AUDIENCE })),
        /Let the installation name it by GOOGLE_APPLICATION_CREDENTIALS/,
      ],
    ];
    for (const [act, says] of cases) {
      const { message } = await failure(act());
      expect(message).toMatch(says);
      expect(message).not.toContain('not JSON');
    }
  });
});

describe('tokens that are refused before their time', () => {
  it.each<[string, (clouds: CloudIdentities, refused?: string) => Promise<{ password: string }>]>([
    [
      'GitHub App',
      async ({ github }, refused) => ({
        password: await github.token({
          issuer: 'Iv1.abc',
          installation: '42',
          privateKey: clouds.privateKey,
          repoURL: `${clouds.url}/shop/deploy.git`,
          refused,
        }),
      }),
    ],
    ['ECR', ({ ecr }, refused) => ecr.withKey({ accessKeyId: 'AKIA', secretAccessKey: 's' }, 'eu-west-1', { refused })],
    ['ECR by the machine', ({ ecr }, refused) => ecr.ambient('shop', REGISTRY, { refused })],
    [
      'GAR',
      ({ gar }, refused) =>
        gar.withKey(JSON.stringify({ client_email: 'robot@acme', private_key: clouds.privateKey }), { refused }),
    ],
    ['GAR by the machine', ({ gar }, refused) => gar.ambient('shop', { refused })],
    ['ACR by the machine', ({ acr }, refused) => acr.ambient('acme.azurecr.io', { refused })],
  ])('of %s are got anew once, and not if they are fresh', async (_, get) => {
    clouds.awsKeys.set('AKIA', 's');
    const known = identities({ AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's' });
    const { password } = await get(known);
    const asked = (): number => clouds.asked.splice(0).length;
    asked();
    await get(known, password);
    expect(asked()).toBe(0);
    time += 2 * MINUTE;
    await get(known, 'another');
    expect(asked()).toBe(0);
    await get(known, password);
    expect(asked()).toBeGreaterThan(0);
    await get(known, password);
    expect(asked()).toBe(0);
  });
});

describe('logins of Azure', () => {
  const USER = '00000000-0000-0000-0000-000000000000';

  it('by workload identity, once in a while', async () => {
    const environment = {
      AZURE_CLIENT_ID: 'client-1',
      AZURE_TENANT_ID: 'tenant-1',
      AZURE_FEDERATED_TOKEN_FILE: await file(AZURE_ASSERTION),
    };
    const { acr } = identities(environment);
    expect(await acr.ambient('acme.azurecr.io')).toEqual({ username: USER, password: 'azure-refresh-token' });
    await acr.ambient('acme.azurecr.io');
    expect(clouds.asked).toEqual(['azure workload client-1', 'azure exchange acme.azurecr.io']);
  });

  it('by managed identity', async () => {
    expect((await identities().acr.ambient('acme.azurecr.io')).username).toBe(USER);
    expect(clouds.asked).toEqual(['azure managed', 'azure exchange acme.azurecr.io']);
  });

  it('are refused in the words of Azure', async () => {
    const environment = {
      AZURE_CLIENT_ID: 'client-1',
      AZURE_TENANT_ID: 'tenant-1',
      AZURE_FEDERATED_TOKEN_FILE: await file('other'),
    };
    expect((await failure(identities(environment).acr.ambient('acme.azurecr.io'))).message).toContain('AADSTS700211');
  });
});

describe('registries of clouds', () => {
  it.each([
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/web', 'ecr'],
    ['oci://123456789012.dkr.ecr.eu-west-1.amazonaws.com/charts/web', 'ecr'],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/web', 'ecr'],
    ['public.ecr.aws/nginx/nginx', ''],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.io/web', ''],
    ['gcr.io/acme/web', 'google'],
    ['eu.gcr.io/acme/web', 'google'],
    ['europe-docker.pkg.dev/acme/repo/web', 'google'],
    ['gcr.io.evil.io/acme/web', ''],
    ['acme.azurecr.io/web', 'azure'],
    ['acme.azurecr.io.evil.io/web', ''],
    ['ghcr.io/acme/web', ''],
  ])('%s: %s', (repository, want) => {
    const known = [
      ...(ecrRegistry(repository) === undefined ? [] : ['ecr']),
      ...(isGoogleRegistry(repository) ? ['google'] : []),
      ...(azureRegistry(repository) === undefined ? [] : ['azure']),
    ];
    expect(known.join()).toBe(want);
  });
});
