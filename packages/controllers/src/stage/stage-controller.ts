import {
  annotations,
  Freight,
  isReason,
  keyText,
  originKey,
  ProjectConfig,
  Stage,
  Warehouse,
  type ObjectKey,
  type StageStatus,
} from '@kargo/api';
import {
  clone,
  commitStatus,
  retryOnConflict,
  settled,
  type Cache,
  type Client,
  type Clock,
  type ControllerOptions,
  type Random,
  type ReconcileContext,
  type Result,
} from '@kargo/kube';
import { autoPromotionPolicy } from '../availability/policy.ts';
import type { EventRecorder } from '../events/recorder.ts';
import { argoCDContext } from './argocd-context.ts';
import { assessHealth, type AssessHealthDeps } from './assess-health.ts';
import { autoPromote, type AutoPromoteDeps, syncEffectiveHolds } from './auto-promote.ts';
import { buildAnalysisRun, type BuildAnalysisRunDeps } from './build-analysis-run.ts';
import { ensureFinalizer, finalize, setAnnotation } from './stage-metadata.ts';
import { markVerified } from './mark-verified.ts';
import {
  currentVerification,
  forgetPassingTransitions,
  isControlFlow,
  isVerificationTerminal,
  type StagePass,
  type StageStep,
} from './pass.ts';
import { FREIGHT_BY_ORIGIN, FREIGHT_IN_STAGE, inNamespace, stageSources } from './sources.ts';
import { recordDiscarded, recordPromotionCreated, recordVerification } from './stage-events.ts';
import { retell } from './retell.ts';
import { stageResult } from './stage-result.ts';
import { freightReferenceOf, stageStore, type StageStore } from './stage-store.ts';
import { startPromotion } from './start-promotion.ts';
import { completed, failed, summarize } from './summarize.ts';
import { supersede } from './supersede.ts';
import { syncFreight } from './sync-freight.ts';
import { syncPromotions } from './sync-promotions.ts';
import { verify } from './verify.ts';

/** What both Stage controllers need. Register {@link stageIndexes} with the manager. */
export interface StageControllerDeps {
  client: Client;
  cache: Cache;
  clock: Clock;
  random: Random;
  events: EventRecorder;
  /** Whether AnalysisRuns are served here and something executes them. */
  analysisAvailable: boolean;
  /** Whether Argo CD Applications can be watched. Default true. */
  argoCD?: boolean | undefined;
  /** Whether this process handles the Stage. Default: every one. */
  owns?: ((stage: Stage) => boolean) | undefined;
  /** Default 4. */
  workers?: number | undefined;
}

export interface RegularStageControllerDeps
  extends StageControllerDeps, AssessHealthDeps, Pick<BuildAnalysisRunDeps, 'evaluateArg' | 'ulid' | 'instanceId'> {}

/** The controller of Stages that promote: those with promotion steps. */
export function stageController(deps: RegularStageControllerDeps): ControllerOptions {
  const store = stageStore(deps);
  const chain = stageChain(deps, store);
  const { clock, random } = deps;
  return {
    name: 'stage',
    for: Stage,
    sources: stageSources(deps.cache, { analysis: deps.analysisAvailable, argoCD: deps.argoCD ?? true }),
    finished: (stage: Stage) => deps.owns?.(stage) === false || isFinished(stage),
    ...(deps.workers === undefined ? {} : { workers: deps.workers }),
    reconciler: {
      reconcile: (request, context) =>
        retryOnConflict(() => reconcileStage(deps, store, chain, request, context), { clock, random, signal: context.signal }),
    },
  };
}

function isFinished(stage: Stage): boolean {
  const verification = currentVerification(stage.status ?? {});
  return (
    isControlFlow(stage) ||
    (stage.metadata.deletionTimestamp === undefined &&
      stage.status?.currentPromotion === undefined &&
      (verification === undefined || isVerificationTerminal(verification)))
  );
}

