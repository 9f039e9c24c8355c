import { defineCommand } from '../command.ts';
import { outputFlags, projectFlags, timeoutOf, waitFlags } from '../flags.ts';
import type { OutputOptions, ProjectOptions, WaitOptions } from '../flags.ts';
import { refreshObject } from './refresh-object.ts';

interface Options extends ProjectOptions, WaitOptions, OutputOptions {}

/** `kargo refresh projectconfig`. */
export const refreshProjectConfig = defineCommand<Options>({
  configure: (command) => waitFlags(outputFlags(projectFlags(command)), 'the controller to have handled it'),
  run: async ({ options, context }) => {
    const project = await context.project(options);
    await refreshObject(context.io, await context.api(options), {
      kind: 'ProjectConfig',
      label: project,
      path: ['projects', project, 'config'],
      wait: options.wait === true,
      timeoutMs: await timeoutOf(options),
      options,
    });
  },
});
