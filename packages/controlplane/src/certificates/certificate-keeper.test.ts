import { X509Certificate } from 'node:crypto';
import {
  apiVersionOf,
  coreKinds,
  MutatingWebhookConfiguration,
  Namespace,
  Secret,
  ValidatingWebhookConfiguration,
  type Kind,
  type KubeObject,
  type Webhook,
} from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import { seededRandom, silentLog, VirtualClock, type Client } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepCertificates } from './certificate-keeper.ts';
import { AUTHORITY_LIFE, OVERLAP, published, renewCertificates, SERVING_LIFE, trustBundle } from './serving-certificates.ts';

const HOSTS = ['kargo-webhooks.kargo.svc'];
const DAY = 24 * 3600_000;

let clock: VirtualClock;
let server: ApiServer;
let client: Client;

beforeEach(async () => {
  clock = new VirtualClock('2026-01-01T00:00:00Z');
  server = openApiServer({ path: ':memory:', kinds: coreKinds, clock, random: seededRandom(1) });
  client = server.client();
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kargo' } });
});
afterEach(() => server.close());

async function configure(): Promise<void> {
  const webhook = (name: string): Webhook => ({
    name,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: { service: { namespace: 'kargo', name: 'kargo-webhooks' } },
  });
  for (const kind of [MutatingWebhookConfiguration, ValidatingWebhookConfiguration] as unknown as Kind<KubeObject>[])
    await client.create(kind, {
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: { name: 'kargo' },
      webhooks: [webhook('a.kargo.test'), webhook('b.kargo.test')],
    } as KubeObject);
}

interface Replica {
  shown: string | undefined;
  trusted: boolean;
  stop: () => Promise<void>;
}

function start(seed: number, lookAgain?: number): Replica {
  const ending = new AbortController();
  const replica: Replica = { shown: undefined, trusted: false, stop: () => Promise.resolve() };
  const kept = keepCertificates(
    {
      client,
      clock,
      random: seededRandom(seed),
      log: silentLog,
      namespace: 'kargo',
      name: 'tls',
      hosts: HOSTS,
      configurations: { mutating: 'kargo', validating: 'kargo' },
      onCertificate: ({ cert }) => (replica.shown = cert),
      onTrusted: () => (replica.trusted = true),
      lookAgain,
    },
    ending.signal,
  );
  replica.stop = () => {
    ending.abort(new Error('stop'));
    return kept;
  };
  return replica;
}

async function bundles(): Promise<string[]> {
  const all: string[] = [];
  for (const kind of [MutatingWebhookConfiguration, ValidatingWebhookConfiguration] as const)
    for (const { webhooks = [] } of (await client.list(kind as typeof MutatingWebhookConfiguration)).items)
      all.push(...webhooks.map(({ clientConfig }) => Buffer.from(clientConfig.caBundle ?? '', 'base64').toString()));
  return all;
}

/** Whether a client that trusts `bundle` accepts a certificate at an instant. */
function accepts(bundle: string, cert: string, now: number): boolean {
  const shown = new X509Certificate(cert);
  const isValid = (each: X509Certificate): boolean => Date.parse(each.validFrom) <= now && now < Date.parse(each.validTo);
  const authorities = [...bundle.matchAll(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g)].map(
    ([pem]) => new X509Certificate(pem),
  );
  return (
    isValid(shown) &&
    shown.checkHost(HOSTS[0] ?? '') !== undefined &&
    authorities.some((each) => isValid(each) && shown.checkIssued(each) && shown.verify(each.publicKey))
  );
}

