import { textAt } from '../client/objects.ts';
import { defineCommand } from '../command.ts';
import { nameOf, projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { getFlags, getObjects, nameColumn } from './get-objects.ts';
import type { GetOptions } from './get-objects.ts';

interface Options extends ProjectOptions, GetOptions {}

/** `kargo get analysisrun NAME…`: by name, as the verification history of a Stage gives it. */
export const getAnalysisRun = defineCommand<Options>({
  usage: '<NAME...>',
  configure: (command) => getFlags(projectFlags(command)),
  run: async ({ args, options, context }) => {
    const path = ['projects', await context.project(options), 'analysis-runs'];
    const api = await context.api(options);
    await getObjects(context.io, {
      kind: 'AnalysisRun',
      options,
      names: args.map(nameOf),
      columns: [
        nameColumn,
        { header: 'PHASE', cell: (run) => textAt(run, 'status', 'phase') },
        { header: 'MESSAGE', cell: (run) => textAt(run, 'status', 'message') },
      ],
      one: (name) => api.call('GET', [...path, name], { operation: 'get analysis run' }),
      list: () => Promise.resolve([]),
    });
  },
});
