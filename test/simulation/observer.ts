/** Watches every write of a simulated control plane for what must never happen. */
import {
  AnalysisRun,
  Application,
  conditionViolations,
  Freight,
  Promotion,
  type Freight as FreightObject,
  type KubeObject,
  type Promotion as PromotionObject,
  Stage,
  type Stage as StageObject,
  Warehouse,
} from '@kargo/api';
import type { Client, WatchEvent } from '@kargo/kube';
import { wrongCreation, wrongEnd, wrongStart, type Known } from './flow-rules.ts';

const RANK: Readonly<Record<string, number>> = { '': 0, Pending: 1, Running: 2, Succeeded: 3, Failed: 3, Errored: 3, Aborted: 3 };
const ENDED = 3;
/** The rule that times of transitions do not go back. */
const TIME_WENT_BACK = 'C09';

/** Follows the API beside everybody else and notes every broken rule. */
export class Observer {
  /** What was broken, in order. Empty in a correct system. */
  readonly violations: string[] = [];
  readonly #last = new Map<string, KubeObject>();
  readonly #operations = new Map<string, Set<string>>();
  readonly #abort = new AbortController();
  readonly #timeMayGoBack: boolean;

  /** `timeMayGoBack`: clocks are set, so times of transitions follow them. */
  constructor({ timeMayGoBack }: { timeMayGoBack: boolean }) {
    this.#timeMayGoBack = timeMayGoBack;
  }

  /** Begins to follow. `client` must be one that never fails. */
  follow(client: Client): void {
    for (const kind of [Stage, Warehouse, Promotion, Freight, AnalysisRun, Application] as const) {
      void (async () => {
        for await (const event of client.watch<KubeObject>(kind as never, { signal: this.#abort.signal })) this.#see(event);
      })().catch((error: unknown) => {
        if (!this.#abort.signal.aborted) this.violations.push(`the observer lost its watch: ${String(error)}`);
      });
    }
  }

  stop(): void {
    this.#abort.abort(new Error('the simulation is over'));
  }

  /** The sync operations that Applications began, by name: the start of each, once. */
  operationsOf(application: string): number {
    return this.#operations.get(application)?.size ?? 0;
  }

  #see(event: WatchEvent<KubeObject>): void {
    if (event.type === 'BOOKMARK') return;
    const { object } = event;
    const uid = object.metadata.uid ?? '';
    const before = this.#last.get(uid);
    if (event.type === 'DELETED') {
      this.#last.delete(uid);
      return;
    }
    this.#last.set(uid, object);
    const name = `${object.kind} ${object.metadata.name}`;
    // Conditions of Applications are in the form of Argo CD, which is another one.
    if (object.kind !== Application.kind)
      for (const { id, detail } of conditionViolations(object, before))
        if (id !== TIME_WENT_BACK || !this.#timeMayGoBack) this.violations.push(`${name}: ${id} ${detail}`);
    if (object.kind === Promotion.kind) this.#promotion(name, object as PromotionObject, before as PromotionObject | undefined);
    if (object.kind === Freight.kind) this.#freight(name, object as FreightObject, before as FreightObject | undefined);
    if (object.kind === AnalysisRun.kind) this.#run(name, object as AnalysisRun, before as AnalysisRun | undefined);
    if (object.kind === Application.kind) this.#application(object as Application);
  }

  #known(): Known {
    const stages = new Map<string, StageObject>();
    const freight = new Map<string, FreightObject>();
    const promotions: PromotionObject[] = [];
    for (const object of this.#last.values()) {
      if (object.kind === Stage.kind) stages.set(object.metadata.name ?? '', object as StageObject);
      else if (object.kind === Freight.kind) freight.set(object.metadata.name ?? '', object as FreightObject);
      else if (object.kind === Promotion.kind) promotions.push(object as PromotionObject);
    }
    return { stages, freight, promotions };
  }

  #promotion(name: string, promotion: PromotionObject, before: PromotionObject | undefined): void {
    const { metadata, spec, status } = promotion;
    const wrong: string[] = [];
    if (before === undefined) wrong.push(...wrongCreation(promotion, this.#known()));
    if (status?.phase === 'Running' && before?.status?.phase !== 'Running') wrong.push(...wrongStart(promotion, this.#known()));
    if (status?.phase === 'Aborted' && before?.status?.phase !== 'Aborted') wrong.push(...wrongEnd(promotion, before));
    this.violations.push(...wrong.map((what) => `${name} ${what}`));
    const others = [...this.#last.values()].filter(
      (other) =>
        other.kind === Promotion.kind &&
        other.metadata.uid !== metadata.uid &&
        (other as PromotionObject).spec.stage === spec.stage &&
        (other as PromotionObject).status?.phase === 'Running',
    );
    if (status?.phase === 'Running' && others.length > 0)
      this.violations.push(`${name} runs together with ${others.map((other) => other.metadata.name).join(', ')}`);
    const was = before?.status?.phase ?? '';
    const is = status?.phase ?? '';
    if ((RANK[is] ?? 0) < (RANK[was] ?? 0) || (RANK[was] === ENDED && is !== was))
      this.violations.push(`${name} went back from ${was} to ${is}`);
    const lost = before?.status?.startedAt !== undefined && status?.startedAt !== before.status.startedAt;
    if (lost) this.violations.push(`${name} started twice`);
    if ((status?.currentStep ?? 0) < (before?.status?.currentStep ?? 0))
      this.violations.push(`${name} went back from step ${before?.status?.currentStep} to ${status?.currentStep}`);
  }

  #freight(name: string, { status }: FreightObject, before: FreightObject | undefined): void {
    for (const stage of Object.keys(before?.status?.verifiedIn ?? {}))
      if (status?.verifiedIn?.[stage] === undefined) this.violations.push(`${name} is no longer verified in ${stage}`);
  }

  #run(name: string, { status }: AnalysisRun, before: AnalysisRun | undefined): void {
    const was = before?.status?.phase ?? '';
    const ended = ['Successful', 'Failed', 'Error', 'Inconclusive'].includes(was);
    if (ended && status?.phase !== was) this.violations.push(`${name} went back from ${was} to ${status?.phase}`);
  }

  #application({ metadata, status }: Application): void {
    const state = status?.operationState;
    if (state === undefined) return;
    const known = this.#operations.get(metadata.name ?? '') ?? new Set<string>();
    this.#operations.set(metadata.name ?? '', known.add(`${state.startedAt} ${JSON.stringify(state.operation.info ?? [])}`));
  }
}
