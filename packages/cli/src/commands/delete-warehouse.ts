import { defineCommand } from '../command.ts';
import { nameOf, outputFlags, projectFlags } from '../flags.ts';
import type { OutputOptions, ProjectOptions } from '../flags.ts';
import { deleteEach } from './delete-each.ts';

/** `kargo delete warehouse NAME…`. */
export const deleteWarehouse = defineCommand<ProjectOptions & OutputOptions>({
  usage: '<NAME...>',
  configure: (command) => outputFlags(projectFlags(command)),
  run: async ({ args, options, context }) => {
    const project = await context.project(options);
    const path = (name: string): string[] => ['projects', project, 'warehouses', name];
    await deleteEach(context.io, await context.api(options), { options, kind: 'warehouse', names: args.map(nameOf), path });
  },
});
