import type { Waiting } from './result.ts';
import type { DefectProblem } from './wait.ts';

/** Why a result cannot be accepted; results come from code that the compiler may not have seen. */
export function badResult(result: unknown): { problem: DefectProblem; message: string } | undefined {
  if (typeof result !== 'object' || result === null)
    return { problem: 'BadResult', message: `the reconciler returned ${String(result)}` };
  const { kind, reason, message, until } = result as Partial<Omit<Waiting, 'kind'>> & { kind?: unknown };
  if (kind === 'settled') return undefined;
  if (kind !== 'waiting') return { problem: 'BadResult', message: `the reconciler returned a result of kind ${String(kind)}` };
  if (typeof reason !== 'string' || reason === '' || typeof message !== 'string' || message === '')
    return { problem: 'BadResult', message: 'the object waits without a reason or a message' };
  if (!Array.isArray(until) || until.length === 0)
    return { problem: 'NoWakeUp', message: `the object waits (${reason}) and nothing would wake it` };
  for (const wakeUp of until as Waiting['until'])
    if (wakeUp.kind === 'event' ? wakeUp.on === '' : !Number.isFinite(wakeUp.at))
      return { problem: 'NoWakeUp', message: `the object waits (${reason}) for ${JSON.stringify(wakeUp)}, which never comes` };
  return undefined;
}

/** The earliest instant at which a waiting object wants to be looked at again; absent when it waits for events only. */
export function nextLook({ until }: Waiting): number | undefined {
  let at: number | undefined;
  for (const wakeUp of until) if (wakeUp.kind !== 'event' && (at === undefined || wakeUp.at < at)) at = wakeUp.at;
  return at;
}
