import { GitError, RegistryError } from '@kargo/integrations';
import { describe, expect, it } from 'vitest';
import { outcomeOfError } from './outcome.ts';
import { planSteps } from './plan.ts';

const planOf = (step: object): ReturnType<typeof planSteps>[number] => planSteps([{ uses: 'x', ...step }], new Map())[0]!;

describe('the patience of a step', () => {
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
    [new Error('anything else'), undefined],
  ])('is for %s: %s', (error, outage) => {
    expect(outcomeOfError(planOf({}), error).error?.outage).toBe(outage);
  });
});
