import { defineCommand } from '../command.ts';
import { outputFlags, projectFlags } from '../flags.ts';
import type { OutputOptions, ProjectOptions } from '../flags.ts';
import { deleteEach } from './delete-each.ts';

/** `kargo delete projectconfig`: the one of a project. */
export const deleteProjectConfig = defineCommand<ProjectOptions & OutputOptions>({
  configure: (command) => outputFlags(projectFlags(command)),
  run: async ({ options, context }) => {
    const project = await context.project(options);
    const path = (name: string): string[] => ['projects', name, 'config'];
    await deleteEach(context.io, await context.api(options), { options, kind: 'projectconfig', names: [project], path });
  },
});
