import { keyOf, Promotion, Warehouse, type KubeObject, type WebhookReceiver } from '@kargo/api';
import type { Reader } from '@kargo/kube';
import { type Delivery, type Reading } from './delivery.ts';
import { genericDelivery } from './generic/generic-delivery.ts';
import { providers } from './providers/providers.ts';
import type { TypedReceiver } from './receiver-secret.ts';
import { concernedPromotions, concernedWarehouses } from './select-targets.ts';
import { wakeAll, type Wake, type Woken } from './wake.ts';

/** How a delivery is answered, and what it woke. */
export interface DeliveryAnswer {
  code: number;
  body: Readonly<Record<string, unknown>>;
  woken: readonly Woken[];
}

export interface DeliveryContext {
  client: Pick<Reader, 'list'>;
  wake: Wake;
  /** The Project whose objects the receiver may wake; absent for receivers of the cluster, which may wake all. */
  project: string | undefined;
  receiver: TypedReceiver;
  secret: string;
  /** The delivery is handled again: whether it was signed was checked when it came. */
  isReplay?: boolean | undefined;
}

/** Checks a delivery, and wakes exactly the Warehouses and Promotions that it concerns. Fails only where the API does. */
export async function handleDelivery(delivery: Delivery, context: DeliveryContext): Promise<DeliveryAnswer> {
  const { receiver, secret, isReplay: isTrusted } = context;
  if (receiver.type === 'generic') return genericDelivery(delivery, receiver.receiver.generic?.actions ?? [], context);
  const virtualRepository = virtualRepositoryOf(receiver.receiver);
  const read = providers[receiver.type];
  const reading = read(delivery, { secret, isTrusted, virtualRepository });
  return act(reading, context);
}

function virtualRepositoryOf({ artifactory }: WebhookReceiver): string | undefined {
  return artifactory?.virtualRepoName === '' ? undefined : artifactory?.virtualRepoName;
}

async function act(reading: Reading, { client, wake, project: namespace }: DeliveryContext): Promise<DeliveryAnswer> {
  switch (reading.kind) {
    case 'refused':
      return { code: reading.code, body: { error: reading.message }, woken: [] };
    case 'nothing':
      return { code: 200, body: reading.message === undefined ? {} : { msg: reading.message }, woken: [] };
    case 'news': {
      const { items } = await client.list(Warehouse, { namespace });
      return refreshed(concernedWarehouses(items, reading.news), 'warehouse', wake);
    }
    case 'pullRequests': {
      const { items } = await client.list(Promotion, { namespace });
      return refreshed(concernedPromotions(items, reading.urls), 'promotion', wake);
    }
  }
}

async function refreshed(objects: readonly KubeObject[], what: string, wake: Wake): Promise<DeliveryAnswer> {
  const sorted = objects.toSorted((a, b) => (keyText(a) < keyText(b) ? -1 : 1));
  const woken = await wakeAll(sorted, wake);
  const failed = woken.filter(({ failure }) => failure !== undefined).length;
  if (failed > 0) return { code: 500, body: { error: `failed to refresh ${failed} of ${woken.length} ${what}s` }, woken };
  return { code: 200, body: { msg: `refreshed ${woken.length} ${what}(s)` }, woken };
}

function keyText(object: KubeObject): string {
  const { namespace = '', name } = keyOf(object);
  return `${namespace}/${name}`;
}
