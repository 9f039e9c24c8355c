import { textAt } from '../client/objects.ts';
import type { ApiObject } from '../client/objects.ts';
import { defineCommand } from '../command.ts';
import { outputFlags, type OutputOptions } from '../flags.ts';
import { printObject } from '../output/print-objects.ts';
import { renderTable } from '../output/table.ts';
import { scopeFlags, scopePath } from './receivers-scope.ts';
import type { ScopeOptions } from './receivers-scope.ts';

interface Published {
  name?: string;
  url?: string;
}

/** `kargo receivers list`: what to enter at senders. */
export const receiversList = defineCommand<ScopeOptions & OutputOptions>({
  configure: (command) => outputFlags(scopeFlags(command)),
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
    const list = { apiVersion: config.apiVersion, kind: 'WebhookReceiverList', metadata: {}, items: webhookReceivers };
    await printObject(context.io, list as unknown as ApiObject, options, () =>
      renderTable(webhookReceivers, columns, { headers: true }),
    );
    const problem = conditions.find(({ type, status }) => type === 'Ready' && status === 'False');
    if (problem !== undefined) context.io.stderr.write(`Warning: ${textAt(problem, 'message')}\n`);
  },
});
