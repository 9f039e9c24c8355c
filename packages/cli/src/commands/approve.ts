import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { nameOf, outputFlags, projectFlags } from '../flags.ts';
import type { OutputOptions, ProjectOptions } from '../flags.ts';
import { kargoName } from '../output/names.ts';
import { printDone } from '../output/print-objects.ts';

interface Options extends ProjectOptions, OutputOptions {
  freight?: string;
  freightAlias?: string;
  stage?: string;
}

/** `kargo approve`: lets Freight into a Stage that it was not verified for. */
export const approve = defineCommand<Options>({
  configure: (command) =>
    outputFlags(projectFlags(command))
      .option('--freight <name>', 'the Freight, by name')
      .option('--freight-alias <alias>', 'the Freight, by alias')
      .option('--stage <stage>', 'the Stage (required)'),
  run: async ({ options, context }) => {
    const project = await context.project(options);
    const { freight = '', freightAlias = '', stage = '' } = options;
    if ((freight === '') === (freightAlias === ''))
      throw new CLIError('Usage', 'exactly one of --freight and --freight-alias is required');
    if (stage === '') throw new CLIError('Usage', 'stage is required');
    const name = freight || freightAlias;
    const api = await context.api(options);
    const path = ['projects', project, 'freight', name];
    await api.call('POST', [...path, 'approve'], {
      operation: 'approve freight',
      query: { stage: nameOf(stage) },
    });
    const line = `${kargoName('freight', name)} approved for stage ${JSON.stringify(nameOf(stage))}\n`;
    await printDone(context.io, options, line, () => api.call('GET', path));
  },
});
