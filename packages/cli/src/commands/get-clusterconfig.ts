import { defineCommand } from '../command.ts';
import { apiFlags } from '../flags.ts';
import type { ApiOptions } from '../flags.ts';
import { getFlags, getObjects, nameColumn } from './get-objects.ts';
import type { GetOptions } from './get-objects.ts';

interface Options extends ApiOptions, GetOptions {}

/** `kargo get clusterconfig`: the one there is. */
export const getClusterConfig = defineCommand<Options>({
  configure: (command) => getFlags(apiFlags(command)),
  run: async ({ options, context }) => {
    const api = await context.api(options);
    await getObjects(context.io, {
      kind: 'ClusterConfig',
      options,
      columns: [nameColumn],
      names: ['cluster'],
      one: () => api.call('GET', ['system', 'cluster-config'], { operation: 'get cluster configuration' }),
      list: () => Promise.resolve([]),
    });
  },
});
