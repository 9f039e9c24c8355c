/** What wakes Stages. Map functions are pure; they read through indexes only. */
import {
  AnalysisRun,
  annotations,
  Application,
  decodeVerificationRequest,
  Freight,
  keyOf,
  labels,
  originKey,
  parseAuthorizedStages,
  ProjectConfig,
  Promotion,
  Stage,
  Warehouse,
  type KubeObject,
  type ObjectKey,
} from '@kargo/api';
import { equal, source, type Cache, type Change, type Index, type Source } from '@kargo/kube';
import { isPromotionTerminal } from './pass.ts';
import { measuringTrouble } from './measuring-trouble.ts';

/** Names of the indexes over Stages that the sources read. */
export const stageIndexNames = {
  upstream: 'upstream',
  direct: 'direct-origin',
  origin: 'origin',
  application: 'health-check-application',
} as const;

/** The name of the index over Freight by Stage that it is in. */
export const FREIGHT_IN_STAGE = 'currently-in';
/** The name of the index over Freight by origin. */
export const FREIGHT_BY_ORIGIN = 'origin';

/** The indexes that the Stage controllers read; registered once for both. */
export function stageIndexes(): readonly Index<never>[] {
  const stages = (name: string, keys: (stage: Stage) => string[]): Index<Stage> => ({ kind: Stage, name, keys });
  const freight = (name: string, keys: (freight: Freight) => string[]): Index<Freight> => ({ kind: Freight, name, keys });
  return [
    stages(stageIndexNames.upstream, ({ metadata, spec }) =>
      unique(
        spec.requestedFreight.flatMap(({ sources }) =>
          (sources.stages ?? []).map((name) => inNamespace(metadata.namespace, name)),
        ),
      ),
    ),
    stages(stageIndexNames.direct, ({ metadata, spec }) =>
      unique(
        spec.requestedFreight.flatMap(({ origin, sources }) =>
          sources.direct === true ? [inNamespace(metadata.namespace, originKey(origin))] : [],
        ),
      ),
    ),
    stages(stageIndexNames.origin, ({ metadata, spec }) =>
      unique(spec.requestedFreight.map(({ origin }) => inNamespace(metadata.namespace, originKey(origin)))),
    ),
    stages(stageIndexNames.application, checkedApplications),
    freight(FREIGHT_IN_STAGE, ({ metadata, status }) =>
      Object.keys(status?.currentlyIn ?? {}).map((name) => inNamespace(metadata.namespace, name)),
    ),
    freight(FREIGHT_BY_ORIGIN, ({ metadata, origin }) => [inNamespace(metadata.namespace, originKey(origin))]),
  ] as unknown as readonly Index<never>[];
}

/** The Applications whose health is that of the Stage, by the health checks of its last Promotion. */
function checkedApplications({ status }: Stage): string[] {
  const apps = (status?.lastPromotion?.status?.healthChecks ?? []).flatMap(
    ({ config }) => (config as { apps?: { namespace?: string; name?: string }[] } | undefined)?.apps ?? [],
  );
  return unique(apps.map(({ namespace, name = '' }) => inNamespace(namespace, name)));
}

