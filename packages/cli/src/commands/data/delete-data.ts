import type { CommandDefinition } from '../../command.ts';
import { defineCommand } from '../../command.ts';
import { nameOf, outputFlags, scopeFlags, scopePath } from '../../flags.ts';
import type { OutputOptions, ScopeOptions } from '../../flags.ts';
import { deleteEach } from '../delete-each.ts';
import { scopeNeeded } from './data-kinds.ts';
import type { DataKind } from './data-kinds.ts';

/** `kargo delete configmap|generic-credentials|repo-credentials NAME…`. */
export function deleteData(data: DataKind): CommandDefinition {
  return defineCommand<ScopeOptions & OutputOptions>({
    usage: '<NAME...>',
    configure: (command) => outputFlags(scopeFlags(command, { system: data.system })),
    run: async ({ args, options, context }) => {
      const scope = await scopePath(context, options, scopeNeeded(data));
      await deleteEach(context.io, await context.api(options), {
        options,
        kind: data.noun,
        shown: (name) => `${data.kind.toLowerCase()}/${name}`,
        names: args.map(nameOf),
        path: (name) => [...scope, data.collection, name],
      });
    },
  });
}
