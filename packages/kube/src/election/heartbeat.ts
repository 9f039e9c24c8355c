import { apiVersionOf, isReason, labels, Lease } from '@kargo/api';
import type { Client } from '../client/client.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { microTime } from './leader-election.ts';

export interface HeartbeatOptions {
  client: Client;
  clock: Clock;
  log: Log;
  namespace: string;
  /** Name of the controller, which is that of its shard; empty for the unnamed one. */
  controller: string;
  /** Identity of this process. */
  identity: string;
  /** How long the controller counts as alive after a beat, in milliseconds. Default two minutes. */
  duration?: number | undefined;
}

/** Shows that a controller lives: renews its Lease every third of `duration` until the signal aborts, then deletes it. Never rejects. */
export async function heartbeat(options: HeartbeatOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, log, namespace, controller, duration = 120_000 } = options;
  const name = `kargo-controller-${controller === '' ? 'unnamed' : controller}`;
  let last: Lease | undefined;
  while (!signal.aborted) {
    let failed = false;
    await beat(options, name, duration).then(
      (lease) => {
        last = lease;
      },
      (error: unknown) => {
        failed = true;
        log.warn({ error: error instanceof Error ? error.message : String(error) }, 'a heartbeat failed and will be tried again');
      },
    );
    await clock.sleep(failed ? duration / 12 : duration / 3, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
  if (last === undefined) return;
  // Another process that goes on with this controller has beaten since: its Lease stays.
  const { uid, resourceVersion } = last.metadata;
  await client.delete(Lease, { namespace, name }, { preconditions: { uid, resourceVersion } }).catch((error: unknown) => {
    if (!isReason(error, 'NotFound', 'Conflict'))
      log.debug({ error: error instanceof Error ? error.message : String(error) }, 'the lease of the heartbeat ends by itself');
  });
}

async function beat(
  { client, clock, namespace, controller, identity }: HeartbeatOptions,
  name: string,
  duration: number,
): Promise<Lease> {
  const spec = { holderIdentity: identity, leaseDurationSeconds: Math.ceil(duration / 1000), renewTime: microTime(clock.now()) };
  const metadata = { namespace, name, labels: { [labels.controller]: controller } };
  const body = { metadata: { labels: metadata.labels }, spec };
  try {
    return await client.patch(Lease, { namespace, name }, { type: 'merge', body });
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    return client.create(Lease, { apiVersion: apiVersionOf(Lease), kind: Lease.kind, metadata, spec });
  }
}
