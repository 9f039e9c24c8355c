import { textAt } from '../client/objects.ts';
import { defineCommand } from '../command.ts';
import { nameOf, projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { getObjects, listItems, nameColumn, readyColumns, shardColumn, watchedGetFlags } from './get-objects.ts';
import type { GetOptions } from './get-objects.ts';

interface Options extends ProjectOptions, GetOptions {}

/** `kargo get stages [NAME…]`. */
export const getStages = defineCommand<Options>({
  usage: '[NAME...]',
  configure: (command) => watchedGetFlags(projectFlags(command)),
  run: async ({ args, options, context }) => {
    const path = ['projects', await context.project(options), 'stages'];
    const api = await context.api(options);
    await getObjects(context.io, {
      kind: 'Stage',
      options,
      names: args.map(nameOf),
      columns: [
        nameColumn,
        shardColumn,
        { header: 'CURRENT FREIGHT', cell: (stage) => textAt(stage, 'status', 'freightSummary') },
        { header: 'HEALTH', cell: (stage) => textAt(stage, 'status', 'health', 'status') },
        ...readyColumns,
      ],
      one: (name) => api.call('GET', [...path, name]),
      list: () => listItems(api, path, {}),
      watched: { api, path },
    });
  },
});
