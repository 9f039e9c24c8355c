import type { HostFunction } from '@kargo/expr';
import { dataFunctions } from '../context/expressions.ts';
import { statusFunctions } from '../context/status-functions.ts';

type Functions = Readonly<Record<string, HostFunction>>;

const nothing = (): never => {
  throw new Error('programmer error: functions are only looked at here, never called');
};

/** What variables, and arguments of verifications, may call. For checking only. */
export function variableFunctions(): Functions {
  const signal = new AbortController().signal;
  return dataFunctions(
    { get: nothing },
    '',
    { project: '', signal, freight: { id: '', items: {} }, freightRequests: [] },
    nothing,
  );
}

/** What conditions and configurations of steps may call. For checking only. */
export function stepFunctions(): Functions {
  return {
    ...variableFunctions(),
    ...statusFunctions({ plans: [], status: {}, index: 0 } as unknown as Parameters<typeof statusFunctions>[0]),
  };
}
