import { textAt } from '../client/objects.ts';
import { defineCommand } from '../command.ts';
import { nameOf, projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { getObjects, listItems, nameColumn, shardColumn, watchedGetFlags } from './get-objects.ts';
import type { GetOptions } from './get-objects.ts';

interface Options extends ProjectOptions, GetOptions {
  stage?: string;
}

/** `kargo get promotions [NAME…]`. */
export const getPromotions = defineCommand<Options>({
  usage: '[NAME...]',
  configure: (command) => watchedGetFlags(projectFlags(command)).option('--stage <stage>', 'only Promotions to this Stage'),
  run: async ({ args, options, context }) => {
    const path = ['projects', await context.project(options), 'promotions'];
    const query = { stage: nameOf(options.stage ?? '') };
    const api = await context.api(options);
    await getObjects(context.io, {
      kind: 'Promotion',
      options,
      names: args.map(nameOf),
      columns: [
        nameColumn,
        shardColumn,
        { header: 'STAGE', cell: (promotion) => textAt(promotion, 'spec', 'stage') },
        { header: 'FREIGHT', cell: (promotion) => textAt(promotion, 'spec', 'freight') },
        { header: 'PHASE', cell: (promotion) => textAt(promotion, 'status', 'phase') },
      ],
      one: (name) => api.call('GET', [...path, name], { operation: 'get promotion' }),
      list: () => listItems(api, path, { operation: 'list promotions', query }),
      watched: { api, path, query },
    });
  },
});
