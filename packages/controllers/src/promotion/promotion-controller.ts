import {
  annotations,
  Freight,
  isReason,
  Promotion,
  Stage,
  type Kind,
  type KubeObject,
  type ObjectKey,
  type PromotionStatus,
} from '@kargo/api';
import type { Workspaces } from '@kargo/integrations';
import {
  settled,
  timestamp,
  waiting,
  type Cache,
  type Client,
  type Clock,
  type ControllerOptions,
  type Random,
  type ReconcileContext,
  type Result,
} from '@kargo/kube';
import { endEarly, isTerminalPhase, planSteps, type PromotionRunner, type StepLogs, type StepRegistry } from '@kargo/promotion';
import { availabilityMessage, isFreightAvailable } from '../availability/availability.ts';
import type { EventRecorder } from '../events/recorder.ts';
import { isRecent } from '../events/recent.ts';
import { freightReferenceOf } from '../stage/stage-store.ts';
import { abortedBy, announceEnd } from './announce.ts';
import { collectFreight } from './collect-freight.ts';
import { isToStop, stopWhenAsked } from './interruption.ts';
import { requestReverification } from './reverify.ts';
import { Retries } from './retries.ts';
import { promotionSources } from './sources.ts';
import { StatusWriter } from './status-writer.ts';
import { takeBack } from './take-back.ts';
import { waitForStep } from './step-waits.ts';
import { openWorkspace } from './workspace-progress.ts';
import { promotionOf, removeOrphanedWorkspaces, workspaceId } from './workspaces.ts';

/** A running step holds its worker, so there are more of them than Stages that promote at once: they cost nothing while they wait. */
const WORKERS = 1000;

/** What the Promotion controller needs. Register {@link promotionIndexes} with the manager. */
export interface PromotionControllerDeps {
  client: Client;
  cache: Cache;
  clock: Clock;
  random: Random;
  runner: PromotionRunner;
  registry: StepRegistry;
  /** Owned by this process alone. */
  workspaces: Workspaces;
  events: EventRecorder;
  /** Where the runner keeps the logs of steps: ended with their Promotion, and removed with it. */
  stepLogs?: StepLogs | undefined;
  /** Whether Argo CD Applications can be watched. Default true. */
  argoCD?: boolean | undefined;
  /** Whether this process handles the Promotion. Default: every one. */
  owns?: ((promotion: Promotion) => boolean) | undefined;
  /** How many Promotions may run a step at the same time. Default 1000. */
  workers?: number | undefined;
}

/** The controller of Promotions: runs the one whose turn it is in each Stage, step by step, to its end. */
export function promotionController(deps: PromotionControllerDeps): ControllerOptions {
  const reconciler = new PromotionReconciler(deps);
  return {
    name: 'promotion',
    for: Promotion,
    sources: promotionSources(deps.cache, { argoCD: deps.argoCD ?? true }),
    finished: (promotion: Promotion) =>
      deps.owns?.(promotion) === false ||
      isTerminalPhase(promotion.status?.phase) ||
      promotion.metadata.deletionTimestamp !== undefined,
    workers: deps.workers ?? WORKERS,
    reconciler,
  };
}

class PromotionReconciler {
  readonly #deps: PromotionControllerDeps;
  readonly #retries: Retries;
  /** Workspaces by key, of Promotions that may be gone when their workspace is to be removed. */
  readonly #workspaces = new Map<string, string>();
  #cleaned: Promise<void> | undefined;

  constructor(deps: PromotionControllerDeps) {
    this.#deps = deps;
    this.#retries = new Retries(deps.clock, deps.random);
  }

