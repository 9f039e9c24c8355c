import { defineCommand } from '../command.ts';
import { projectFlags, timeoutOf, waitFlags } from '../flags.ts';
import type { ProjectOptions, WaitOptions } from '../flags.ts';
import { refreshObject } from './refresh-object.ts';

interface Options extends ProjectOptions, WaitOptions {}

/** `kargo refresh projectconfig`. */
export const refreshProjectConfig = defineCommand<Options>({
  configure: (command) => waitFlags(projectFlags(command), 'the controller to have handled it'),
  run: async ({ options, context }) => {
    const project = await context.project(options);
    await refreshObject(context.io, await context.api(options), {
      kind: 'ProjectConfig',
      label: project,
      path: ['projects', project, 'config'],
      wait: options.wait === true,
      timeoutMs: await timeoutOf(options),
    });
  },
});
