import { defineCommand } from '../command.ts';
import { apiFlags, nameOf } from '../flags.ts';
import type { ApiOptions } from '../flags.ts';
import { deleteEach } from './delete-each.ts';

/** `kargo delete project NAME…`. */
export const deleteProject = defineCommand<ApiOptions>({
  usage: '<NAME...>',
  configure: apiFlags,
  run: async ({ args, options, context: { io, api } }) => {
    const path = (name: string): string[] => ['projects', name];
    await deleteEach(io, await api(options), { kind: 'project', names: args.map(nameOf), path });
  },
});
