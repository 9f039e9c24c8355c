import { valueAt } from '../client/objects.ts';
import { defineCommand } from '../command.ts';
import { nameOf, projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { getFlags, getObjects, listItems, nameColumn } from './get-objects.ts';
import type { GetOptions } from './get-objects.ts';

interface Options extends ProjectOptions, GetOptions {}

/** `kargo get promotiontasks [NAME…]`. */
export const getPromotionTasks = defineCommand<Options>({
  usage: '[NAME...]',
  configure: (command) => getFlags(projectFlags(command)),
  run: async ({ args, options, context }) => {
    const path = ['projects', await context.project(options), 'promotion-tasks'];
    const api = await context.api(options);
    await getObjects(context.io, {
      kind: 'PromotionTask',
      options,
      names: args.map(nameOf),
      columns: [nameColumn, { header: 'STEPS', cell: (task) => String(stepsOf(task)) }],
      one: (name) => api.call('GET', [...path, name], { operation: 'get promotion task' }),
      list: () => listItems(api, path, { operation: 'list promotion tasks' }),
    });
  },
});

function stepsOf(task: unknown): number {
  const steps = valueAt(task, 'spec', 'steps');
  return Array.isArray(steps) ? steps.length : 0;
}
