import type { CommandDefinition } from '../../command.ts';
import { defineCommand } from '../../command.ts';
import { nameOf, scopeFlags, scopePath } from '../../flags.ts';
import type { ScopeOptions } from '../../flags.ts';
import { getFlags, getObjects, listItems } from '../get-objects.ts';
import type { GetOptions } from '../get-objects.ts';
import { scopeNeeded } from './data-kinds.ts';
import type { DataKind } from './data-kinds.ts';

/** `kargo get configmaps|generic-credentials|repo-credentials [NAME…]`. */
export function getData(data: DataKind): CommandDefinition {
  const { kind, noun, collection, system, columns } = data;
  return defineCommand<ScopeOptions & GetOptions>({
    usage: '[NAME...]',
    configure: (command) => getFlags(scopeFlags(command, { system })),
    run: async ({ args, options, context }) => {
      const path = [...(await scopePath(context, options, scopeNeeded(data))), collection];
      const api = await context.api(options);
      await getObjects(context.io, {
        kind,
        options,
        names: args.map(nameOf),
        columns,
        one: (name) => api.call('GET', [...path, name], { operation: `get ${noun}` }),
        list: () => listItems(api, path, { operation: `list ${noun}${noun.endsWith('s') ? '' : 's'}` }),
      });
    },
  });
}
