import { defineCommand, type CommandDefinition } from '../command.ts';
import { nameOf, outputFlags, projectFlags, timeoutOf, waitFlags } from '../flags.ts';
import type { OutputOptions, ProjectOptions, WaitOptions } from '../flags.ts';
import { refreshObject } from './refresh-object.ts';

interface Options extends ProjectOptions, WaitOptions, OutputOptions {}

/** `kargo refresh TYPE NAME` for objects of a kind that a project has several of; `collection` is where the API has them. */
export function refreshNamed(kind: string, collection: string): CommandDefinition {
  return defineCommand<Options>({
    usage: '<NAME>',
    configure: (command) => waitFlags(outputFlags(projectFlags(command)), 'the controller to have handled it'),
    run: async ({ args: [given = ''], options, context }) => {
      const project = await context.project(options);
      const name = nameOf(given);
      await refreshObject(context.io, await context.api(options), {
        kind,
        label: `${project}/${name}`,
        path: ['projects', project, collection, name],
        wait: options.wait === true,
        timeoutMs: await timeoutOf(options),
        options,
      });
    },
  });
}
