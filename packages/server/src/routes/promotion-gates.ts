import { Freight, isTerminalPromotionPhase, originKey, ProjectConfig, Promotion, type Stage } from '@kargo/api';
import { autoPromotionCandidate, autoPromotionPolicy, isFreightAvailable } from '@kargo/controllers';
import { timestamp, type Client, type Reader } from '@kargo/kube';
import type { PreviewGate } from '@kargo/promotion';
import { findOne } from '../objects.ts';

/** What would keep Freight from being promoted to a Stage now, or what promoting it would mean for automation. */
export async function promotionGates(client: Client, stage: Stage, freight: Freight, now: number): Promise<PreviewGate[]> {
  return [
    ...availabilityGates(stage, freight, now),
    ...(await queueGates(client, stage)),
    ...(await automationGates(client, stage, freight, now)),
  ];
}

function availabilityGates(stage: Stage, freight: Freight, now: number): PreviewGate[] {
  const answer = isFreightAvailable(stage, freight, now);
  if (answer.available) return [];
  const until = answer.nextChange === undefined ? {} : { until: timestamp(answer.nextChange) };
  return answer.reasons.map(({ code, message }) => ({
    code,
    message: `Freight is not available: ${message}`,
    blocking: true,
    ...(code === 'Soaking' ? until : {}),
  }));
}

async function queueGates(client: Reader, stage: Stage): Promise<PreviewGate[]> {
  const { namespace, name } = stage.metadata;
  const { items } = await client.list(Promotion, { namespace });
  const current = stage.status?.currentPromotion?.name;
  const unfinished = items.filter(({ spec, status }) => spec.stage === name && !isTerminalPromotionPhase(status?.phase));
  const gates: PreviewGate[] = [];
  if (current !== undefined)
    gates.push({ code: 'PromotionRunning', message: `Promotion ${current} is running, and has to end first`, blocking: true });
  const queued = unfinished.filter(({ metadata }) => metadata.name !== current).length;
  if (queued > 0)
    gates.push({
      code: 'PromotionsQueued',
      message: `${queued === 1 ? 'one Promotion is' : `${queued} Promotions are`} waiting for their turn before`,
      blocking: true,
    });
  return gates;
}

async function automationGates(client: Client, stage: Stage, freight: Freight, now: number): Promise<PreviewGate[]> {
  const { namespace = '' } = stage.metadata;
  const config = await findOne(client, ProjectConfig, { namespace, name: namespace });
  if (!autoPromotionPolicy(config, stage).enabled) return [];
  const origin = originKey(freight.origin);
  const { items } = await client.list(Freight, { namespace });
  const candidate = autoPromotionCandidate(stage, origin, items, now);
  const isCandidate = candidate.kind === 'candidate' && candidate.freight.metadata.name === freight.metadata.name;
  const hold = stage.status?.autoPromotionHolds?.[origin];
  if (hold !== undefined) {
    const by = hold.promotionName === undefined ? '' : ` since Promotion ${hold.promotionName}`;
    return [
      {
        code: 'AutoPromotionHeld',
        message: `automation of ${origin} is held${by}; this promotion would ${isCandidate ? 'release' : 'keep'} the hold`,
        blocking: false,
      },
    ];
  }
  if (isCandidate) return [];
  return [
    {
      code: 'WouldHoldAutoPromotion',
      message: `automation would promote other Freight of ${origin}; this promotion would hold it`,
      blocking: false,
    },
  ];
}
