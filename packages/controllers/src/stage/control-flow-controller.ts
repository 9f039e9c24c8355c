import { annotations, Freight, getCondition, isReason, originKey, removeCondition, Stage, type StageStatus } from '@kargo/api';
import {
  clone,
  commitStatus,
  equal,
  retryOnConflict,
  settled,
  timestamp,
  waiting,
  type ControllerOptions,
  type ReconcileContext,
  type Result,
} from '@kargo/kube';
import { availableFreight, nextAvailabilityChange } from '../availability/availability.ts';
import { isRecent } from '../events/recent.ts';
import { isVerifiedIn, soakMilliseconds } from '../availability/soak.ts';
import { newestOfEach, presenceIn, type Presence } from './gate-presence.ts';
import { isControlFlow, observe } from './pass.ts';
import { controlFlowStageSources, FREIGHT_BY_ORIGIN, FREIGHT_IN_STAGE, inNamespace } from './sources.ts';
import type { StageControllerDeps } from './stage-controller.ts';
import { recordPassedOn } from './stage-events.ts';
import { ensureFinalizer, finalize, setAnnotation } from './stage-metadata.ts';
import { stageStore, type StageStore } from './stage-store.ts';
import { leave, type UpdateFreight } from './sync-freight.ts';

/** The controller of Stages without promotion steps: what is available to them is verified in them at once. */
export function controlFlowStageController(deps: StageControllerDeps): ControllerOptions {
  const store = stageStore(deps);
  const { clock, random } = deps;
  return {
    name: 'control-flow-stage',
    for: Stage,
    sources: controlFlowStageSources(deps.cache),
    finished: (stage: Stage) =>
      deps.owns?.(stage) === false || !isControlFlow(stage) || stage.metadata.deletionTimestamp === undefined,
    ...(deps.workers === undefined ? {} : { workers: deps.workers }),
    reconciler: {
      reconcile: (request, context) =>
        retryOnConflict(
          async () => {
            const found = await store.getStage(request);
            if (found === undefined || !isControlFlow(found) || deps.owns?.(found) === false) return settled;
            if (found.metadata.deletionTimestamp !== undefined) {
              await finalize(deps, store, found);
              return settled;
            }
            return reconcileControlFlow(deps, store, await ensureFinalizer(deps, found), context);
          },
          { clock, random, signal: context.signal },
        ),
    },
  };
}

/** Tells of Freight that was passed on a short while ago, in case a process that died did not get to it. What was told stays told once. */
async function retellPassedOn(
  { events }: StageControllerDeps,
  stage: Stage,
  freight: readonly Freight[],
  now: number,
): Promise<void> {
  for (const each of freight) {
    const at = each.status?.verifiedIn?.[stage.metadata.name ?? '']?.verifiedAt;
    if (at !== undefined && isRecent(at, now)) await recordPassedOn(events, stage, each, at);
  }
}

async function reconcileControlFlow(
  deps: StageControllerDeps,
  store: StageStore,
  stage: Stage,
  { signal }: ReconcileContext,
): Promise<Result> {
  const { client, cache, clock } = deps;
  const now = clock.now();
  const { name = '', namespace = '' } = stage.metadata;
  const freight = stage.spec.requestedFreight.flatMap(({ origin }) =>
    cache.byIndex(Freight, FREIGHT_BY_ORIGIN, inNamespace(namespace, originKey(origin))),
  );
  const left = cache.byIndex(Freight, FREIGHT_IN_STAGE, inNamespace(namespace, name));
  const { verified, failures } = await passOn(store.updateFreight, stage, {
    available: availableFreight(stage, freight, now),
    freight,
    left,
    now,
  });

  const status = controlFlowStatus(stage);
  const pass = { stage, status, now };
  const failure = failures.length === 0 ? undefined : aggregate(stage, failures);
  if (failure === undefined) {
    status.conditions = removeCondition(status.conditions, 'Reconciling');
    observe(pass, 'Ready', 'True', 'Ready', 'Freight that is available to the Stage is passed on');
  } else {
    observe(pass, 'Ready', 'False', 'FreightVerificationFailed', failure.message);
    observe(pass, 'Reconciling', 'True', 'RetryAfterVerificationFailed', failure.message);
  }
  const written = await commitStatus(client, Stage, stage, { ...stage, status }, { signal });
  for (const each of verified) await recordPassedOn(deps.events, stage, each, timestamp(now));
  await retellPassedOn(deps, stage, freight, now);
  if (failure !== undefined) throw failure;
  await setAnnotation(client, written, annotations.argoCDContext, undefined);

  const at = nextAvailabilityChange(stage, freight, now);
  if (at === undefined) return settled;
  const why = 'Freight has soaked long enough upstream to be passed on';
  return waiting('Soaking', 'Freight that is verified upstream has to stay there for some time yet', {
    kind: 'deadline',
    at,
    why,
  });
}

