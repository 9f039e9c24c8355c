import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { outputFlags, projectFlags } from '../flags.ts';
import type { OutputOptions, ProjectOptions } from '../flags.ts';
import { kargoName } from '../output/names.ts';
import { printDone } from '../output/print-objects.ts';

interface Options extends ProjectOptions, OutputOptions {
  name?: string;
  oldAlias?: string;
  newAlias?: string;
}

/** `kargo update freight`: gives Freight another alias. */
export const updateFreight = defineCommand<Options>({
  configure: (command) =>
    outputFlags(projectFlags(command))
      .option('--name <name>', 'the Freight, by name')
      .option('--old-alias <alias>', 'the Freight, by alias')
      .option('--new-alias <alias>', 'the new alias (required)'),
  run: async ({ options, context }) => {
    const project = await context.project(options);
    const { name = '', oldAlias = '', newAlias = '' } = options;
    if ((name === '') === (oldAlias === '')) throw new CLIError('Usage', 'exactly one of --name and --old-alias is required');
    if (newAlias === '') throw new CLIError('Usage', 'new alias is required');
    const freight = name || oldAlias;
    const api = await context.api(options);
    await api.call('PATCH', ['projects', project, 'freight', freight, 'alias'], {
      operation: 'update freight',
      query: { newAlias },
    });
    await printDone(context.io, options, `${kargoName('freight', freight)} updated\n`, () =>
      api.call('GET', ['projects', project, 'freight', newAlias]),
    );
  },
});
