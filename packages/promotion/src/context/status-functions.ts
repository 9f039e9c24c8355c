import { hostFunction, type HostFunction } from '@kargo/expr';
import { entryOf, failedBefore } from '../engine/status.ts';
import { namespaceOf, shortAlias } from './alias.ts';
import type { StepScope } from './scope.ts';

/** `always`, `success`, `failure` and `status`. A step never sees a status of its own. */
export function statusFunctions({ plans, status, index }: StepScope): Record<string, HostFunction> {
  const failed = (): boolean => failedBefore(plans, status, index);
  const own = namespaceOf(plans[index]?.alias ?? '');
  return {
    always: hostFunction('always', { params: [], result: 'bool' }, () => true),
    failure: hostFunction('failure', { params: [], result: 'bool' }, failed),
    success: hostFunction('success', { params: [], result: 'bool' }, () => !failed()),
    status: hostFunction('status', { params: ['string'], result: 'string' }, ([alias]) => {
      if (alias === '') throw new Error('status() needs the alias of a step');
      const plan = plans.find((other) => namespaceOf(other.alias) === own && shortAlias(other.alias) === alias);
      return plan === undefined ? '' : (entryOf(status, plan.alias)?.status ?? '');
    }),
  };
}
