import { defineCommand } from '../command.ts';
import { nameOf, projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { getObjects, listItems, nameColumn, shardColumn, watchedGetFlags } from './get-objects.ts';
import type { GetOptions } from './get-objects.ts';

interface Options extends ProjectOptions, GetOptions {}

/** `kargo get warehouses [NAME…]`. */
export const getWarehouses = defineCommand<Options>({
  usage: '[NAME...]',
  configure: (command) => watchedGetFlags(projectFlags(command)),
  run: async ({ args, options, context }) => {
    const path = ['projects', await context.project(options), 'warehouses'];
    const api = await context.api(options);
    await getObjects(context.io, {
      kind: 'Warehouse',
      options,
      names: args.map(nameOf),
      columns: [nameColumn, shardColumn],
      one: (name) => api.call('GET', [...path, name], { operation: 'get warehouse' }),
      list: () => listItems(api, path, { operation: 'list warehouses' }),
      watched: { api, path },
    });
  },
});