describe('certificates of webhooks', () => {
  it('are trusted at every instant of four years, by clients that are late and with replicas that come and go', async () => {
    await configure();
    const replicas = [start(1, DAY), start(2, DAY)];
    await clock.advanceBy(30_000);
    expect(replicas.map(({ trusted }) => trusted)).toEqual([true, true]);
    const shown = new Set<string>();
    const signers = new Set<string>();
    let late = await bundles();
    let step = 0;
    const end = clock.now() + 2 * AUTHORITY_LIFE;
    while (clock.now() < end) {
      await clock.advanceBy(DAY);
      const before = late;
      late = await bundles();
      for (const { shown: cert = '' } of replicas)
        for (const bundle of before) {
          if (!accepts(bundle, cert, clock.now())) throw new Error(`not trusted at ${new Date(clock.now()).toISOString()}`);
          shown.add(cert);
          signers.add(new X509Certificate(cert).issuer);
        }
      step++;
      if (step % 50 === 0) {
        await replicas.shift()?.stop();
        replicas.push(start(step, DAY));
        await clock.advanceBy(30_000);
      }
    }
    expect(shown.size).toBeGreaterThan((2 * AUTHORITY_LIFE) / SERVING_LIFE);
    expect(signers.size).toBeGreaterThan(2);
    for (const replica of replicas) await replica.stop();
  });

  it('are made anew when their Secret is deleted or spoilt, and trusted again', async () => {
    await configure();
    const replica = start(1);
    await clock.advanceBy(20_000);
    const first = replica.shown;
    await client.delete(Secret, { namespace: 'kargo', name: 'tls' });
    await clock.advanceBy(40_000);
    expect(replica.shown).not.toBe(first);
    const second = replica.shown;
    const secret = await client.get(Secret, { namespace: 'kargo', name: 'tls' });
    await client.update(Secret, { ...secret, data: { 'authorities.json': 'eA==' } });
    await clock.advanceBy(40_000);
    expect(replica.shown).not.toBe(second);
    for (const bundle of await bundles()) expect(accepts(bundle, replica.shown ?? '', clock.now())).toBe(true);
    await replica.stop();
  });

  it('are trusted as soon as there is a configuration, also one that was applied anew', async () => {
    const replica = start(1);
    await clock.advanceBy(60_000);
    expect(replica.trusted).toBe(false);
    await configure();
    await clock.advanceBy(20_000);
    expect(replica.trusted).toBe(true);
    const configuration = await client.get(ValidatingWebhookConfiguration, { name: 'kargo' });
    const webhooks = configuration.webhooks?.map((each) => ({
      ...each,
      clientConfig: { ...each.clientConfig, caBundle: 'eA==' },
    }));
    await client.update(ValidatingWebhookConfiguration, { ...configuration, webhooks: webhooks ?? [] });
    await clock.advanceBy(20_000);
    for (const bundle of await bundles()) expect(accepts(bundle, replica.shown ?? '', clock.now())).toBe(true);
    await replica.stop();
  });
});

describe('renewal', () => {
  let id = 0;
  const at = (now: number, current?: ReturnType<typeof renewCertificates>): ReturnType<typeof renewCertificates> =>
    renewCertificates(current, { hosts: HOSTS, now, unique: () => `${++id}` });

  it('changes nothing while nothing is due', () => {
    const first = published(at(0), 0);
    expect(at(SERVING_LIFE / 2, first)).toBe(first);
    expect(published(first, 5)).toBe(first);
  });

  it('never signs with an authority that clients have not known for long', () => {
    const first = published(at(0), 0);
    const now = AUTHORITY_LIFE * 0.7;
    const second = at(now, first);
    expect(second.authorities).toHaveLength(2);
    expect(second.serving.issuer).toBe(first.authorities[0]?.name);
    const told = published(second, now);
    expect(at(now + OVERLAP - 1, told).serving.issuer).toBe(first.authorities[0]?.name);
    expect(at(now + OVERLAP, told).serving.issuer).toBe(second.authorities[1]?.name);
  });

  it('covers the names that are asked for, and drops authorities that have ended', () => {
    const first = published(at(0), 0);
    const more = renewCertificates(first, { hosts: [...HOSTS, '127.0.0.1'], now: DAY, unique: () => 'x' });
    expect(new X509Certificate(more.serving.cert).checkIP('127.0.0.1')).toBe('127.0.0.1');
    const much = at(AUTHORITY_LIFE + DAY, published(at(AUTHORITY_LIFE * 0.7, first), AUTHORITY_LIFE * 0.7));
    expect(much.authorities).toHaveLength(1);
    expect(trustBundle(much)).toBe(much.authorities[0]?.cert);
  });
});
