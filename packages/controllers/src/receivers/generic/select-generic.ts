import {
  decodeSubscriptions,
  keyOf,
  normalizeChartURL,
  normalizeGitURL,
  normalizeImageURL,
  type Warehouse,
  type WebhookReceiver,
} from '@kargo/api';
import { labelSelectorFrom } from '@kargo/gocompat';
import type { RequestExpressions } from './request-expressions.ts';

/** An action of a generic receiver. */
export type GenericAction = NonNullable<NonNullable<WebhookReceiver['generic']>['actions']>[number];
type Criteria = NonNullable<GenericAction['targetSelectionCriteria']>[number];
type LabelSelector = NonNullable<Criteria['labelSelector']>;
type MatchIndex = NonNullable<NonNullable<Criteria['indexSelector']>['matchIndices']>[number];

/**
 * The Warehouses that an action is about: those that meet all of what one of its targets asks for, each once, sorted by namespace and
 * name. Throws for criteria that cannot be evaluated.
 */
export function selectGeneric(
  targets: readonly Criteria[],
  warehouses: readonly Warehouse[],
  expressions: RequestExpressions,
): Warehouse[] {
  const tests = targets.map((target) => testOf(target, expressions));
  return warehouses
    .filter((warehouse) => tests.some((test) => test(warehouse)))
    .toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

function sortKey(warehouse: Warehouse): string {
  const { namespace = '', name } = keyOf(warehouse);
  return `${namespace}\u0000${name}`;
}

function testOf(
  { name = '', labelSelector, indexSelector }: Criteria,
  expressions: RequestExpressions,
): (of: Warehouse) => boolean {
  const wanted = name === '' ? undefined : expressions.text(name);
  const labels = labelSelector === undefined ? undefined : labelSelectorFrom(rendered(labelSelector, expressions));
  const indices = (indexSelector?.matchIndices ?? []).map((match) => indexTest(match, expressions));
  // A target that asks for nothing is about nothing, not about everything.
  if (wanted === undefined && labels === undefined && indices.length === 0) return () => false;
  return (warehouse) =>
    (wanted === undefined || warehouse.metadata.name === wanted) &&
    labels?.matches(warehouse.metadata.labels ?? {}) !== false &&
    indices.every((test) => test(warehouse));
}

function rendered({ matchLabels, matchExpressions }: LabelSelector, { text }: RequestExpressions): LabelSelector {
  return {
    matchLabels:
      matchLabels === undefined
        ? undefined
        : Object.fromEntries(Object.entries(matchLabels).map(([key, value]) => [key, text(value)])),
    matchExpressions: matchExpressions?.map(({ values, ...rest }) => ({ ...rest, values: values?.map(text) })),
  };
}

function indexTest({ key, operator, value }: MatchIndex, { text }: RequestExpressions): (of: Warehouse) => boolean {
  if (key !== 'subscribedURLs') throw new Error(`index ${key} is not one of Warehouses: use subscribedURLs`);
  if (operator !== 'Equals' && operator !== 'NotEquals')
    throw new Error(`operator ${operator} is unknown: use Equals or NotEquals`);
  const url = text(value);
  const forms = new Set([url, normalizeGitURL(url), normalizeImageURL(url), normalizeChartURL(url)]);
  return (warehouse) => subscribedURLs(warehouse).some((each) => forms.has(each)) === (operator === 'Equals');
}

/** The repositories of a Warehouse in the form in which they are compared. */
function subscribedURLs({ spec }: Warehouse): string[] {
  return decodeSubscriptions(spec.subscriptions).flatMap((subscription) => {
    switch (subscription.type) {
      case 'git':
        return [normalizeGitURL(subscription.git.repoURL)];
      case 'image':
        return [normalizeImageURL(subscription.image.repoURL)];
      case 'chart':
        return [normalizeChartURL(subscription.chart.repoURL)];
      default:
        return [];
    }
  });
}
