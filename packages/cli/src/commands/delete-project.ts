import { defineCommand } from '../command.ts';
import { apiFlags, nameOf, outputFlags } from '../flags.ts';
import type { ApiOptions, OutputOptions } from '../flags.ts';
import { deleteEach } from './delete-each.ts';

/** `kargo delete project NAME…`. */
export const deleteProject = defineCommand<ApiOptions & OutputOptions>({
  usage: '<NAME...>',
  configure: (command) => outputFlags(apiFlags(command)),
  run: async ({ args, options, context: { io, api } }) => {
    const path = (name: string): string[] => ['projects', name];
    await deleteEach(io, await api(options), { options, kind: 'project', names: args.map(nameOf), path });
  },
});
