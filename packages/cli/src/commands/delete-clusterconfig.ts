import { defineCommand } from '../command.ts';
import { apiFlags } from '../flags.ts';
import type { ApiOptions } from '../flags.ts';
import { deleteEach } from './delete-each.ts';

/** `kargo delete clusterconfig`: the one there is. */
export const deleteClusterConfig = defineCommand<ApiOptions>({
  configure: apiFlags,
  run: async ({ options, context: { io, api } }) => {
    const path = (): string[] => ['system', 'cluster-config'];
    await deleteEach(io, await api(options), { kind: 'clusterconfig', names: ['cluster'], path });
  },
});