/** The steps of a pass, in order. */
function stageChain(deps: RegularStageControllerDeps, store: StageStore): readonly StageStep[] {
  const { cache, events } = deps;
  const getFreight = (namespace: string, name: string): Freight | undefined => cache.get(Freight, { namespace, name });
  return [
    syncPromotions,
    syncFreight({
      freightIn: (project, stage) => cache.byIndex(Freight, FREIGHT_IN_STAGE, inNamespace(project, stage)),
      getFreight,
      updateFreight: store.updateFreight,
    }),
    assessHealth(deps),
    verify({
      analysisAvailable: deps.analysisAvailable,
      uuid: () => deps.random.uuid(),
      buildRun: (purpose) =>
        buildAnalysisRun({ ...deps, findTemplate: store.findTemplate, getFreight: store.getFreight }, purpose),
      findRuns: store.findRuns,
      getRun: store.getRun,
      createRun: store.createRun,
      terminateRun: store.terminateRun,
      verificationEnded: async ({ pass, freight: name, ...event }) => {
        const freight = await store.getFreight(pass.stage.metadata.namespace ?? '', name);
        if (freight !== undefined) await recordVerification(events, { ...event, stage: pass.stage, freight });
      },
    }),
    markVerified({ getFreight, updateFreight: store.updateFreight }),
    syncEffectiveHolds,
    autoPromote({
      freightFrom: freightFrom(deps),
      warehouseExists: (namespace, name) => cache.get(Warehouse, { namespace, name }) !== undefined,
      createPromotion: store.createPromotion,
      promotionCreated: (promotion, freight) => recordPromotionCreated(events, promotion, freight),
    }),
    supersede({
      getFreight,
      discard: store.discard,
      discarded: (promotion, freight) => recordDiscarded(events, promotion, freight),
    }),
    startPromotion({
      freightReference: (project, name) => {
        const freight = getFreight(project, name);
        return freight === undefined ? undefined : freightReferenceOf(freight);
      },
    }),
  ];
}

/** Freight of an origin, as last seen. */
function freightFrom({ cache }: RegularStageControllerDeps): AutoPromoteDeps['freightFrom'] {
  return (project, origin) => cache.byIndex(Freight, FREIGHT_BY_ORIGIN, inNamespace(project, originKey(origin)));
}

async function reconcileStage(
  deps: RegularStageControllerDeps,
  store: StageStore,
  chain: readonly StageStep[],
  request: ObjectKey,
  context: ReconcileContext,
): Promise<Result> {
  const found = await store.getStage(request);
  if (found === undefined || isControlFlow(found) || deps.owns?.(found) === false) return settled;
  if (found.metadata.deletionTimestamp !== undefined) {
    await finalize(deps, store, found);
    return settled;
  }
  const stage = await ensureFinalizer(deps, found);
  const { pass, failure } = await runChain(deps, store, chain, stage, context);
  if (isReason(failure, 'Conflict')) throw failure;
  if (failure !== undefined) failed(pass, failure);
  pass.status.conditions = forgetPassingTransitions(stage.status?.conditions, pass.status.conditions);
  const written = await commitStatus(deps.client, Stage, stage, { ...stage, status: pass.status }, { signal: context.signal });
  for (const action of pass.afterwards) await attempt(pass, action);
  await attempt(pass, () => retell(deps.events, { getFreight: store.getFreight }, pass));
  if (failure !== undefined) throw failure;
  await annotateArgoCDContext(deps, pass, written);
  return stageResult(pass);
}

async function runChain(
  deps: RegularStageControllerDeps,
  store: StageStore,
  chain: readonly StageStep[],
  stage: Stage,
  { signal, log }: ReconcileContext,
): Promise<{ pass: StagePass; failure?: Error }> {
  const { name = '', namespace = '' } = stage.metadata;
  const status: StageStatus = clone(stage.status ?? {});
  const refresh = stage.metadata.annotations?.[annotations.refresh];
  if (refresh !== undefined) status.lastHandledRefresh = refresh;
  let pass: StagePass = {
    stage,
    status,
    now: deps.clock.now(),
    autoPromotionEnabled: status.autoPromotionEnabled ?? false,
    promotions: [],
    afterwards: [],
    problems: [],
    notes: {},
    signal,
    log,
  };
  try {
    const config = deps.cache.get(ProjectConfig, { namespace, name: namespace });
    const promotions = await store.promotionsOf(namespace, name);
    pass = { ...pass, promotions, autoPromotionEnabled: autoPromotionPolicy(config, stage).enabled };
    for (const step of chain) await step(pass);
    summarize(pass);
    const [problem, ...more] = pass.problems;
    if (problem !== undefined) return { pass, failure: more.length === 0 ? problem : allOf(pass.problems) };
    completed(pass);
    return { pass };
  } catch (error) {
    return { pass, failure: error instanceof Error ? error : new Error(String(error)) };
  }
}

function allOf(problems: readonly Error[]): AggregateError {
  return new AggregateError(problems, problems.map(({ message }) => message).join('; '));
}

async function attempt(pass: StagePass, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    pass.log.warn(
      { stage: keyText({ namespace: pass.stage.metadata.namespace, name: pass.stage.metadata.name ?? '' }), error },
      'could not tell people about a change',
    );
  }
}

async function annotateArgoCDContext({ client }: RegularStageControllerDeps, pass: StagePass, stage: Stage): Promise<void> {
  const last = pass.status.lastPromotion;
  if (last?.status?.phase !== 'Succeeded') return;
  const promotion = pass.promotions.find(({ metadata }) => metadata.name === last.name);
  // A Promotion that was deleted cannot tell any more; what it said stands.
  if (promotion === undefined) return;
  await setAnnotation(client, stage, annotations.argoCDContext, argoCDContext(last, promotion));
}
