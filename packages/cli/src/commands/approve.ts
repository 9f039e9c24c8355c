import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { nameOf, projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { kargoName } from '../output/names.ts';

interface Options extends ProjectOptions {
  freight?: string;
  freightAlias?: string;
  stage?: string;
}

/** `kargo approve`: lets Freight into a Stage that it was not verified for. */
export const approve = defineCommand<Options>({
  configure: (command) =>
    projectFlags(command)
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
    await api.call('POST', ['projects', project, 'freight', name, 'approve'], {
      operation: 'approve freight',
      query: { stage: nameOf(stage) },
    });
    context.io.stdout.write(`${kargoName('freight', name)} approved for stage ${JSON.stringify(nameOf(stage))}\n`);
  },
});
