import { defineCommand } from '../command.ts';
import { nameOf, projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { kargoName } from '../output/names.ts';

interface Options extends ProjectOptions {
  abort?: boolean;
}

/** `kargo verify stage NAME [--abort]`. */
export const verifyStage = defineCommand<Options>({
  usage: '<NAME>',
  configure: (command) => projectFlags(command).option('--abort', 'abort the verification that runs'),
  run: async ({ args: [given = ''], options, context }) => {
    const project = await context.project(options);
    const name = nameOf(given);
    const path = ['projects', project, 'stages', name, 'verification', ...(options.abort === true ? ['abort'] : [])];
    await (await context.api(options)).call('POST', path);
    const what = options.abort === true ? 'verification abort requested' : 'verification requested';
    context.io.stdout.write(`${kargoName('stage', name)} ${what}\n`);
  },
});
