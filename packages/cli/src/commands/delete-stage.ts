import { defineCommand } from '../command.ts';
import { nameOf, projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { deleteEach } from './delete-each.ts';

/** `kargo delete stage NAME…`. */
export const deleteStage = defineCommand<ProjectOptions>({
  usage: '<NAME...>',
  configure: projectFlags,
  run: async ({ args, options, context }) => {
    const project = await context.project(options);
    const path = (name: string): string[] => ['projects', project, 'stages', name];
    await deleteEach(context.io, await context.api(options), { kind: 'stage', names: args.map(nameOf), path });
  },
});
