import { annotations, Freight, type FreightOrigin, originKey, Promotion, type Stage } from '@kargo/api';
import { promotionFacts } from '@kargo/controllers';
import type { FastifyRequest } from 'fastify';
import { noteObject } from '../audit/audit-requests.ts';
import { typeOf } from '../objects.ts';
import type { Services } from '../services.ts';

/** Creates a Promotion of `freight`, or of what auto-promotion would choose of `origin`. Admission gives it its name and steps. */
export async function createPromotion(
  services: Services,
  request: FastifyRequest,
  {
    stage,
    freight,
    origin,
    plan,
  }: {
    stage: Stage;
    freight?: Freight | undefined;
    origin?: FreightOrigin | undefined;
    /** The annotation that holds it to a plan. */
    plan?: string | undefined;
  },
): Promise<Promotion> {
  const actor = services.actor(request);
  const name = stage.metadata.name ?? '';
  const created = await services.clientFor(request).create(Promotion, {
    ...typeOf(Promotion),
    metadata: {
      namespace: stage.metadata.namespace,
      generateName: `${name}.`,
      annotations: { [annotations.createActor]: actor, ...(plan === undefined ? {} : { [annotations.plan]: plan }) },
    },
    spec: {
      stage: name,
      ...(freight === undefined ? { origin } : { freight: freight.metadata.name }),
      // Admission takes the steps from the Stage.
    } as Promotion['spec'],
  });
  noteObject(request, created);
  if (services.actsForCaller(request)) {
    await services.events.record({
      kind: Promotion,
      about: created,
      reason: 'PromotionCreated',
      message: `Promotion of ${origin === undefined ? `Freight ${created.spec.freight ?? ''}` : `Freight of ${originKey(origin)}`} to Stage ${name} created by ${actor}`,
      facts: promotionFacts(created, { freight, actor }),
      related: { kind: Freight, name: created.spec.freight ?? '' },
      occurrence: 'created',
    });
  }
  return created;
}
