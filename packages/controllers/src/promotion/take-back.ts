import type { Freight, Promotion, Stage } from '@kargo/api';
import type { Workspaces } from '@kargo/integrations';
import type { Clock, ReconcileContext } from '@kargo/kube';
import type { PromotionRunner } from '@kargo/promotion';
import { abortedBy } from './announce.ts';
import { workspaceId } from './workspaces.ts';

/** Milliseconds that taking back what an aborted Promotion left behind may take. */
const TAKING_BACK = 10_000;

/** Takes back what the steps of a Promotion left waiting outside. Best effort, and within ten seconds: an abort is not to wait for long. */
export async function takeBack(
  { runner, workspaces, clock }: { runner: PromotionRunner; workspaces: Workspaces; clock: Clock },
  { promotion, stage, freight }: { promotion: Promotion; stage: Stage | undefined; freight: Freight | undefined },
  { log, signal }: ReconcileContext,
): Promise<void> {
  const { status } = promotion;
  if (status?.freight === undefined || status.freightCollection === undefined || !runner.leavesBehind(promotion, status)) return;
  const stop = new AbortController();
  const timer = clock.setTimer(clock.now() + TAKING_BACK, () => stop.abort(new Error('it took too long')));
  const onStop = (): void => stop.abort(signal.reason);
  signal.addEventListener('abort', onStop, { once: true });
  try {
    const { workspace } = await workspaces.open(workspaceId(promotion));
    await runner.abandon(
      {
        promotion,
        status,
        freight: status.freightCollection,
        targetFreight: status.freight,
        targetFreightAlias: freight?.alias ?? '',
        freightRequests: stage?.spec.requestedFreight ?? [],
        workspace,
        log,
        signal: stop.signal,
      },
      `Promotion \`${promotion.metadata.name ?? ''}\` was aborted by ${abortedBy(promotion)}.`,
    );
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onStop);
  }
  signal.throwIfAborted();
}
