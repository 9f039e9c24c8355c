import { describe, expect, it } from 'vitest';
import { ConfigValidator } from '../../config/validate.ts';
import { somePorts, stepContext, unused } from '../../testing/run-fixture.ts';
import { fail } from './fail.ts';

describe('fail', () => {
  it.each([
    [{}, 'failed'],
    [{ message: 'not on Fridays' }, 'failed: not on Fridays'],
  ])('fails for good, given %j', async (config, message) => {
    expect(new ConfigValidator().problems(fail.configSchema, config)).toEqual([]);
    await expect(fail.run(stepContext(unused('workspace'), config), somePorts())).rejects.toThrow(
      expect.objectContaining({ name: 'TerminalStepError', status: 'Failed', message }),
    );
  });

  it('does not take an empty message', () => {
    expect(new ConfigValidator().problems(fail.configSchema, { message: '' })).toHaveLength(1);
  });
});
