import { annotations, promotionName, PromotionRequest, Target, ulidGenerator, type Freight, type Stage } from '@kargo/api';
import { labelSelectorFrom } from '@kargo/gocompat';
import type { FastifyRequest } from 'fastify';
import { noteObject } from '../audit/audit-requests.ts';
import { typeOf } from '../objects.ts';
import type { Services } from '../services.ts';

/** Asks for Freight to be promoted to every Target that a Stage governs. The caller must have been allowed to promote already. */
export async function createPromotionRequest(
  { privileged, config, actor }: Services,
  request: FastifyRequest,
  { stage, freight }: { stage: Stage; freight: Freight },
): Promise<PromotionRequest> {
  const { namespace, name = '', uid = '' } = stage.metadata;
  const selectors = (stage.spec.targets?.selectors ?? []).map((selector) => labelSelectorFrom(selector));
  const { items } = await privileged.list(Target, { namespace });
  const targets = items
    .filter(({ metadata }) => selectors.some((selector) => selector.matches(metadata.labels)))
    .map(({ metadata }) => ({ name: metadata.name ?? '' }));
  const ulid = ulidGenerator({ now: () => config.clock.now(), random: config.random.next })();
  const created = await privileged.create(PromotionRequest, {
    ...typeOf(PromotionRequest),
    metadata: {
      namespace,
      name: promotionName(name, freight.metadata.name ?? '', ulid),
      annotations: { [annotations.createActor]: actor(request) },
      ownerReferences: [{ apiVersion: stage.apiVersion, kind: stage.kind, name, uid }],
    },
    spec: { stage: name, freight: freight.metadata.name ?? '', targets },
  });
  noteObject(request, created);
  return created;
}
