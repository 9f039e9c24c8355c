/** What wakes Promotions. Map functions are pure; they read through indexes only. */
import { annotations, Application, decodeAbortRequest, keyOf, keyText, Promotion, Stage, type ObjectKey } from '@kargo/api';
import { aliasOf, entryOf, errorConditions, isOver, isStale } from '@kargo/promotion';
import { equal, source, type Cache, type Change, type Index, type Source } from '@kargo/kube';

/** Running Promotions by `namespace/name` of the Argo CD Applications that their current step waits for. */
export const PROMOTION_BY_APPLICATION = 'argocd-application';
/** Running Promotions whose current step finds its Applications by their labels. */
export const PROMOTION_BY_SELECTOR = 'argocd-selector';
/** The one value of that index: which labels, only the step itself knows. */
const ANY = '*';

/** The indexes that the sources read; registered with the manager. */
export function promotionIndexes(): readonly Index<never>[] {
  const index = (name: string, keys: (promotion: Promotion) => readonly string[]): Index<Promotion> => ({
    kind: Promotion,
    name,
    keys,
  });
  return [
    index(PROMOTION_BY_APPLICATION, awaitedApplications),
    index(PROMOTION_BY_SELECTOR, (promotion) => (awaitsSelected(promotion) ? [ANY] : [])),
  ] as unknown as readonly Index<never>[];
}

/** The sources of the Promotion controller. Without `argoCD` there are no Applications to watch. */
export function promotionSources(cache: Pick<Cache, 'byIndex'>, options: { argoCD: boolean }): readonly Source[] {
  return [
    source(Promotion, promotionChanged),
    source(Stage, stageChanged),
    ...(options.argoCD ? [source(Application, (change) => applicationChanged(cache, change))] : []),
  ];
}

/** A Promotion wakes itself by what others change, not by the status it writes. */
export function promotionChanged({ object, old }: Change<Promotion>): readonly ObjectKey[] {
  if (object === undefined || old === undefined) return [keyOf(object ?? old!)];
  const refresh = annotation(object, annotations.refresh);
  const changed =
    object.metadata.uid !== old.metadata.uid ||
    object.metadata.generation !== old.metadata.generation ||
    object.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    (refresh !== undefined && refresh !== annotation(old, annotations.refresh)) ||
    abortAction(object) !== abortAction(old);
  return changed ? [keyOf(object)] : [];
}

/** A Stage wakes the Promotion it grants its turn. */
export function stageChanged({ object, old }: Change<Stage>): readonly ObjectKey[] {
  const name = object?.status?.currentPromotion?.name;
  if (object === undefined || name === undefined || name === old?.status?.currentPromotion?.name) return [];
  return [{ namespace: object.metadata.namespace, name }];
}

/** An Application wakes the running Promotions that wait for it, or that may select it now. */
export function applicationChanged(cache: Pick<Cache, 'byIndex'>, { object, old }: Change<Application>): readonly ObjectKey[] {
  const app = object ?? old!;
  const appeared = object === undefined || old === undefined;
  const relabelled = !appeared && !equal(object.metadata.labels ?? {}, old.metadata.labels ?? {});
  if (!appeared && !relabelled && !moved(object, old)) return [];
  const named = cache.byIndex(Promotion, PROMOTION_BY_APPLICATION, keyText(keyOf(app)));
  const selecting = appeared || relabelled ? cache.byIndex(Promotion, PROMOTION_BY_SELECTOR, ANY) : [];
  return [...new Set([...named, ...selecting])].map(keyOf);
}

/** Whether an Application went on in a way that a Promotion may wait for. */
function moved(object: Application, old: Application): boolean {
  const facts = ({ status, operation, metadata }: Application): unknown => [
    operation === undefined,
    status?.operationState?.phase,
    status?.operationState?.finishedAt,
    status?.health?.status,
    status?.sync?.status,
    status?.sync?.revision,
    status?.sync?.revisions,
    metadata.annotations?.[annotations.authorizedStage],
    errorConditions({ status } as Application),
  ];
  return !equal(facts(object), facts(old)) || isStale(object) !== isStale(old);
}

function awaitedApplications(promotion: Promotion): readonly string[] {
  const current = currentArgoCDStep(promotion);
  const output =
    current === undefined ? undefined : (promotion.status?.state?.[current.alias] as { apps?: unknown } | null | undefined);
  if (!Array.isArray(output?.apps)) return [];
  const keys = (output.apps as Partial<Record<string, unknown>>[]).map(({ name, namespace }) =>
    keyText({ namespace: String(namespace ?? ''), name: String(name ?? '') }),
  );
  return [...new Set(keys)];
}

function awaitsSelected(promotion: Promotion): boolean {
  const apps = (currentArgoCDStep(promotion)?.config as { apps?: unknown } | undefined)?.apps;
  return Array.isArray(apps) && apps.some((app: unknown) => typeof app === 'object' && app !== null && 'selector' in app);
}

function currentArgoCDStep({ spec, status }: Promotion): { alias: string; config: unknown } | undefined {
  const index = status?.currentStep ?? 0;
  const step = spec.steps[index];
  if (status?.phase !== 'Running' || step?.uses?.startsWith('argocd-') !== true) return undefined;
  const alias = aliasOf(step, index);
  const entry = entryOf(status, alias);
  return entry === undefined || isOver(entry) ? undefined : { alias, config: step.config };
}

function abortAction(promotion: Promotion): string | undefined {
  return decodeAbortRequest(annotation(promotion, annotations.abort))?.action;
}

function annotation({ metadata }: Promotion, name: string): string | undefined {
  return metadata.annotations?.[name];
}