  async reconcile(request: ObjectKey, context: ReconcileContext): Promise<Result> {
    const { cache, workspaces } = this.#deps;
    await (this.#cleaned ??= removeOrphanedWorkspaces(workspaces, cache, context.log));
    try {
      return await this.#reconcile(request, context);
    } catch (error) {
      if (!context.signal.aborted) await this.#show(request, error, context);
      throw error;
    }
  }

  async #reconcile(request: ObjectKey, context: ReconcileContext): Promise<Result> {
    // Read past the cache: steps must never run again because their results have not come back yet.
    const promotion = await this.#find(Promotion, request, context.signal);
    if (promotion === undefined || promotion.metadata.deletionTimestamp !== undefined) return this.#forget(request);
    if (this.#deps.owns?.(promotion) === false) return settled;
    if (isTerminalPhase(promotion.status?.phase)) {
      await this.#retell(promotion, context);
      return this.#forget(request, promotion);
    }
    const writer = new StatusWriter(this.#deps.client, promotion);
    if (isToStop(promotion)) return this.#abort(request, promotion, writer, context);
    return this.#admit(request, promotion, writer, context);
  }

  /** Lets the Promotion run if it is its turn and its Freight may go to the Stage. */
  async #admit(request: ObjectKey, promotion: Promotion, writer: StatusWriter, context: ReconcileContext): Promise<Result> {
    const { namespace, name } = request;
    const stageName = promotion.spec.stage;
    const refreshed = withRefresh(promotion);
    const refresh = refreshed.lastHandledRefresh !== promotion.status?.lastHandledRefresh;
    if ((promotion.status?.phase ?? '') === '') await writer.write({ ...refreshed, phase: 'Pending' }, context.signal);
    const stage = await this.#find(Stage, { namespace, name: stageName }, context.signal);
    if (stage === undefined)
      throw new Error(`Stage "${stageName}" in namespace "${namespace}", to which the Promotion brings Freight, does not exist`);
    const turn = stage.status?.currentPromotion?.name;
    if (turn !== name) {
      const { message: _, ...cleared } = withRefresh(writer.promotion);
      await writer.write(cleared, context.signal);
      const why = turn === undefined ? 'has not started it yet' : `is being promoted to by ${turn}`;
      return waiting('AwaitingTurn', `waiting for its turn: Stage ${stageName} ${why}`, {
        kind: 'event',
        on: `Stage ${stageName} starts this Promotion`,
      });
    }
    const freightName = promotion.spec.freight ?? '';
    const freight = await this.#find(Freight, { namespace, name: freightName }, context.signal);
    const obstacle = this.#obstacle(stage, freight, freightName);
    if (obstacle !== undefined || freight === undefined)
      return this.#end(request, writer, stage, freight, this.#errored(promotion, refreshed, obstacle ?? ''), context);
    if (refresh) this.#retries.forget(promotion);
    const paused = this.#retries.pauseOf(promotion);
    if (paused !== undefined) return paused;
    return this.#run(request, { promotion, stage, freight, status: refreshed }, writer, context);
  }

  #errored(promotion: Promotion, status: PromotionStatus, message: string): PromotionStatus {
    const { registry, clock } = this.#deps;
    return endEarly(planSteps(promotion.spec.steps, registry), status, 'Errored', message, clock.now());
  }

  #obstacle(stage: Stage, freight: Freight | undefined, name: string): string | undefined {
    const { namespace } = stage.metadata;
    if (freight === undefined) return `Freight "${name}" not found in namespace "${namespace}"`;
    const availability = isFreightAvailable(stage, freight, this.#deps.clock.now());
    if (availability.available) return undefined;
    return `Freight "${name}" is not available to Stage "${stage.metadata.name}" in namespace "${namespace}": ${availabilityMessage(availability)}`;
  }

