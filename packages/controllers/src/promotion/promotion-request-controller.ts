import { conditionTypes, isReason, PromotionRequest, setCondition, type ObjectKey } from '@kargo/api';
import {
  clone,
  commitStatus,
  settled,
  timestamp,
  type Client,
  type Clock,
  type ControllerOptions,
  type Result,
} from '@kargo/kube';

const ENDED = new Set(['Succeeded', 'Failed', 'Errored']);

/** What is said to whoever asks for a promotion to Targets. */
export const TARGETS_UNSUPPORTED =
  'promotion to the Targets of a Stage is not carried out by this installation; promote to a Stage without spec.targets';

/**
 * The controller of PromotionRequests: ends each with the phase Errored and says why, so that none waits for something that never comes.
 * The kinds for promotion to Targets are stored and served, but nothing carries it out.
 */
export function promotionRequestController({ client, clock }: { client: Client; clock: Clock }): ControllerOptions {
  return {
    name: 'promotion-request',
    for: PromotionRequest,
    sources: [],
    finished: (request: PromotionRequest) => isOver(request),
    reconciler: { reconcile: (key) => reconcile(client, clock, key) },
  };
}

function isOver({ metadata, status }: PromotionRequest): boolean {
  return metadata.deletionTimestamp !== undefined || ENDED.has(status?.phase ?? '');
}

async function reconcile(client: Client, clock: Clock, key: ObjectKey): Promise<Result> {
  const request = await client.get(PromotionRequest, key).catch((error: unknown) => {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  });
  if (request === undefined || isOver(request)) return settled;
  const now = timestamp(clock.now());
  const status = clone(request.status ?? {});
  const { generation } = request.metadata;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const condition = {
    type: conditionTypes.ready,
    status: 'False',
    reason: 'TargetsNotSupported',
    message: TARGETS_UNSUPPORTED,
  } as const;
  await commitStatus(client, PromotionRequest, request, {
    ...request,
    status: {
      ...status,
      ...observed,
      phase: 'Errored',
      finishedAt: now,
      conditions: setCondition(status.conditions, { ...condition, ...observed }, now),
    },
  });
  return settled;
}