interface Work {
  available: readonly Freight[];
  /** All Freight of the origins that the Stage requests. */
  freight: readonly Freight[];
  /** Freight that is recorded as being here. */
  left: readonly Freight[];
  now: number;
}

/**
 * Verifies what is available and not verified yet, and keeps account of how long it is here. One failure does not keep the rest from being
 * verified.
 */
async function passOn(
  updateFreight: UpdateFreight,
  stage: Stage,
  { available, freight, left, now }: Work,
): Promise<{ verified: Freight[]; failures: unknown[] }> {
  const { name = '', namespace: project = '' } = stage.metadata;
  const verified: Freight[] = [];
  const failures: unknown[] = [];
  const attempt = async (each: Freight, change: (of: Freight) => void): Promise<boolean> => {
    try {
      await updateFreight(project, each.metadata.name ?? '', (status) => change({ ...each, status }));
      return true;
    } catch (error) {
      // Freight that was deleted meanwhile needs nothing.
      if (!isReason(error, 'NotFound')) failures.push(error);
      return false;
    }
  };
  const fresh = available.filter((each) => !isVerifiedIn(each, name));
  const here = [...freight.filter((each) => isVerifiedIn(each, name)), ...fresh];
  const newest = newestOfEach(here);
  const account = (each: Freight): void => keepAccount(each, name, presenceIn(stage, each, newest), now);
  for (const each of left.filter((one) => !here.some(({ metadata }) => metadata.name === one.metadata.name)))
    await attempt(each, ({ status }) => leave(status ?? {}, name, now));
  for (const each of fresh) {
    let added = false;
    const done = await attempt(each, (current) => {
      const { status = {} } = current;
      added = !Object.hasOwn(status.verifiedIn ?? {}, name);
      if (added) status.verifiedIn = { ...status.verifiedIn, [name]: { verifiedAt: timestamp(now) } };
      account(current);
    });
    if (done && added) verified.push(each);
  }
  for (const each of here) {
    if (fresh.includes(each)) continue;
    const changed = clone(each);
    account(changed);
    if (!equal(changed.status, each.status)) await attempt(each, account);
  }
  return { verified, failures };
}

/** Writes down since when verified Freight is here, and how long it was before. What was once earned stays. */
function keepAccount({ status }: Freight, stage: string, { since, longestSoak, isOwn }: Presence, now: number): void {
  const verified = status?.verifiedIn?.[stage];
  if (status === undefined || verified === undefined) return;
  if (since !== undefined) status.currentlyIn = { ...status.currentlyIn, [stage]: { since } };
  else if (isOwn === true) leave(status, stage, now);
  else if (status.currentlyIn !== undefined) {
    // How long it was there, the Stages before have written down.
    const { [stage]: _, ...others } = status.currentlyIn;
    status.currentlyIn = others;
  }
  const milliseconds = (text: string | undefined): number => soakMilliseconds(text ?? '0') ?? 0;
  if (milliseconds(longestSoak) > milliseconds(verified.longestSoak)) verified.longestSoak = longestSoak;
}

/** The status of a control-flow Stage: nothing of what only Stages that promote have. */
function controlFlowStatus({ status, metadata }: Stage): StageStatus {
  const conditions = ['Ready', 'Reconciling'].flatMap((type) => getCondition(status?.conditions, type) ?? []);
  const refresh = metadata.annotations?.[annotations.refresh] ?? status?.lastHandledRefresh;
  return {
    conditions: [...conditions],
    phase: 'NotApplicable',
    freightSummary: 'N/A',
    autoPromotionEnabled: false,
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    ...(refresh === undefined ? {} : { lastHandledRefresh: refresh }),
    ...(status?.metadata === undefined ? {} : { metadata: status.metadata }),
  };
}

function aggregate(stage: Stage, failures: readonly unknown[]): AggregateError {
  const reasons = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))).join('; ');
  return new AggregateError(failures, `cannot verify all Freight in Stage ${stage.metadata.name ?? ''}: ${reasons}`);
}
