import type { HostFunction } from '@kargo/expr';
import { dataFunctions } from '../context/expressions.ts';
import { statusFunctions } from '../context/status-functions.ts';
import type { StepScope } from '../context/scope.ts';

/** The functions that expressions of steps may call, for checking calls. They cannot be called themselves. */
export interface KnownFunctions {
  /** Of configurations and conditions. */
  step: Readonly<Record<string, HostFunction>>;
  /** Of variables. */
  variable: Readonly<Record<string, HostFunction>>;
}

/** What promotions give to their expressions, without a promotion. */
export function knownFunctions(): KnownFunctions {
  const nothing = (): never => {
    throw new Error('programmer error: functions that only serve to check calls were called');
  };
  const scope = { project: '', signal: new AbortController().signal, freight: { id: '', items: {} }, freightRequests: [] };
  const variable = dataFunctions({ get: async () => nothing() }, '', scope, nothing);
  const noStep = { plans: [], status: {}, index: 0 } as unknown as StepScope;
  return { variable, step: { ...variable, ...statusFunctions(noStep) } };
}
