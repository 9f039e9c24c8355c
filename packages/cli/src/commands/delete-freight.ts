import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { collect, outputFlags, projectFlags } from '../flags.ts';
import type { OutputOptions, ProjectOptions } from '../flags.ts';
import { deleteEach } from './delete-each.ts';

interface Options extends ProjectOptions, OutputOptions {
  name?: string[];
  alias?: string[];
}

/** `kargo delete freight`, by name or alias. */
export const deleteFreight = defineCommand<Options>({
  usage: '[NAME...]',
  configure: (command) =>
    outputFlags(projectFlags(command))
      .option('--name <name>', 'a name; repeatable', collect)
      .option('--alias <alias>', 'an alias; repeatable', collect),
  run: async ({ args, options, context }) => {
    const project = await context.project(options);
    const names = [...args, ...(options.name ?? []), ...(options.alias ?? [])];
    if (names.length === 0) throw new CLIError('Usage', 'name or alias is required');
    const path = (name: string): string[] => ['projects', project, 'freight', name];
    await deleteEach(context.io, await context.api(options), { options, kind: 'freight', names, path });
  },
});
