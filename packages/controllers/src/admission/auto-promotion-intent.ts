import { annotations, Freight, isControllerActor, originKey, ProjectConfig, type Promotion, type Stage } from '@kargo/api';
import type { Reader } from '@kargo/kube';
import { autoPromotionCandidate } from '../availability/candidate.ts';
import { autoPromotionPolicy } from '../availability/policy.ts';
import { find } from './deps.ts';
import { setAnnotation } from './shard-label.ts';

/** Whether a person, and not automation, asks for the Promotion. `isControlPlane`: whether the request comes from a component. */
export function isUserInitiated(promotion: Promotion, isControlPlane: boolean): boolean {
  if (!isControlPlane) return true;
  const actor = promotion.metadata.annotations?.[annotations.createActor] ?? '';
  return actor !== '' && !isControllerActor(actor);
}

/**
 * Stamps on a Promotion that a person asked for what it means for automation: resume if it promotes what automation would, hold
 * otherwise. Without auto-promotion it means nothing. A failing look-up stamps nothing: it must not keep people from promoting.
 */
export async function stampIntent(
  client: Pick<Reader, 'get' | 'list'>,
  promotion: Promotion,
  stage: Stage,
  now: number,
): Promise<void> {
  setAnnotation(promotion, annotations.autoPromotionHold, undefined);
  setAnnotation(promotion, annotations.autoPromotionResume, undefined);
  const intent = await lookUp(client, promotion, stage, now).catch(() => undefined);
  if (intent !== undefined) setAnnotation(promotion, intent.annotation, intent.origin);
}

async function lookUp(
  client: Pick<Reader, 'get' | 'list'>,
  { spec }: Promotion,
  stage: Stage,
  now: number,
): Promise<{ annotation: string; origin: string } | undefined> {
  const { namespace = '' } = stage.metadata;
  const config = await find(client, ProjectConfig, { namespace, name: namespace });
  if (!autoPromotionPolicy(config, stage).enabled) return undefined;
  const { items } = await client.list(Freight, { namespace });
  const freight = items.find(({ metadata }) => metadata.name === spec.freight);
  if (freight === undefined) return undefined;
  const origin = originKey(freight.origin);
  const candidate = autoPromotionCandidate(stage, origin, items, now);
  const isCandidate = candidate.kind === 'candidate' && candidate.freight.metadata.name === spec.freight;
  return { annotation: isCandidate ? annotations.autoPromotionResume : annotations.autoPromotionHold, origin };
}
