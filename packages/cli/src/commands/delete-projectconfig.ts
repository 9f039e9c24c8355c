import { defineCommand } from '../command.ts';
import { projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { deleteEach } from './delete-each.ts';

/** `kargo delete projectconfig`: the one of a project. */
export const deleteProjectConfig = defineCommand<ProjectOptions>({
  configure: projectFlags,
  run: async ({ options, context }) => {
    const project = await context.project(options);
    const path = (name: string): string[] => ['projects', name, 'config'];
    await deleteEach(context.io, await context.api(options), { kind: 'projectconfig', names: [project], path });
  },
});
