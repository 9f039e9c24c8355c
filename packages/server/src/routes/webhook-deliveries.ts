import { labels, shortenLabel, WebhookDelivery } from '@kargo/api';
import { ReceiverError } from '@kargo/controllers';
import type { FastifyRequest } from 'fastify';
import { HttpError } from '../http/http-error.ts';
import { param, queryText } from '../http/query.ts';
import { wireOf } from '../http/wire.ts';
import { getOrWatch, listOrWatch } from '../listing.ts';
import { deliver } from '../receivers/deliver.ts';
import { namedReceiver, type FoundReceiver } from '../receivers/find-receiver.ts';
import type { Routes } from '../route.ts';
import { readOne } from '../objects.ts';
import type { Services } from '../services.ts';

/** What webhook receivers got; below a Project, or below `/system` for those of the cluster. */
export function webhookDeliveryRoutes(
  prefix: string,
  namespaceOf: (request: FastifyRequest, services: Services) => string,
): Routes {
  return (server, services) => {
    const { clientFor, actor, deliveries } = services;
    const keyOf = (request: FastifyRequest): { namespace: string; name: string } => ({
      namespace: namespaceOf(request, services),
      name: param(request, 'delivery'),
    });

    server.get(`${prefix}/webhook-deliveries`, (request, reply) => {
      const receiver = queryText(request, 'receiver');
      return listOrWatch(services, request, reply, {
        kind: WebhookDelivery,
        namespace: namespaceOf(request, services),
        wanted:
          receiver === undefined ? undefined : ({ metadata }) => metadata.labels?.[labels.receiver] === shortenLabel(receiver),
      });
    });

    server.get(`${prefix}/webhook-deliveries/:delivery`, (request, reply) =>
      getOrWatch(services, request, reply, WebhookDelivery, keyOf(request)),
    );

    // Handles it again, as if it had come now.
    server.post(`${prefix}/webhook-deliveries/:delivery/replay`, async (request) => {
      const key = keyOf(request);
      const delivery = await readOne(clientFor(request), WebhookDelivery, key);
      await services.require(request, 'update', WebhookDelivery, key);
      const { spec } = delivery;
      if (spec.body === undefined)
        throw new HttpError(409, `the body of delivery ${key.name} was not kept: have the sender deliver it again`);
      const found = await receiverOf(services, key.namespace, spec.receiver);
      const body = Buffer.from(spec.body, 'utf8');
      const answer = await deliver(services, found, { headers: spec.headers ?? {}, query: spec.query ?? {}, body }, true);
      return wireOf(request)(await deliveries.noteReplay(delivery, answer, actor(request)));
    });
  };
}

/** The receiver as it is configured now. What is wrong with it is told to whoever asked. */
async function receiverOf(services: Services, namespace: string, name: string): Promise<FoundReceiver> {
  let found: FoundReceiver | undefined;
  try {
    found = await namedReceiver(services, { namespace, name });
  } catch (error) {
    if (!(error instanceof ReceiverError)) throw error;
    throw new HttpError(409, error.message, { cause: error });
  }
  if (found === undefined) throw new HttpError(409, `there is no webhook receiver ${name} any more`);
  return found;
}
