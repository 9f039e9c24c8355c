import { Warehouse } from '@kargo/api';
import type { Delivery } from '../delivery.ts';
import type { DeliveryAnswer, DeliveryContext } from '../handle-delivery.ts';
import { wakeAll, type Woken } from '../wake.ts';
import { requestExpressions } from './request-expressions.ts';
import { selectGeneric, type GenericAction } from './select-generic.ts';

/** What came of one action. */
type Result = GenericAction & {
  matchedWhenExpression: boolean;
  selectedTargets?: { namespace: string; name: string; success: boolean }[];
  result: 'NotApplicable' | 'Success' | 'PartialSuccess' | 'Failure' | 'Error';
  summary: string;
};

const BAD = new Set<Result['result']>(['Error', 'Failure', 'PartialSuccess']);

/** Carries out the actions of a generic receiver, each for itself: one that fails does not keep the others from it. */
export async function genericDelivery(
  delivery: Delivery,
  actions: readonly GenericAction[],
  context: Pick<DeliveryContext, 'client' | 'wake' | 'project'>,
): Promise<DeliveryAnswer> {
  let body: unknown = null;
  try {
    if (delivery.body.length > 0) body = JSON.parse(delivery.body.toString('utf8'));
  } catch {
    return { code: 400, body: { error: 'the request body is not JSON' }, woken: [] };
  }
  const { items } = await context.client.list(Warehouse, { namespace: context.project });
  const outcomes: { result: Result; woken: readonly Woken[] }[] = [];
  for (const action of actions) outcomes.push(await carryOut(action, { delivery, body, warehouses: items, context }));
  const results = outcomes.map(({ result }) => result);
  const code = results.some(({ result }) => BAD.has(result)) ? 500 : 200;
  return { code, body: { results }, woken: outcomes.flatMap(({ woken }) => woken) };
}

interface Input {
  delivery: Delivery;
  body: unknown;
  warehouses: readonly Warehouse[];
  context: Pick<DeliveryContext, 'wake'>;
}

async function carryOut(
  action: GenericAction,
  { delivery, body, warehouses, context }: Input,
): Promise<{ result: Result; woken: readonly Woken[] }> {
  const expressions = requestExpressions(delivery, body, action.parameters);
  const end = (
    result: Result['result'],
    summary: string,
    matchedWhenExpression: boolean,
    more: Pick<Result, 'selectedTargets'> = {},
  ): Result => ({ ...action, matchedWhenExpression, ...more, result, summary });
  let matched = false;
  try {
    matched = expressions.condition(action.whenExpression ?? '');
  } catch (error) {
    return { result: end('Error', `Error evaluating whenExpression${because(error)}`, false), woken: [] };
  }
  if (!matched) return { result: end('NotApplicable', 'Request did not match whenExpression', false), woken: [] };
  let selected: Warehouse[];
  try {
    selected = selectGeneric(action.targetSelectionCriteria ?? [], warehouses, expressions);
  } catch (error) {
    return { result: end('Error', `Error evaluating targetSelectionCriteria${because(error)}`, true), woken: [] };
  }
  const woken = await wakeAll(selected, context.wake);
  const good = woken.filter(({ failure }) => failure === undefined).length;
  const result = good === woken.length ? 'Success' : good === 0 ? 'Failure' : 'PartialSuccess';
  const selectedTargets = woken.map(({ namespace, name, failure }) => ({ namespace, name, success: failure === undefined }));
  const summary = `Refreshed ${good} of ${woken.length} selected resources`;
  return { result: end(result, summary, true, { selectedTargets }), woken };
}

/** The sender is the one who can do something about it, and it names nothing but the configuration and the request. */
function because(error: unknown): string {
  return error instanceof Error ? `: ${error.message}` : '';
}
