import type { Json } from '@kargo/api';
import type { Step } from '../../step.ts';

/** Makes its configuration its output; inside a task, the output of the task too. */
export const composeOutput: Step<Record<string, Json>> = {
  name: 'compose-output',
  workspace: 'none',
  outputs: (config) =>
    typeof config === 'object' && config !== null && !Array.isArray(config)
      ? Object.fromEntries(Object.keys(config).map((name) => [name, {}]))
      : undefined,
  configSchema: { title: 'ComposeOutput', type: 'object', minProperties: 1 },
  propagatesTaskOutput: true,

  async run({ config }) {
    return { status: 'Succeeded', output: config };
  },
};
