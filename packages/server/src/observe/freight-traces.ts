import { Freight, isTerminalPromotionPhase, Promotion, Stage, type VerificationInfo } from '@kargo/api';
import type { Client, Clock, Log } from '@kargo/kube';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Context, type Tracer } from '@opentelemetry/api';
import { createHash } from 'node:crypto';
import { ObjectIndex } from '../indexes/object-index.ts';
import { isEnded, verifications } from './observe-domain.ts';

export interface FreightTracesOptions {
  client: Pick<Client, 'list' | 'watch'>;
  clock: Clock;
  log: Log;
  tracer: Tracer;
}

/**
 * Tells tracing what happens to each piece of freight as one trace, from its discovery through promotions with their steps and
 * verifications to the last stage. Spans are told when they end, out of what objects say, so that a restart, or another process, goes on
 * with the same trace: its identity follows from that of the freight. Returns how to stop.
 */
export async function traceFreight(options: FreightTracesOptions): Promise<() => Promise<void>> {
  const tracer = new FreightTracer(options.tracer);
  let isLive = false;
  const freight = new ObjectIndex({
    ...options,
    kind: Freight,
    onChange(before, after) {
      if (after !== undefined) tracer.know(after);
      else if (before !== undefined) tracer.forget(before);
      if (!isLive || after === undefined) return;
      if (before === undefined) tracer.discovered(after);
      for (const stage of Object.keys(after.status?.approvedFor ?? {}))
        if (before?.status?.approvedFor?.[stage] === undefined) tracer.approved(after, stage);
    },
  });
  const promotions = new ObjectIndex({
    ...options,
    kind: Promotion,
    onChange(before, after) {
      if (!isLive || after === undefined || isTerminalPromotionPhase(before?.status?.phase)) return;
      if (isTerminalPromotionPhase(after.status?.phase)) tracer.promoted(after);
    },
  });
  const stages = new ObjectIndex({
    ...options,
    kind: Stage,
    onChange(before, after) {
      if (!isLive || after === undefined) return;
      const ended = new Set(
        verifications(before)
          .filter(isEnded)
          .map(({ id }) => id),
      );
      for (const verification of verifications(after).filter(isEnded))
        if (!ended.has(verification.id)) tracer.verified(after, verification);
    },
  });
  const all = [freight, promotions, stages];
  await Promise.all(all.map((index) => index.synced()));
  isLive = true;
  return async () => {
    await Promise.all(all.map((index) => index.close()));
  };
}

const timeOf = (text: string | undefined): number | undefined => {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
};

/** The trace of a piece of freight: the same wherever and whenever it is asked for. */
export function freightTrace(uid: string): { traceId: string; spanId: string } {
  const digest = createHash('sha256').update(`kargo freight ${uid}`).digest('hex');
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) };
}

class FreightTracer {
  readonly #tracer: Tracer;
  readonly #known = new Map<string, Freight>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  know(freight: Freight): void {
    this.#known.set(keyOf(freight.metadata.namespace, freight.metadata.name), freight);
  }

  forget(freight: Freight): void {
    this.#known.delete(keyOf(freight.metadata.namespace, freight.metadata.name));
  }

  discovered(freight: Freight): void {
    const made = timeOf(freight.metadata.creationTimestamp);
    const start = timeOf(freight.discoveredAt) ?? made;
    // Warehouses put Freight in order by when it was found, which may be told by another clock than when it was made.
    const end = start === undefined || made === undefined ? made : Math.max(start, made);
    this.#span('discover freight', freight, { start, end }, { 'kargo.warehouse': freight.origin.name });
  }

  approved(freight: Freight, stage: string): void {
    const at = timeOf(freight.status?.approvedFor?.[stage]?.approvedAt);
    this.#span('approve freight', freight, { start: at, end: at }, { 'kargo.stage': stage });
  }

  /** A promotion with the wait before it and its steps. */
  promoted({ metadata, spec, status }: Promotion): void {
    const freight = this.#known.get(keyOf(metadata.namespace, spec.freight));
    if (freight === undefined) return;
    const attributes = {
      'kargo.stage': spec.stage,
      'kargo.promotion': metadata.name ?? '',
      'kargo.actor': metadata.annotations?.['kargo.akuity.io/create-actor'] ?? '',
    };
    const end = timeOf(status?.finishedAt);
    const problem = status?.phase === 'Succeeded' ? undefined : (status?.message ?? status?.phase);
    const parent = this.#span('promote', freight, { start: timeOf(metadata.creationTimestamp), end }, attributes, problem);
    if (parent === undefined) return;
    for (const step of status?.stepExecutionMetadata ?? []) {
      const { alias = '', startedAt, finishedAt, message } = step;
      const failed = ['Failed', 'Errored', 'Aborted'].includes(step.status ?? '');
      const times = { start: timeOf(startedAt), end: timeOf(finishedAt) ?? end };
      this.#emit(
        `step ${alias}`,
        parent,
        times,
        { ...attributes, 'kargo.step': alias },
        failed ? (message ?? step.status) : undefined,
      );
    }
  }

  verified({ metadata, status }: Stage, verification: VerificationInfo): void {
    for (const { name } of Object.values(status?.freightHistory?.[0]?.items ?? {})) {
      const freight = this.#known.get(keyOf(metadata.namespace, name));
      if (freight === undefined) continue;
      const { startTime, finishTime, phase, message, analysisRun } = verification;
      const attributes = { 'kargo.stage': metadata.name ?? '', 'kargo.analysis_run': analysisRun?.name ?? '' };
      const problem = phase === 'Successful' ? undefined : (message ?? phase);
      this.#span('verify', freight, { start: timeOf(startTime), end: timeOf(finishTime) }, attributes, problem);
    }
  }

  #span(
    name: string,
    freight: Freight,
    times: { start: number | undefined; end: number | undefined },
    attributes: Record<string, string>,
    problem?: string,
  ): Context | undefined {
    const { uid = '', namespace = '', name: freightName = '' } = freight.metadata;
    const parent = trace.setSpanContext(ROOT_CONTEXT, { ...freightTrace(uid), traceFlags: TraceFlags.SAMPLED, isRemote: true });
    const about = { 'kargo.project': namespace, 'kargo.freight': freightName, 'kargo.freight.alias': freight.alias ?? '' };
    return this.#emit(name, parent, times, { ...about, ...attributes }, problem);
  }

  #emit(
    name: string,
    parent: Context,
    { start, end }: { start: number | undefined; end: number | undefined },
    attributes: Record<string, string>,
    problem: string | undefined,
  ): Context | undefined {
    const from = start ?? end;
    if (from === undefined) return undefined;
    const span = this.#tracer.startSpan(name, { startTime: new Date(from), kind: SpanKind.INTERNAL, attributes }, parent);
    if (problem !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: problem.slice(0, 1000) });
    span.end(new Date(Math.max(from, end ?? from)));
    return trace.setSpan(parent, span);
  }
}

function keyOf(namespace: string | undefined, name: string | undefined): string {
  return `${namespace ?? ''}/${name ?? ''}`;
}
