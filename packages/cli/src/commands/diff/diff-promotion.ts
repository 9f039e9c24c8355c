import { CLIError } from '../../cli-error.ts';
import { defineCommand } from '../../command.ts';
import { nameOf, outputFlags, projectFlags, type OutputOptions, type ProjectOptions } from '../../flags.ts';
import { showPreview } from '../promote-preview.ts';
import { comparing } from './differences.ts';

interface Options extends ProjectOptions, OutputOptions {
  stage?: string;
  freight?: string;
  freightAlias?: string;
  warehouse?: string;
}

/** `kargo diff promotion`: what `kargo promote` with the same flags would change. */
export const diffPromotion = defineCommand<Options>({
  configure: (command) =>
    outputFlags(projectFlags(command))
      .option('--stage <stage>', 'the Stage to promote to (required)')
      .option('--freight <name>', 'the Freight, by name')
      .option('--freight-alias <alias>', 'the Freight, by alias')
      .option('--warehouse <warehouse>', 'the Freight that auto-promotion would choose of this Warehouse'),
  run: ({ options, context }) =>
    comparing(async () => {
      const { stage = '', freight = '', freightAlias = '', warehouse = '' } = options;
      if (stage === '') throw new CLIError('Usage', '--stage is required');
      if ([freight, freightAlias, warehouse].filter((value) => value !== '').length !== 1)
        throw new CLIError('Usage', 'exactly one of --freight, --freight-alias and --warehouse is required');
      const project = await context.project(options);
      const { steps, manifests } = await showPreview(context.io, await context.api(options), {
        path: ['projects', project, 'stages', nameOf(stage), 'promotions'],
        selector: { freight, freightAlias, origin: warehouse === '' ? '' : `Warehouse/${nameOf(warehouse)}` },
        plan: undefined,
        options,
      });
      return manifests.length > 0 || steps.some(({ effects }) => effects.length > 0);
    }),
});
