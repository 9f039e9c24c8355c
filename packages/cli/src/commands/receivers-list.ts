import { textAt } from '../client/objects.ts';
import type { ApiObject } from '../client/objects.ts';
import { defineCommand } from '../command.ts';
import { renderTable } from '../output/table.ts';
import { scopeFlags, scopePath } from './receivers-scope.ts';
import type { ScopeOptions } from './receivers-scope.ts';

interface Published {
  name?: string;
  url?: string;
}

/** `kargo receivers list`: what to enter at senders. */
export const receiversList = defineCommand<ScopeOptions>({
  configure: (command) => scopeFlags(command),
  run: async ({ options, context }) => {
    const api = await context.api(options);
    const scope = await scopePath(context, options);
    const path = [...scope, options.cluster === true ? 'cluster-config' : 'config'];
    const config = await api.call<ApiObject>('GET', path, { operation: 'get the configuration' });
    const { webhookReceivers = [], conditions = [] } = (config['status'] ?? {}) as {
      webhookReceivers?: Published[];
      conditions?: { type: string; status: string; message?: string }[];
    };
    const columns = [
      { header: 'NAME', cell: ({ name = '' }: Published) => name },
      { header: 'URL', cell: ({ url = '' }: Published) => url },
    ];
    context.io.stdout.write(renderTable(webhookReceivers, columns, { headers: true }));
    const problem = conditions.find(({ type, status }) => type === 'Ready' && status === 'False');
    if (problem !== undefined) context.io.stderr.write(`Warning: ${textAt(problem, 'message')}\n`);
  },
});
