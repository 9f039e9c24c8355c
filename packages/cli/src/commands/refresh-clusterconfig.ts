import { defineCommand } from '../command.ts';
import { apiFlags, outputFlags, timeoutOf, waitFlags } from '../flags.ts';
import type { ApiOptions, OutputOptions, WaitOptions } from '../flags.ts';
import { refreshObject } from './refresh-object.ts';

interface Options extends ApiOptions, WaitOptions, OutputOptions {}

/** `kargo refresh clusterconfig`. */
export const refreshClusterConfig = defineCommand<Options>({
  configure: (command) => waitFlags(outputFlags(apiFlags(command)), 'the controller to have handled it'),
  run: async ({ options, context: { io, api } }) => {
    await refreshObject(io, await api(options), {
      kind: 'ClusterConfig',
      label: '',
      path: ['system', 'cluster-config'],
      wait: options.wait === true,
      timeoutMs: await timeoutOf(options),
      options,
    });
  },
});
