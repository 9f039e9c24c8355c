import { Freight, isReason, keyOf, type Kind, type KubeObject, originKey, Project, Promotion, Stage } from '@kargo/api';
import {
  type Cache,
  type Client,
  type Clock,
  type ControllerOptions,
  type Log,
  type ReconcileContext,
  type Result,
  settled,
  source,
  waiting,
} from '@kargo/kube';
import type { StepLogs } from '@kargo/promotion';
import { removeStepLogs } from './step-log-collector.ts';
import { DEFAULT_RETENTION, expiredFreight, expiredPromotions, type Retention } from './retention.ts';

const HOUR = 3_600_000;

export interface GarbageCollectorDeps {
  client: Client;
  cache: Cache;
  clock: Clock;
  promotions?: Partial<Retention> | undefined;
  freight?: Partial<Retention> | undefined;
  /** Logs of steps, which go with their Promotions. */
  stepLogs?: StepLogs | undefined;
  /** Projects at a time. Default 3. */
  workers?: number | undefined;
}

/** Deletes old Promotions and Freight of Projects, and step logs of Promotions that are gone: at the start, and at every full hour. */
export function garbageCollector(deps: GarbageCollectorDeps): ControllerOptions {
  return {
    name: 'garbage-collector',
    for: Project,
    sources: [
      source(Project, ({ object, old }) =>
        (object === undefined) !== (old === undefined) ? [{ name: (object ?? old)?.metadata.name ?? '' }] : [],
      ),
      // They are only read; no change of theirs makes anything old.
      ...[Promotion, Freight, Stage].map((kind) => source<KubeObject>(kind, () => [])),
    ],
    workers: deps.workers ?? 3,
    reconciler: { reconcile: ({ name }, context) => collect(deps, name, context) },
  };
}

async function collect(deps: GarbageCollectorDeps, project: string, { log, signal }: ReconcileContext): Promise<Result> {
  const { cache, clock } = deps;
  if (cache.get(Project, { name: project }) === undefined) {
    if (deps.stepLogs !== undefined) await removeStepLogs({ cache, stepLogs: deps.stepLogs }, project, log);
    return settled;
  }
  const now = clock.now();
  const failures: string[] = [];
  const remove = async <T extends KubeObject>(kind: Kind<T>, objects: readonly T[]): Promise<void> => {
    for (const object of objects) {
      signal.throwIfAborted();
      const problem = await removeOne(deps.client, kind, object, log);
      if (problem !== undefined) failures.push(problem);
    }
  };
  await remove(Promotion, oldPromotions(deps, project, now));
  await remove(Freight, oldFreight(deps, project, now));
  if (deps.stepLogs !== undefined) await removeStepLogs({ cache, stepLogs: deps.stepLogs }, project, log);
  if (failures.length > 0)
    throw new Error(
      `deleting old objects of Project ${project}: ${failures.length} could not be deleted: ${failures.join('; ')}`,
    );
  const at = (Math.floor(now / HOUR) + 1) * HOUR;
  return waiting('NextCollection', 'old Promotions and Freight were deleted', { kind: 'poll', at, why: 'objects grow old' });
}

function oldPromotions({ cache, promotions }: GarbageCollectorDeps, namespace: string, now: number): Promotion[] {
  const byStage = Map.groupBy(cache.list(Promotion, { namespace }), ({ spec }) => spec.stage);
  return [...byStage].flatMap(([name, ofStage]) =>
    expiredPromotions(ofStage, cache.get(Stage, { namespace, name }), now, { ...DEFAULT_RETENTION, ...promotions }),
  );
}

function oldFreight({ cache, freight }: GarbageCollectorDeps, namespace: string, now: number): Freight[] {
  const context = { stages: cache.list(Stage, { namespace }), promotions: cache.list(Promotion, { namespace }) };
  const byOrigin = Map.groupBy(cache.list(Freight, { namespace }), ({ origin }) => originKey(origin));
  return [...byOrigin.values()].flatMap((ofOrigin) =>
    expiredFreight(ofOrigin, context, now, { ...DEFAULT_RETENTION, ...freight }),
  );
}

/** Deletes one object as it was seen; a changed one is for the next time. Returns what went wrong. */
async function removeOne<T extends KubeObject>(client: Client, kind: Kind<T>, object: T, log: Log): Promise<string | undefined> {
  const { name = '', namespace, uid, resourceVersion } = object.metadata;
  try {
    await client.delete(kind, keyOf(object), { preconditions: { uid, resourceVersion }, propagationPolicy: 'Background' });
    log.info({ kind: kind.kind, namespace, name }, 'an old object was deleted');
    return undefined;
  } catch (error) {
    if (isReason(error, 'NotFound', 'Conflict')) return undefined;
    return `${kind.kind} ${name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