/** The value under which an index files what belongs to `name` in a namespace. */
export function inNamespace(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

/** Which kinds of other products are served here; one that is not cannot be watched. */
export interface ServedKinds {
  analysis: boolean;
  argoCD: boolean;
}

/** The sources of the controller of regular Stages. */
export function stageSources(cache: Pick<Cache, 'byIndex' | 'list'>, served: ServedKinds): readonly Source[] {
  return [
    ...controlFlowStageSources(cache),
    source(Promotion, promotionChanged),
    ...(served.analysis ? [source(AnalysisRun, analysisRunChanged)] : []),
    ...(served.argoCD ? [source(Application, (change) => applicationChanged(cache, change))] : []),
    source(ProjectConfig, (change) => projectConfigChanged(cache, change)),
    source(Warehouse, (change) => warehouseChanged(cache, change)),
  ];
}

/** The sources of the controller of control-flow Stages: themselves, and Freight. */
export function controlFlowStageSources(cache: Pick<Cache, 'byIndex'>): readonly Source[] {
  return [source(Stage, stageChanged), source(Freight, (change) => freightChanged(cache, change))];
}

/** A Stage wakes when it is new, changed by a person, asked for something, relabelled or being deleted; not by its own status. */
export function stageChanged({ object, old }: Change<Stage>): ObjectKey[] {
  if (object === undefined) return [];
  if (old === undefined) return [keyOf(object)];
  const wakes =
    object.metadata.generation !== old.metadata.generation ||
    object.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    !equal(object.metadata.labels ?? {}, old.metadata.labels ?? {}) ||
    isNew(annotation(object, annotations.refresh), annotation(old, annotations.refresh)) ||
    [annotations.reverify, annotations.abort].some((name) =>
      isNew(decodeVerificationRequest(annotation(object, name))?.id, decodeVerificationRequest(annotation(old, name))?.id),
    );
  return wakes ? [keyOf(object)] : [];
}

/** The Stage of a Promotion wakes when the Promotion is new, changes its phase, or goes. */
export function promotionChanged({ object, old }: Change<Promotion>): ObjectKey[] {
  const promotion = object ?? old;
  if (promotion === undefined) return [];
  const gone = object === undefined && old !== undefined && !isPromotionTerminal(old);
  const moved = object !== undefined && (old === undefined || object.status?.phase !== old.status?.phase);
  return gone || moved ? [{ namespace: promotion.metadata.namespace, name: promotion.spec.stage }] : [];
}

/**
 * New Freight wakes the Stages that take it from its origin; a change of where it was verified or how long it was there wakes the Stages
 * behind; an approval wakes the Stage it is for.
 */
export function freightChanged(cache: Pick<Cache, 'byIndex'>, { object, old }: Change<Freight>): ObjectKey[] {
  if (object === undefined) return [];
  const { namespace } = object.metadata;
  const direct = old === undefined ? stagesBy(cache, stageIndexNames.direct, namespace, originKey(object.origin)) : [];
  const moved = unique([
    ...changedKeys(object.status?.verifiedIn, old?.status?.verifiedIn),
    ...changedKeys(object.status?.currentlyIn, old?.status?.currentlyIn).filter((stage) =>
      Object.hasOwn(object.status?.verifiedIn ?? {}, stage),
    ),
  ]);
  const behind = moved.flatMap((stage) => stagesBy(cache, stageIndexNames.upstream, namespace, stage));
  const approved = changedKeys(object.status?.approvedFor, old?.status?.approvedFor).map((name) => ({ namespace, name }));
  return distinct([...direct, ...behind, ...approved]);
}

/** The Stage that an AnalysisRun verifies wakes when the phase of the run changes, what keeps it from measuring does, or when it goes. */
export function analysisRunChanged({ object, old }: Change<AnalysisRun>): ObjectKey[] {
  const run = object ?? old;
  if (run === undefined || (object !== undefined && old !== undefined && showsTheSame(object, old))) return [];
  const name = annotation(run, annotations.stage) ?? run.metadata.labels?.[labels.stage];
  return name === undefined || run.metadata.labels?.[labels.freightCollection] === undefined
    ? []
    : [{ namespace: run.metadata.namespace, name }];
}

function showsTheSame(run: AnalysisRun, old: AnalysisRun): boolean {
  return run.status?.phase === old.status?.phase && measuringTrouble(run) === measuringTrouble(old);
}

/**
 * A change in the health, the operation or what is synced of an Argo CD Application wakes the Stages whose health it is, and those it
 * admits or has admitted: it may be theirs by its labels.
 */
export function applicationChanged(cache: Pick<Cache, 'byIndex'>, { object, old }: Change<Application>): ObjectKey[] {
  const application = object ?? old;
  if (application === undefined) return [];
  if (object !== undefined && old !== undefined && equal(applicationState(object), applicationState(old))) return [];
  const { namespace, name = '' } = application.metadata;
  const checking = cache.byIndex(Stage, stageIndexNames.application, inNamespace(namespace, name)).map(keyOf);
  return distinct([...checking, ...admittedBy(object), ...admittedBy(old)]);
}

function admittedBy(application: Application | undefined): ObjectKey[] {
  const value = application === undefined ? undefined : annotation(application, annotations.authorizedStage);
  if (value === undefined) return [];
  const parsed = parseAuthorizedStages(value);
  return parsed.kind === 'invalid' ? [] : parsed.stages.map(({ project, stage }) => ({ namespace: project, name: stage }));
}

function applicationState({ metadata, status }: Application): unknown {
  const { sync, health, operationState, reconciledAt, conditions } = status ?? {};
  const finished = Date.parse(operationState?.finishedAt ?? '');
  return {
    authorized: metadata.annotations?.[annotations.authorizedStage],
    labels: metadata.labels ?? {},
    health: health?.status,
    sync: [sync?.status, sync?.revision, sync?.revisions],
    operation: [operationState?.phase, operationState?.syncResult?.revision, operationState?.syncResult?.revisions],
    fresh: Number.isNaN(finished) ? undefined : Date.parse(reconciledAt ?? '') >= finished,
    conditions: (conditions ?? []).map(({ type, message }) => [type, message]),
  };
}

/** All Stages of the Project wake when its policies change. */
export function projectConfigChanged(cache: Pick<Cache, 'list'>, { object, old }: Change<ProjectConfig>): ObjectKey[] {
  const namespace = (object ?? old)?.metadata.namespace;
  if (equal(object?.spec?.promotionPolicies ?? [], old?.spec?.promotionPolicies ?? [])) return [];
  return cache.list(Stage, namespace === undefined ? {} : { namespace }).map(keyOf);
}

/** The Stages that take Freight of a Warehouse wake when it appears or goes. */
export function warehouseChanged(cache: Pick<Cache, 'byIndex'>, { object, old }: Change<Warehouse>): ObjectKey[] {
  const warehouse = object ?? old;
  if (warehouse === undefined || (object !== undefined && old !== undefined)) return [];
  const { namespace, name = '' } = warehouse.metadata;
  return stagesBy(cache, stageIndexNames.origin, namespace, originKey({ kind: 'Warehouse', name }));
}

function stagesBy(cache: Pick<Cache, 'byIndex'>, index: string, namespace: string | undefined, value: string): ObjectKey[] {
  return cache.byIndex(Stage, index, inNamespace(namespace, value)).map(keyOf);
}

function annotation({ metadata }: KubeObject, name: string): string | undefined {
  return metadata.annotations?.[name];
}

function isNew(value: string | undefined, old: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== old;
}

function changedKeys(now: Record<string, unknown> | undefined, before: Record<string, unknown> | undefined): string[] {
  return Object.keys({ ...before, ...now }).filter((key) => !equal(own(now, key), own(before, key)));
}

function own(map: Record<string, unknown> | undefined, key: string): unknown {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

function distinct(keys: readonly ObjectKey[]): ObjectKey[] {
  return [...new Map(keys.map((key) => [inNamespace(key.namespace, key.name), key])).values()];
}
