import { Freight, isTerminalPromotionPhase, Promotion, Stage, type KubeObject, type VerificationInfo } from '@kargo/api';
import type { Client, Clock, Log } from '@kargo/kube';
import { ObjectIndex } from '../indexes/object-index.ts';
import { PROMOTION_RESULTS, VERIFICATION_RESULTS, type DomainMetrics } from './metrics.ts';

export interface ObserveDomainOptions {
  client: Pick<Client, 'list' | 'watch'>;
  clock: Clock;
  log: Log;
  metrics: DomainMetrics;
}

const secondsBetween = (from: string | undefined, to: string | undefined): number | undefined => {
  const seconds = (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
};

/**
 * Measures what happens to freight by looking at the objects in which everything stands, whoever writes them. What ended before this
 * began is not counted; what is waiting or running is. Returns how to stop.
 */
export async function observeDomain(options: ObserveDomainOptions): Promise<() => Promise<void>> {
  const { metrics } = options;
  let isLive = false;
  const count = (kind: string, before: KubeObject | undefined, after: KubeObject | undefined): void => {
    if (before === undefined) metrics.objects.inc({ kind });
    if (after === undefined) metrics.objects.dec({ kind });
  };
  const promotions = new ObjectIndex({
    ...options,
    kind: Promotion,
    onChange(before, after) {
      count('Promotion', before, after);
      gauges(metrics, before, -1);
      gauges(metrics, after, 1);
      if (isLive && after !== undefined) promotionMoved(metrics, before, after);
    },
  });
  const freight = new ObjectIndex({
    ...options,
    kind: Freight,
    onChange(before, after) {
      count('Freight', before, after);
      if (isLive && after !== undefined) freightMoved(metrics, before, after);
    },
  });
  const stages = new ObjectIndex({
    ...options,
    kind: Stage,
    onChange(before, after) {
      count('Stage', before, after);
      if (after !== undefined) initialize(metrics, after);
      if (isLive && after !== undefined) verificationsMoved(metrics, before, after);
    },
  });
  const all = [promotions, freight, stages];
  await Promise.all(all.map((index) => index.synced()));
  isLive = true;
  return async () => {
    await Promise.all(all.map((index) => index.close()));
  };
}

/** Every result of a stage is there from the start, as nought. */
function initialize(metrics: DomainMetrics, { metadata }: Stage): void {
  const labels = { project: metadata.namespace ?? '', stage: metadata.name ?? '' };
  for (const result of PROMOTION_RESULTS) metrics.promotionEnded.inc({ ...labels, result }, 0);
  for (const result of VERIFICATION_RESULTS) metrics.verificationEnded.inc({ ...labels, result }, 0);
  metrics.promotionQueue.inc(labels, 0);
}

function gauges(metrics: DomainMetrics, promotion: Promotion | undefined, by: 1 | -1): void {
  if (promotion === undefined || isTerminalPromotionPhase(promotion.status?.phase)) return;
  const project = promotion.metadata.namespace ?? '';
  if (promotion.status?.phase === 'Running') metrics.promotionsRunning.inc({ project }, by);
  else metrics.promotionQueue.inc({ project, stage: promotion.spec.stage }, by);
}

function promotionMoved(metrics: DomainMetrics, before: Promotion | undefined, after: Promotion): void {
  const { metadata, spec, status } = after;
  const [was, is] = [before?.status?.phase, status?.phase];
  if (was === is || isTerminalPromotionPhase(was)) return;
  const project = metadata.namespace ?? '';
  const isOver = isTerminalPromotionPhase(is);
  const waited = secondsBetween(metadata.creationTimestamp, status?.startedAt ?? status?.finishedAt);
  if ((was === undefined || was === 'Pending') && waited !== undefined)
    metrics.stateSeconds.observe({ state: 'Pending' }, waited);
  if (!isOver || is === undefined) return;
  metrics.promotionEnded.inc({ project, stage: spec.stage, result: is });
  const ran = secondsBetween(status?.startedAt, status?.finishedAt);
  if (ran === undefined) return;
  metrics.stateSeconds.observe({ state: 'Running' }, ran);
  metrics.promotionSeconds.observe({ project, result: is }, ran);
}

function freightMoved(metrics: DomainMetrics, before: Freight | undefined, after: Freight): void {
  const project = after.metadata.namespace ?? '';
  if (before === undefined) metrics.freightDiscovered.inc({ project, warehouse: after.origin.name });
  for (const [stage, { verifiedAt }] of Object.entries(after.status?.verifiedIn ?? {})) {
    if (before?.status?.verifiedIn?.[stage] !== undefined) continue;
    const seconds = secondsBetween(after.discoveredAt ?? after.metadata.creationTimestamp, verifiedAt);
    if (seconds !== undefined) metrics.leadSeconds.observe({ project, stage }, seconds);
  }
}

function verificationsMoved(metrics: DomainMetrics, before: Stage | undefined, after: Stage): void {
  const ended = new Set(
    verifications(before)
      .filter(isEnded)
      .map(({ id }) => id),
  );
  const { namespace: project = '', name: stage = '' } = after.metadata;
  for (const { id, phase = '', startTime, finishTime } of verifications(after).filter(isEnded)) {
    if (ended.has(id)) continue;
    metrics.verificationEnded.inc({ project, stage, result: phase });
    const seconds = secondsBetween(startTime, finishTime);
    if (seconds !== undefined) metrics.verificationSeconds.observe({ project }, seconds);
  }
}

export function verifications(stage: Stage | undefined): readonly VerificationInfo[] {
  return stage?.status?.freightHistory?.[0]?.verificationHistory ?? [];
}

export function isEnded({ phase }: VerificationInfo): boolean {
  return (VERIFICATION_RESULTS as readonly string[]).includes(phase ?? '');
}
