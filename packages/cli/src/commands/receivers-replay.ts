import { CLIError } from '../cli-error.ts';
import type { ApiObject } from '../client/objects.ts';
import { defineCommand } from '../command.ts';
import { outputFlags, type OutputOptions } from '../flags.ts';
import { printDone } from '../output/print-objects.ts';
import { scopeFlags, scopePath } from './receivers-scope.ts';
import type { ScopeOptions } from './receivers-scope.ts';

interface Outcome {
  code?: number;
  message?: string;
  targets?: string[];
}

/** `kargo receivers replay NAME`: fails if the delivery is not handled well this time. */
export const receiversReplay = defineCommand<ScopeOptions & OutputOptions>({
  usage: '<NAME>',
  configure: (command) => outputFlags(scopeFlags(command)),
  run: async ({ args: [name = ''], options, context }) => {
    const api = await context.api(options);
    const path = [...(await scopePath(context, options)), 'webhook-deliveries', name, 'replay'];
    const delivery = await api.call<ApiObject>('POST', path, { operation: 'replay webhook delivery' });
    const [{ code = 0, message = '', targets = [] } = {}] = ((delivery as { replays?: unknown }).replays ?? []) as Outcome[];
    const lines = [`${code} ${message}`.trim(), ...targets].map((line) => `${line}\n`).join('');
    if (code >= 400) throw new CLIError('Usage', lines.trimEnd());
    await printDone(context.io, options, lines, () => Promise.resolve(delivery));
  },
});