  async #run(
    request: ObjectKey,
    { promotion, stage, freight, status }: { promotion: Promotion; stage: Stage; freight: Freight; status: PromotionStatus },
    writer: StatusWriter,
    context: ReconcileContext,
  ): Promise<Result> {
    const { clock, workspaces, runner, client } = this.#deps;
    const reference = status.freight ?? freightReferenceOf(freight);
    const collection = status.freightCollection ?? collectFreight(stage, reference);
    const running: PromotionStatus = {
      ...status,
      phase: 'Running',
      startedAt: status.startedAt ?? timestamp(clock.now()),
      freight: reference,
      freightCollection: collection,
    };
    const id = workspaceId(promotion);
    this.#workspaces.set(keyId(request), id);
    const { workspace, fresh, store } = await openWorkspace(workspaces, id, promotion.status);
    const run = new AbortController();
    const onStop = (): void => run.abort(context.signal.reason);
    if (context.signal.aborted) onStop();
    context.signal.addEventListener('abort', onStop, { once: true });
    const following = stopWhenAsked(writer.promotion, run, { client, clock, log: context.log });
    try {
      const end = await runner.run({
        promotion,
        status: running,
        freight: collection,
        targetFreight: reference,
        targetFreightAlias: freight.alias ?? '',
        freightRequests: stage.spec.requestedFreight,
        workspace,
        fresh,
        persist: (next) => store(next, () => writer.write(next)),
        log: context.log,
        signal: run.signal,
      });
      switch (end.kind) {
        case 'finished':
          return await this.#ended(request, writer, stage, freight, context);
        case 'interrupted':
          context.signal.throwIfAborted();
          // Aborted or deleted meanwhile: another look finds out which.
          return await this.#reconcile(request, context);
        case 'waiting':
          this.#retries.forget(promotion);
          return waitForStep(end, promotion, clock.now());
        case 'retry':
          return this.#retries.pause(promotion, end);
      }
    } catch (error) {
      if (!isProgrammerError(error) && !isReason(error, 'Invalid')) throw error;
      context.log.error({ error }, 'running the Promotion failed for good');
      const message = `the Promotion could not go on: ${error instanceof Error ? error.message : String(error)}`;
      return await this.#end(
        request,
        writer,
        stage,
        freight,
        this.#errored(promotion, writer.promotion.status ?? {}, message),
        context,
      );
    } finally {
      context.signal.removeEventListener('abort', onStop);
      run.abort(new Error('the run has ended'));
      await following;
    }
  }

  async #abort(request: ObjectKey, promotion: Promotion, writer: StatusWriter, context: ReconcileContext): Promise<Result> {
    const { registry, clock } = this.#deps;
    const actor = abortedBy(promotion);
    const plans = planSteps(promotion.spec.steps, registry);
    const { namespace } = request;
    const stage = await this.#find(Stage, { namespace, name: promotion.spec.stage }, context.signal);
    const freight = await this.#find(Freight, { namespace, name: promotion.spec.freight ?? '' }, context.signal);
    const status = endEarly(plans, withRefresh(promotion), 'Aborted', `Promotion terminated by ${actor}`, clock.now());
    // Before the end is written: whoever is killed in between does it again.
    if (promotion.metadata.deletionTimestamp === undefined) await takeBack(this.#deps, { promotion, stage, freight }, context);
    await writer.write(status, context.signal);
    await announceEnd(this.#deps.events, { promotion: writer.promotion, stage, freight });
    return this.#forget(request, promotion);
  }

  async #end(
    request: ObjectKey,
    writer: StatusWriter,
    stage: Stage,
    freight: Freight | undefined,
    status: PromotionStatus,
    context: ReconcileContext,
  ): Promise<Result> {
    await writer.write(status, context.signal);
    return this.#ended(request, writer, stage, freight, context);
  }

  /** What follows the end of a Promotion. The status is durable already. */
  async #ended(
    request: ObjectKey,
    { promotion }: StatusWriter,
    stage: Stage,
    freight: Freight | undefined,
    { log }: ReconcileContext,
  ): Promise<Result> {
    log.info({ phase: promotion.status?.phase, message: promotion.status?.message }, 'Promotion ended');
    if (promotion.status?.phase === 'Succeeded') await requestReverification(this.#deps.client, stage, promotion, log);
    await announceEnd(this.#deps.events, { promotion, stage, freight });
    return this.#forget(request, promotion);
  }

  /** Tells of a Promotion that ended a short while ago, in case a process that died did not get to it. What was told stays told once. */
  async #retell(promotion: Promotion, { signal }: ReconcileContext): Promise<void> {
    if (!isRecent(promotion.status?.finishedAt, this.#deps.clock.now())) return;
    const { namespace } = promotion.metadata;
    const stage = await this.#find(Stage, { namespace, name: promotion.spec.stage }, signal);
    const freight = await this.#find(Freight, { namespace, name: promotion.spec.freight ?? '' }, signal);
    await announceEnd(this.#deps.events, { promotion, stage, freight });
  }

  /** Shows an error that is being retried on the Promotion itself. Best effort: the error is thrown on in any case. */
  async #show(request: ObjectKey, error: unknown, { signal, log }: ReconcileContext): Promise<void> {
    try {
      const promotion = await this.#find(Promotion, request, signal);
      if (promotion === undefined || isTerminalPhase(promotion.status?.phase)) return;
      const message = error instanceof Error ? error.message : String(error);
      await new StatusWriter(this.#deps.client, promotion).write({ ...promotion.status, message }, signal);
    } catch (second) {
      log.debug({ error: second }, 'could not show an error on the Promotion');
    }
  }

  /** Removes what was kept for a Promotion that needs nothing any more; tried again until it works. */
  async #forget(request: ObjectKey, promotion?: Promotion): Promise<Result> {
    const id = promotion === undefined ? this.#workspaces.get(keyId(request)) : workspaceId(promotion);
    if (promotion !== undefined) this.#retries.forget(promotion);
    if (id !== undefined) await this.#deps.workspaces.remove(id);
    this.#workspaces.delete(keyId(request));
    await this.#closeLogs(request, promotion, id);
    return settled;
  }

  /** Logs stay with the Promotion that has ended, and go with one that was deleted. */
  async #closeLogs({ namespace = '' }: ObjectKey, promotion: Promotion | undefined, id: string | undefined): Promise<void> {
    const { stepLogs } = this.#deps;
    if (promotion !== undefined) await stepLogs?.end({ project: namespace, promotion: promotion.metadata.uid ?? '' });
    else if (id !== undefined) await stepLogs?.remove({ project: namespace, promotion: promotionOf(id) });
  }

  async #find<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, signal: AbortSignal): Promise<T | undefined> {
    if (key.name === '') return undefined;
    try {
      return await this.#deps.client.get(kind, key, { signal });
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

function keyId({ namespace = '', name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

function withRefresh({ status = {}, metadata }: Promotion): PromotionStatus {
  const refresh = metadata.annotations?.[annotations.refresh];
  return refresh === undefined ? status : { ...status, lastHandledRefresh: refresh };
}

function isProgrammerError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
}
