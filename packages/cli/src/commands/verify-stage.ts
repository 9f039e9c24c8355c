import { defineCommand } from '../command.ts';
import { nameOf, outputFlags, projectFlags } from '../flags.ts';
import type { OutputOptions, ProjectOptions } from '../flags.ts';
import { kargoName } from '../output/names.ts';
import { printDone } from '../output/print-objects.ts';

interface Options extends ProjectOptions, OutputOptions {
  abort?: boolean;
}

/** `kargo verify stage NAME [--abort]`. */
export const verifyStage = defineCommand<Options>({
  usage: '<NAME>',
  configure: (command) => outputFlags(projectFlags(command)).option('--abort', 'abort the verification that runs'),
  run: async ({ args: [given = ''], options, context }) => {
    const project = await context.project(options);
    const name = nameOf(given);
    const path = ['projects', project, 'stages', name];
    const api = await context.api(options);
    await api.call('POST', [...path, 'verification', ...(options.abort === true ? ['abort'] : [])]);
    const what = options.abort === true ? 'verification abort requested' : 'verification requested';
    await printDone(context.io, options, `${kargoName('stage', name)} ${what}\n`, () => api.call('GET', path));
  },
});
