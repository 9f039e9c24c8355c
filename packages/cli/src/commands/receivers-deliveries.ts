import { textAt } from '../client/objects.ts';
import type { ApiObject } from '../client/objects.ts';
import { defineCommand } from '../command.ts';
import { getFlags, getObjects, listItems, nameColumn } from './get-objects.ts';
import type { GetOptions } from './get-objects.ts';
import { scopeFlags, scopePath } from './receivers-scope.ts';
import type { ScopeOptions } from './receivers-scope.ts';

interface Options extends ScopeOptions, GetOptions {
  receiver?: string;
}

/** `kargo receivers deliveries [NAME…]`. */
export const receiversDeliveries = defineCommand<Options>({
  usage: '[NAME...]',
  configure: (command) => getFlags(scopeFlags(command)).option('--receiver <name>', 'only what came to this receiver'),
  run: async ({ args, options, context }) => {
    const api = await context.api(options);
    const path = [...(await scopePath(context, options)), 'webhook-deliveries'];
    await getObjects(context.io, {
      kind: 'WebhookDelivery',
      options,
      columns: [
        nameColumn,
        { header: 'TYPE', cell: (object) => textAt(object, 'spec', 'type') },
        { header: 'CODE', cell: (object) => codeOf(object) },
        { header: 'MESSAGE', cell: (object) => textAt(object, 'outcome', 'message') },
      ],
      names: args,
      one: (name) => api.call('GET', [...path, name], { operation: 'get webhook delivery' }),
      list: async () => {
        const query = options.receiver === undefined ? {} : { query: { receiver: options.receiver } };
        const items = await listItems(api, path, { operation: 'list webhook deliveries', ...query });
        return items.toSorted((a, b) => (textAt(a, 'spec', 'receivedAt') < textAt(b, 'spec', 'receivedAt') ? 1 : -1));
      },
    });
  },
});

function codeOf(object: ApiObject): string {
  const { code } = ((object as { outcome?: object }).outcome ?? {}) as { code?: number };
  return code === undefined ? '' : String(code);
}
