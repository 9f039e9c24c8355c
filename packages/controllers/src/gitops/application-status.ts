import type { Application, ApplicationStatus, OperationState, Workload } from '@kargo/api';
import { clone, timestamp } from '@kargo/kube';
import { SIMULATED_CONDITION } from '@kargo/promotion';
import type { Comparison } from './compare.ts';
import { aggregateHealth } from './health/health.ts';
import type { Picture } from './look.ts';
import { isHook } from './sync/hooks.ts';
import { comparedTo, type RefreshLevel } from './refresh.ts';
import { isMultiSource, revisionFields } from './source.ts';

const SIMULATED_MESSAGE =
  'This destination is simulated: manifests are rendered from git with the real tools, but workloads, their health and addresses are imitated on a clock.';

/** The status of an Application after a look at it that began at `startedAt` (epoch milliseconds). */
export function nextStatus(app: Application, picture: Picture, level: RefreshLevel, startedAt: number): ApplicationStatus {
  const now = timestamp(startedAt);
  const status: ApplicationStatus = clone(app.status ?? {});
  const live = picture.comparisons.flatMap(({ live: object }) => object ?? []);
  const { error } = picture;
  const counted = picture.comparisons.filter(({ counted: counts }) => counts);
  const sync = error !== undefined ? 'Unknown' : counted.every(({ synced }) => synced) ? 'Synced' : 'OutOfSync';
  status.sync = { status: sync, ...revisionFields(app, picture.revisions), comparedTo: comparedTo(app) as never };
  const health =
    error?.type === 'InvalidSpecError'
      ? { status: 'Unknown' as const }
      : error !== undefined
        ? (app.status?.health ?? { status: 'Unknown' })
        : aggregateHealth(live, counted.filter(({ target }) => target !== undefined).length, picture.destination?.healthOf);
  const transition = status.health?.status === health.status ? status.health?.lastTransitionTime : now;
  status.health = {
    status: health.status,
    ...(health.message === undefined ? {} : { message: health.message }),
    ...(transition === undefined ? {} : { lastTransitionTime: transition }),
  };
  status.conditions = conditionsOf(app, picture, now);
  // What is deployed must not be forgotten while it cannot be looked at.
  if (error === undefined)
    status.resources = picture.comparisons.map((comparison) => resourceStatus(comparison, picture)) as never;
  if (error === undefined) status.summary = { images: imagesOf(live) };
  if (picture.error === undefined) {
    setSourceTypes(app, status, picture.sourceTypes);
    if (level !== 'live') status.reconciledAt = now;
  }
  return status;
}

function conditionsOf(app: Application, picture: Picture, now: string): NonNullable<ApplicationStatus['conditions']> {
  const wanted: { type: string; message: string }[] = [];
  if (picture.destination?.simulated === true) wanted.push({ type: SIMULATED_CONDITION, message: SIMULATED_MESSAGE });
  if (picture.error !== undefined) wanted.push(picture.error);
  for (const { object, owner } of picture.shared)
    wanted.push({
      type: 'SharedResourceWarning',
      message: `${object} is part of applications ${app.metadata.name} and ${owner}`,
    });
  for (const name of picture.repeated)
    wanted.push({
      type: 'RepeatedResourceWarning',
      message: `Resource ${name} appeared more than once among application resources; the last one counts.`,
    });
  const hooks = picture.comparisons.filter(({ target }) => target !== undefined && isHook(target)).length;
  if (hooks > 0 && picture.destination?.runsHooks === false)
    wanted.push({
      type: 'HooksNotRunWarning',
      message: `${picture.destination.title} runs no hooks: ${hooks} of them are left out`,
    });
  return wanted.map((condition) => datedCondition(app, condition, now));
}

/** A condition with the time since which it has been as it is. */
export function datedCondition(
  app: Application,
  { type, message }: { type: string; message: string },
  now: string,
): { type: string; message: string; lastTransitionTime: string } {
  const known = app.status?.conditions?.find((condition) => condition.type === type && condition.message === message);
  return { type, message, lastTransitionTime: known?.lastTransitionTime ?? now };
}

function resourceStatus(
  { kind, target, live, synced, requiresPruning }: Comparison,
  { destination }: Picture,
): Record<string, unknown> {
  const object = target ?? live;
  const health = live === undefined ? undefined : destination?.healthOf(live);
  return {
    ...(kind.group === '' ? {} : { group: kind.group }),
    version: kind.version,
    kind: kind.kind,
    ...(object?.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
    name: object?.metadata.name ?? '',
    status: synced ? 'Synced' : 'OutOfSync',
    ...(requiresPruning ? { requiresPruning: true } : {}),
    ...(health === undefined
      ? live === undefined && target !== undefined
        ? { health: { status: 'Missing' } }
        : {}
      : { health }),
  };
}

/** Images named in the Pod templates of live workloads: nobody looks at Pods here. */
function imagesOf(live: readonly Workload[]): string[] {
  const images = new Set<string>();
  for (const object of live) {
    const template = (object.spec?.['template'] ?? {}) as {
      spec?: { containers?: { image?: string }[]; initContainers?: { image?: string }[] };
    };
    for (const { image } of [...(template.spec?.containers ?? []), ...(template.spec?.initContainers ?? [])])
      if (image !== undefined) images.add(image);
  }
  return [...images].toSorted();
}

function setSourceTypes(app: Application, status: ApplicationStatus, types: readonly string[]): void {
  const [first = ''] = types;
  if (isMultiSource(app)) status.sourceTypes = [...types];
  else status.sourceType = first;
}

/** The entry of the history for an operation that has succeeded. */
export function historyEntry(status: ApplicationStatus, state: OperationState): never {
  const last = status.history?.at(-1)?.['id'];
  const { resources: _resources, ...result } = state.syncResult ?? {};
  return {
    id: typeof last === 'number' ? last + 1 : 0,
    deployStartedAt: state.startedAt,
    deployedAt: state.finishedAt ?? state.startedAt,
    initiatedBy: state.operation.initiatedBy ?? {},
    ...result,
  } as never;
}
