/** The instants at which a pipeline gets on: what happens for the first time, of all kinds that Freight meets on its way. */
import { AnalysisRun, Application, Freight, Job, Promotion, Stage, type KubeObject, type Workload } from '@kargo/api';
import type { Client } from '@kargo/kube';

export interface Milestone {
  /** Epoch milliseconds. */
  at: number;
  what: string;
}

/** What an object shows of how far it is. Writes that change none of this are no progress. */
function facts(object: KubeObject): string[] {
  const name = `${object.kind} ${object.metadata.name}`;
  switch (object.kind) {
    case Freight.kind:
      return [name, ...Object.keys((object as Freight).status?.verifiedIn ?? {}).map((stage) => `${name} verified in ${stage}`)];
    case Promotion.kind: {
      const { status } = object as Promotion;
      return [name, `${name} ${status?.phase ?? ''} at step ${status?.currentStep ?? 0}`];
    }
    case Stage.kind: {
      const { status } = object as Stage;
      return [`${name} runs ${status?.currentPromotion?.name ?? 'nothing'} after ${status?.lastPromotion?.name ?? 'nothing'}`];
    }
    case AnalysisRun.kind:
      return [name, `${name} ${(object as AnalysisRun).status?.phase ?? ''}`];
    case Application.kind: {
      const { status, operation } = object as Application;
      const { phase, startedAt } = status?.operationState ?? {};
      const asked = operation === undefined ? '' : ` asked for ${operation.sync?.revision ?? 'a sync'}`;
      return [`${name}${asked} ${phase ?? ''} since ${startedAt ?? ''}, ${status?.sync?.status} ${status?.health?.status}`];
    }
    default:
      return [name, `${name} ${JSON.stringify((object as Workload).status?.conditions ?? [])}`];
  }
}

/** Follows the API with a client that never fails, until `signal` aborts. The list grows by itself, in order of time. */
export function followProgress(client: Client, now: () => number, signal: AbortSignal): Milestone[] {
  const seen = new Set<string>();
  const milestones: Milestone[] = [];
  for (const kind of [Freight, Promotion, Stage, AnalysisRun, Application, Job] as const) {
    void (async () => {
      for await (const event of client.watch<KubeObject>(kind as never, { signal })) {
        if (event.type === 'BOOKMARK' || event.type === 'DELETED') continue;
        for (const what of facts(event.object)) {
          if (seen.has(what)) continue;
          seen.add(what);
          milestones.push({ at: now(), what });
        }
      }
    })().catch((error: unknown) => {
      if (!signal.aborted) milestones.push({ at: Number.NaN, what: `the watch was lost: ${String(error)}` });
    });
  }
  return milestones;
}

/** The longest time, in milliseconds, in which nothing got on between two instants, and what ended it. */
export function longestStandstill(milestones: readonly Milestone[], from: number, to: number): { ms: number; until: string } {
  let last = from;
  let longest = { ms: 0, until: 'nothing' };
  for (const { at, what } of [...milestones.filter((each) => each.at >= from && each.at <= to), { at: to, what: 'the end' }]) {
    if (at - last > longest.ms) longest = { ms: at - last, until: what };
    last = at;
  }
  return longest;
}
