import { Promotion, Warehouse, type KubeObject } from '@kargo/api';
import { handleDelivery, type Delivery, type DeliveryAnswer } from '@kargo/controllers';
import { askForRefresh } from '../annotate.ts';
import type { Services } from '../services.ts';
import type { FoundReceiver } from './find-receiver.ts';

/** Handles a delivery, or with `isReplay` one that was checked before. */
export function deliver(
  { privileged: client, config }: Services,
  { receiver, secret, project }: FoundReceiver,
  delivery: Delivery,
  isReplay = false,
): Promise<DeliveryAnswer> {
  const wake = async (object: KubeObject): Promise<void> => {
    if (object.kind === Promotion.kind) await askForRefresh(client, config.clock, Promotion, object as Promotion);
    else await askForRefresh(client, config.clock, Warehouse, object as Warehouse);
  };
  return handleDelivery(delivery, { client, wake, project, receiver, secret, isReplay });
}
