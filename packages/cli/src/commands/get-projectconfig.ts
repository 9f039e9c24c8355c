import { defineCommand } from '../command.ts';
import { projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { getFlags, getObjects, nameColumn } from './get-objects.ts';
import type { GetOptions } from './get-objects.ts';

interface Options extends ProjectOptions, GetOptions {}

/** `kargo get projectconfig`: the one of a project. */
export const getProjectConfig = defineCommand<Options>({
  configure: (command) => getFlags(projectFlags(command)),
  run: async ({ options, context }) => {
    const project = await context.project(options);
    const api = await context.api(options);
    await getObjects(context.io, {
      kind: 'ProjectConfig',
      options,
      columns: [nameColumn],
      names: [project],
      one: (name) => api.call('GET', ['projects', name, 'config'], { operation: 'get project configuration' }),
      list: () => Promise.resolve([]),
    });
  },
});
