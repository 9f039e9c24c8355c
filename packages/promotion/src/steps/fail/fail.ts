import { TerminalStepError, type Step } from '../../step.ts';
import { object, text } from '../schema.ts';

/** Fails, with a message if there is one. */
export const fail: Step<{ message?: string }> = {
  name: 'fail',
  workspace: 'none',
  configSchema: object({ message: text('Why.') }, [], { title: 'FailConfig' }),

  async run({ config: { message } }) {
    throw new TerminalStepError(message === undefined ? 'failed' : `failed: ${message}`, { status: 'Failed' });
  },
};
