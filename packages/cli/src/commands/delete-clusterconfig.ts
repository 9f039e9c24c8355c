import { defineCommand } from '../command.ts';
import { apiFlags, outputFlags } from '../flags.ts';
import type { ApiOptions, OutputOptions } from '../flags.ts';
import { deleteEach } from './delete-each.ts';

/** `kargo delete clusterconfig`: the one there is. */
export const deleteClusterConfig = defineCommand<ApiOptions & OutputOptions>({
  configure: (command) => outputFlags(apiFlags(command)),
  run: async ({ options, context: { io, api } }) => {
    const path = (): string[] => ['system', 'cluster-config'];
    await deleteEach(io, await api(options), { options, kind: 'clusterconfig', names: ['cluster'], path });
  },
});
