import { defineCommand } from '../command.ts';
import { apiFlags, nameOf } from '../flags.ts';
import type { ApiOptions } from '../flags.ts';
import { getFlags, getObjects, listItems, nameColumn, readyColumns } from './get-objects.ts';
import type { GetOptions } from './get-objects.ts';

interface Options extends ApiOptions, GetOptions {}

/** `kargo get projects [NAME…]`. */
export const getProjects = defineCommand<Options>({
  usage: '[NAME...]',
  configure: (command) => getFlags(apiFlags(command)),
  run: async ({ args, options, context }) => {
    const api = await context.api(options);
    await getObjects(context.io, {
      kind: 'Project',
      options,
      names: args.map(nameOf),
      columns: [nameColumn, ...readyColumns],
      one: (name) => api.call('GET', ['projects', name], { operation: 'get project' }),
      list: () => listItems(api, ['projects'], { operation: 'list projects' }),
    });
  },
});
