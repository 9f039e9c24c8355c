import {
  apiVersionOf,
  isReason,
  MutatingWebhookConfiguration,
  Secret,
  ValidatingWebhookConfiguration,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import { equal, type Client, type Clock, type JsonPatchOperation, type Log, type Random } from '@kargo/kube';
import { published, renewCertificates, trustBundle, type ServingCertificates } from './serving-certificates.ts';

type WebhookConfiguration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;

export interface CertificateKeeperOptions {
  client: Client;
  clock: Clock;
  random: Random;
  log: Log;
  /** The Secret that all replicas share. */
  namespace: string;
  name: string;
  /** Names that the servers are reached by. */
  hosts: readonly string[];
  /** Names of the configurations whose clients are to trust the servers. */
  configurations: { mutating: string; validating: string };
  /** Called with the certificate to serve, at first and whenever it changes. */
  onCertificate: (serving: { cert: string; key: string }) => void;
  /** Called when clients trust what is served. */
  onTrusted?: (() => void) | undefined;
  /** How often the Secret and the configurations are looked at, in milliseconds: others may have replaced them. Default 15 s. */
  lookAgain?: number | undefined;
}

const LOOK_AGAIN = 15_000;
const AFTER_FAILURE = 2000;
const STATE = 'authorities.json';

/**
 * Keeps the certificates of webhooks: makes them, renews them long before they end, shares them among replicas through a Secret, and has
 * the configurations of the webhooks trust them. Any number of replicas may do so: each change is one conditional write that the others
 * take over. Goes on until the signal aborts; never rejects.
 */
export async function keepCertificates(options: CertificateKeeperOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  let served: string | undefined;
  while (!signal.aborted) {
    let pause = options.lookAgain ?? LOOK_AGAIN;
    try {
      const state = await lookOnce(options);
      if (state.serving.cert !== served) {
        served = state.serving.cert;
        options.onCertificate(state.serving);
      }
      if (await publish(options, state)) options.onTrusted?.();
    } catch (error) {
      pause = AFTER_FAILURE;
      if (!isReason(error, 'Conflict', 'AlreadyExists'))
        log.warn(
          { error: error instanceof Error ? error.message : String(error) },
          'looking after the certificates failed and will be tried again',
        );
    }
    await clock.sleep(pause, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

/** Brings the stored certificates up to date, and returns them. Fails with `Conflict` or `AlreadyExists` when another replica was faster. */
async function lookOnce(options: CertificateKeeperOptions): Promise<ServingCertificates> {
  const { client, namespace, name, hosts, clock, random, log } = options;
  const secret = await find(client, Secret, { namespace, name });
  const current = secret === undefined ? undefined : read(secret, log);
  const next = renewCertificates(current, { hosts, now: clock.now(), unique: () => random.uuid().slice(0, 8) });
  if (next !== current) {
    await write(options, secret, next);
    log.info(
      { issuer: next.serving.issuer, until: new Date(next.serving.to).toISOString() },
      'certificates were made or renewed',
    );
  }
  return next;
}

/** Has every configuration trust the authorities. Whether all do. */
async function publish(options: CertificateKeeperOptions, state: ServingCertificates): Promise<boolean> {
  const { client, clock, log, namespace, name } = options;
  const caBundle = Buffer.from(trustBundle(state)).toString('base64');
  let complete = true;
  const kinds = [
    [MutatingWebhookConfiguration as unknown as Kind<WebhookConfiguration>, options.configurations.mutating],
    [ValidatingWebhookConfiguration as unknown as Kind<WebhookConfiguration>, options.configurations.validating],
  ] as const;
  for (const [kind, configured] of kinds) {
    const configuration = await find(client, kind, { name: configured });
    if (configuration === undefined) {
      complete = false;
      log.warn(
        { kind: kind.kind, name: configured },
        'the configuration of the webhooks is missing; apply what kargo manifests prints',
      );
      continue;
    }
    const outdated = (configuration.webhooks ?? []).flatMap(({ clientConfig }, index) =>
      clientConfig.caBundle === caBundle ? [] : [index],
    );
    if (outdated.length === 0) continue;
    const version = configuration.metadata.resourceVersion ?? '';
    const operations: JsonPatchOperation[] = [
      { op: 'test', path: '/metadata/resourceVersion', value: version },
      ...outdated.map((index) => ({ op: 'add' as const, path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle })),
    ];
    await client.patch(kind, { name: configured }, { type: 'json', body: operations });
    log.info({ kind: kind.kind, name: configured }, 'the configuration of the webhooks trusts the current authorities');
  }
  const noted = complete ? published(state, clock.now()) : state;
  if (noted !== state) {
    const secret = await client.get(Secret, { namespace, name });
    // Only what was published is noted: another replica may have added an authority meanwhile.
    if (equal(read(secret, log)?.authorities, state.authorities)) await write(options, secret, noted);
  }
  return complete;
}

async function write(
  { client, namespace, name }: CertificateKeeperOptions,
  secret: Secret | undefined,
  state: ServingCertificates,
): Promise<void> {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const data = {
    'ca.crt': encode(trustBundle(state)),
    'tls.crt': encode(state.serving.cert),
    'tls.key': encode(state.serving.key),
    [STATE]: encode(JSON.stringify(state)),
  };
  if (secret !== undefined) await client.update(Secret, { ...secret, data });
  else
    await client.create(Secret, {
      apiVersion: apiVersionOf(Secret),
      kind: Secret.kind,
      metadata: { namespace, name },
      type: 'Opaque',
      data,
    });
}

/** The stored certificates; undefined for a Secret that holds none. */
function read({ data, metadata }: Secret, log: Log): ServingCertificates | undefined {
  try {
    const state = JSON.parse(Buffer.from(data?.[STATE] ?? '', 'base64').toString()) as Partial<ServingCertificates>;
    if (Array.isArray(state.authorities) && typeof state.serving?.cert === 'string') return state as ServingCertificates;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  log.warn({ secret: metadata.name }, 'the Secret of the certificates cannot be read and is made anew');
  return undefined;
}

async function find<T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  key: { namespace?: string; name: string },
): Promise<T | undefined> {
  try {
    return await client.get(kind, key);
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
