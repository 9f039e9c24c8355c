import {
  apiVersionOf,
  isReason,
  keyOf,
  labels,
  shorten,
  shortenLabel,
  WebhookDelivery,
  type WebhookDeliveryOutcome,
} from '@kargo/api';
import { timestamp, type Client, type Clock, type Log } from '@kargo/kube';
import type { Delivery } from './delivery.ts';
import type { DeliveryAnswer } from './handle-delivery.ts';
import type { TypedReceiver } from './receiver-secret.ts';
import { redactDelivery } from './redact-delivery.ts';

/** How many deliveries of a receiver are kept, how many more that were refused, and how many bytes their bodies may have in all. */
export const KEPT_DELIVERIES = 30;
export const KEPT_REFUSALS = 10;
export const KEPT_BYTES = 1024 * 1024;
/** No more than one refused delivery of a receiver is noted in this time: whoever sends many must not keep the store busy. */
const REFUSAL_PAUSE = 1000;
const MAX_TARGETS = 100;
const MAX_REPLAYS = 10;
const MAX_MESSAGE = 4096;

export interface DeliveryLogDeps {
  client: Client;
  clock: Clock;
  log: Log;
  ulid: () => string;
}

/** What is noted about a delivery. */
export interface DeliveryNote {
  /** Where the receiver's configuration is, or for those of the cluster the system namespace. */
  namespace: string;
  receiver: TypedReceiver;
  secret: string;
  delivery: Delivery;
  answer: DeliveryAnswer;
}

/** Keeps deliveries as objects, so that they outlive the process. Never fails: a delivery counts whether it can be noted or not. */
export interface DeliveryLog {
  note(note: DeliveryNote): Promise<void>;
  /** Adds what came of handling a delivery again. Fails where the API does. */
  noteReplay(delivery: WebhookDelivery, answer: DeliveryAnswer, actor: string): Promise<WebhookDelivery>;
}

export function deliveryLog(deps: DeliveryLogDeps): DeliveryLog {
  const { client, clock, log } = deps;
  const lastRefusal = new Map<string, number>();
  return {
    async note(note) {
      const { namespace, receiver, answer } = note;
      const now = clock.now();
      const place = `${namespace}/${receiver.name}`;
      if (isRefusal(answer.code)) {
        if (now - (lastRefusal.get(place) ?? -Infinity) < REFUSAL_PAUSE) return;
        lastRefusal.set(place, now);
      }
      try {
        await client.create(WebhookDelivery, record(deps, note, now));
        await forgetOld(client, namespace, receiver.name);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        log.warn({ namespace, receiver: receiver.name, error: why }, 'a webhook delivery could not be noted');
      }
    },
    noteReplay(delivery, answer, actor) {
      const replay = { ...outcomeOf(answer, timestamp(clock.now())), actor };
      const replays = [replay, ...(delivery.replays ?? [])].slice(0, MAX_REPLAYS);
      return client.update(WebhookDelivery, { ...delivery, replays });
    },
  };
}

/** Whether senders are told that they did something wrong. */
function isRefusal(code: number): boolean {
  return code >= 400 && code < 500;
}

function record(
  { ulid }: DeliveryLogDeps,
  { namespace, receiver, secret, delivery, answer }: DeliveryNote,
  now: number,
): WebhookDelivery {
  const suffix = `.${ulid().toLowerCase()}`;
  const kept = redactDelivery(delivery, [secret]);
  // What was refused may come from anybody.
  const { body, ...withoutBody } = kept;
  return {
    apiVersion: apiVersionOf(WebhookDelivery),
    kind: WebhookDelivery.kind,
    metadata: {
      namespace,
      name: `${shorten(receiver.name, 253 - suffix.length).value}${suffix}`,
      labels: { [labels.receiver]: shortenLabel(receiver.name) },
    },
    spec: {
      receiver: receiver.name,
      type: receiver.type,
      receivedAt: timestamp(now),
      ...(isRefusal(answer.code) || body === undefined ? withoutBody : { ...withoutBody, body }),
    },
    outcome: outcomeOf(answer, timestamp(now)),
  };
}

function outcomeOf({ code, body, woken }: DeliveryAnswer, at: string): WebhookDeliveryOutcome {
  const message = body['msg'] ?? body['error'] ?? (body['results'] === undefined ? '' : JSON.stringify(body['results']));
  const targets = woken
    .slice(0, MAX_TARGETS)
    .map(({ kind, namespace, name, failure }) => `${kind} ${namespace}/${name}${failure === undefined ? '' : ` (${failure})`}`);
  return { at, code, message: String(message).slice(0, MAX_MESSAGE), targets };
}

async function forgetOld(client: Client, namespace: string, receiver: string): Promise<void> {
  const labelSelector = `${labels.receiver}=${shortenLabel(receiver)}`;
  const { items } = await client.list(WebhookDelivery, { namespace, labelSelector });
  for (const old of superfluous(items)) {
    try {
      await client.delete(WebhookDelivery, keyOf(old));
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }
}

/** The deliveries of one receiver that are beyond what is kept. Pure. */
export function superfluous(deliveries: readonly WebhookDelivery[]): WebhookDelivery[] {
  const newestFirst = deliveries.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? 1 : -1));
  const kept = { refused: 0, others: 0, bytes: 0 };
  return newestFirst.filter(({ spec, outcome }) => {
    const count = isRefusal(outcome.code) ? ++kept.refused : ++kept.others;
    kept.bytes += Buffer.byteLength(spec.body ?? '');
    return count > (isRefusal(outcome.code) ? KEPT_REFUSALS : KEPT_DELIVERIES) || (count > 1 && kept.bytes > KEPT_BYTES);
  });
}
