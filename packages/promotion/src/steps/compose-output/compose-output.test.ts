import { describe, expect, it } from 'vitest';
import { runDeclared } from '../../testing/declared-outputs.ts';
import { ConfigValidator } from '../../config/validate.ts';
import { somePorts, stepContext, unused } from '../../testing/run-fixture.ts';
import { composeOutput } from './compose-output.ts';

describe('compose-output', () => {
  it('makes its configuration its output, also of the task', async () => {
    const config = { text: 'x', list: [1, { a: null }], 'any key': true };
    expect(await runDeclared(composeOutput, stepContext(unused('workspace'), config), somePorts())).toEqual({
      status: 'Succeeded',
      output: config,
    });
    expect(composeOutput.propagatesTaskOutput).toBe(true);
  });

  it.each([[{}], [[]], ['text'], [null]])('does not take %j', (config) => {
    expect(new ConfigValidator().problems(composeOutput.configSchema, config)).toHaveLength(1);
  });
});
