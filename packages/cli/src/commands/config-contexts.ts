import type { ApiObject } from '../client/objects.ts';
import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { withCurrent, withRenamed, type NamedContext } from '../config/contexts.ts';
import { outputFlags, type OutputOptions } from '../flags.ts';
import { printObjects } from '../output/print-objects.ts';
import { renderTable, type Column } from '../output/table.ts';

/** `kargo config get-contexts`: the servers that one is logged in to. */
export const configGetContexts = defineCommand<OutputOptions>({
  configure: outputFlags,
  run: async ({ options, context: { io, config } }) => {
    const contexts = await config.contexts();
    const objects = contexts.map(({ name, isCurrent, settings: { apiAddress, project, authMethod } }) => ({
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'CLIContext',
      metadata: { name },
      spec: { current: isCurrent, apiAddress, project, authMethod },
    }));
    await printObjects(io, objects as unknown as ApiObject[], options, async () =>
      renderTable(contexts, COLUMNS, { headers: true }),
    );
  },
});

const COLUMNS: readonly Column<NamedContext>[] = [
  { header: 'CURRENT', cell: ({ isCurrent }) => (isCurrent ? '*' : '') },
  { header: 'NAME', cell: ({ name }) => name },
  { header: 'SERVER', cell: ({ settings }) => settings.apiAddress ?? '' },
  { header: 'PROJECT', cell: ({ settings }) => settings.project ?? '' },
  { header: 'LOGIN', cell: ({ settings }) => settings.authMethod ?? '' },
];

/** `kargo config current-context`. */
export const configCurrentContext = defineCommand({
  run: async ({ context: { io, config } }) => {
    const current = await config.current();
    if (current === undefined)
      throw new CLIError('Configuration', 'there is no current context; log in, or choose one with `kargo config use-context`');
    io.stdout.write(`${current}\n`);
  },
});

/** `kargo config use-context NAME`. */
export const configUseContext = defineCommand({
  usage: '<NAME>',
  run: async ({ args: [name = ''], context: { io, config } }) => {
    await config.change((file) => withCurrent(file, name));
    io.stdout.write(`current context is ${name}\n`);
  },
});

/** `kargo config rename-context OLD NEW`. */
export const configRenameContext = defineCommand({
  usage: '<NAME> <NEW_NAME>',
  run: async ({ args: [from = '', to = ''], context: { io, config } }) => {
    await config.change((file) => withRenamed(file, from, to));
    io.stdout.write(`context ${from} is now ${to}\n`);
  },
});

/** `kargo config delete-context NAME`. */
export const configDeleteContext = defineCommand({
  usage: '<NAME>',
  run: async ({ args: [name = ''], context: { io, config } }) => {
    await config.load(name);
    await config.remove(name);
    io.stdout.write(`context ${name} deleted\n`);
  },
});
