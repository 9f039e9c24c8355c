import { GitError, ProcessError, RegistryError } from '@kargo/integrations';
import { describe, expect, it } from 'vitest';
import { outcomeOfError } from './outcome.ts';
import { planSteps } from './plan.ts';

const planOf = (step: object): ReturnType<typeof planSteps>[number] => planSteps([{ uses: 'x', ...step }], new Map())[0]!;

describe('the patience of a step', () => {
  it.each([
    [{}, undefined, 1],
    [{}, 3, 3],
    [{ retry: { errorThreshold: 0 } }, undefined, 1],
    [{ retry: { errorThreshold: 2 } }, 3, 2],
  ])('[20 6.1.15] of %j, where the registered step says %s, is %i', (more, defaultErrorThreshold, want) => {
    const registered = { name: 'x', ...(defaultErrorThreshold === undefined ? {} : { defaultErrorThreshold }) } as never;
    expect(planSteps([{ uses: 'x', ...more }], new Map([['x', registered]]))[0]?.errorThreshold).toBe(want);
  });

  it('is longer with servers that are away, unless the step itself says how often', () => {
    expect(planOf({})).toMatchObject({ errorThreshold: 1, outageThreshold: 6 });
    const told = planOf({ retry: { errorThreshold: 2 } });
    expect(told.errorThreshold).toBe(2);
    expect(told.outageThreshold).toBeUndefined();
  });

  it.each([
    [new GitError('unreachable', 'gone'), true],
    [new GitError('timeout', 'slow'), true],
    [new RegistryError('rateLimited', 'busy'), true],
    [new GitError('refused', 'protected branch'), undefined],
    [new GitError('authentication', 'who are you'), undefined],
    [new ProcessError('unavailable', 'no memory', { command: 'git' }), true],
    [new Error('while x', { cause: new ProcessError('unavailable', 'no memory', { command: 'helm' }) }), true],
    [new ProcessError('notStarted', 'no such program', { command: 'git' }), undefined],
    [new Error('anything else'), undefined],
  ])('is for %s: %s', (error, outage) => {
    expect(outcomeOfError(planOf({}), error).error?.outage).toBe(outage);
  });
});
