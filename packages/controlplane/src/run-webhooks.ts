import { systemClock, systemRandom, type Log } from '@kargo/kube';
import { keepCertificates } from './certificates/certificate-keeper.ts';
import type { Certificate } from './certificates/certificate.ts';
import { clusterAuthorizer } from './cluster-authority.ts';
import { connectToCluster, type ClusterOptions, type Environment } from './cluster-client.ts';
import type { UpConfig } from './config.ts';
import { admissionFor } from './controllers.ts';
import { reviewer } from './webhooks/admission-review.ts';
import { MUTATING_CONFIGURATION, VALIDATING_CONFIGURATION, WEBHOOK_SECRET, WEBHOOK_SERVICE } from './webhooks/names.ts';
import { serveWebhooks, type WebhookServer } from './webhooks/webhook-server.ts';

/** Everything that `kargo webhooks` can be told. */
export interface WebhooksConfig extends ClusterOptions {
  host: string;
  port: number;
  /** Namespace of the installation: the Service and the Secret are there. */
  namespace: string;
  /** Further names that the API server reaches the webhooks by, besides those of the Service. */
  hosts: readonly string[];
  /** What subscriptions must say of images: `CACHE_BY_TAG_POLICY`. */
  images?: UpConfig['images'];
}

/** Serves admission webhooks until the signal aborts. `onListening` gets the port. Fails with `KubeconfigError` or `ListenError`. */
export async function runWebhooks(
  { config, log, env, onListening }: { config: WebhooksConfig; log: Log; env: Environment; onListening?: (port: number) => void },
  signal: AbortSignal,
): Promise<void> {
  const { host, port, namespace } = config;
  const clock = systemClock;
  const random = systemRandom;
  const { access, client } = await connectToCluster(config, env);
  const stopping = new AbortController();
  const both = AbortSignal.any([signal, stopping.signal]);
  let server: WebhookServer | undefined;
  let trusted = false;
  let keeping: Promise<void> | undefined;
  try {
    const authorizer = clusterAuthorizer(client, clock);
    const rules = admissionFor({ client, clock, random, log, authorizer, kargoNamespace: namespace, config });
    const review = reviewer(rules, log);
    let current: Certificate | undefined;
    const first = Promise.withResolvers<void>();
    const service = `${WEBHOOK_SERVICE}.${namespace}.svc`;
    keeping = keepCertificates(
      {
        client,
        clock,
        random,
        log,
        namespace,
        name: WEBHOOK_SECRET,
        hosts: [service, `${WEBHOOK_SERVICE}.${namespace}`, `${service}.cluster.local`, ...config.hosts],
        configurations: { mutating: MUTATING_CONFIGURATION, validating: VALIDATING_CONFIGURATION },
        onCertificate: (certificate) => {
          current = certificate;
          first.resolve();
          server?.use(certificate);
        },
        onTrusted: () => {
          if (!trusted) log.info({}, 'the API server trusts the webhooks');
          trusted = true;
        },
      },
      both,
    );
    const aborted = Promise.withResolvers<void>();
    if (both.aborted) aborted.resolve();
    both.addEventListener('abort', () => aborted.resolve(), { once: true });
    await Promise.race([first.promise, aborted.promise]);
    if (current === undefined) return;
    server = await serveWebhooks({ host, port, certificate: current, review, isReady: () => trusted, log });
    log.info({ port: server.port }, 'webhooks are listening');
    onListening?.(server.port);
    await aborted.promise;
  } finally {
    stopping.abort(new Error('the webhooks stop'));
    await server?.close();
    await keeping;
    access.close();
  }
}
