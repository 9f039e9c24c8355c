import { defineCommand } from '../command.ts';
import { nameOf, projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { getFlags, getObjects, listItems, nameColumn } from './get-objects.ts';
import type { GetOptions } from './get-objects.ts';

interface Options extends ProjectOptions, GetOptions {}

/** `kargo get analysistemplates [NAME…]`. */
export const getAnalysisTemplates = defineCommand<Options>({
  usage: '[NAME...]',
  configure: (command) => getFlags(projectFlags(command)),
  run: async ({ args, options, context }) => {
    const path = ['projects', await context.project(options), 'analysis-templates'];
    const api = await context.api(options);
    await getObjects(context.io, {
      kind: 'AnalysisTemplate',
      options,
      names: args.map(nameOf),
      columns: [nameColumn],
      one: (name) => api.call('GET', [...path, name], { operation: 'get analysis template' }),
      list: () => listItems(api, path, { operation: 'list analysis templates' }),
    });
  },
});
