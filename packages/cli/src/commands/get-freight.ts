import type { ApiClient } from '../client/api-client.ts';
import { textAt } from '../client/objects.ts';
import type { ApiObject } from '../client/objects.ts';
import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { collect, projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { getObjects, nameColumn, watchedGetFlags } from './get-objects.ts';
import type { GetOptions } from './get-objects.ts';

interface Options extends ProjectOptions, GetOptions {
  name?: string[];
  alias?: string[];
  warehouse?: string[];
  origin?: string[];
}

/** `kargo get freight`, by name, alias or Warehouse. */
export const getFreight = defineCommand<Options>({
  usage: '[NAME...]',
  configure: (command) =>
    watchedGetFlags(projectFlags(command))
      .option('--name <name>', 'a name; repeatable', collect)
      .option('--alias <alias>', 'an alias; repeatable', collect)
      .option('--warehouse <warehouse>', 'only Freight of this Warehouse; repeatable', collect)
      .option('--origin <warehouse>', 'as --warehouse (deprecated)', collect),
  run: async ({ args, options, context }) => {
    const path = ['projects', await context.project(options), 'freight'];
    const names = [...args, ...(options.name ?? []), ...(options.alias ?? [])];
    const origins = [...(options.warehouse ?? []), ...(options.origin ?? [])];
    if (names.length > 0 && origins.length > 0)
      throw new CLIError('Usage', 'names and aliases cannot be combined with --warehouse or --origin');
    const api = await context.api(options);
    await getObjects(context.io, {
      kind: 'Freight',
      options,
      names,
      columns: [
        nameColumn,
        { header: 'ALIAS', cell: ({ metadata }) => metadata.labels?.['kargo.akuity.io/alias'] ?? '' },
        { header: 'ORIGIN', cell: originOf },
      ],
      one: (name) => api.call('GET', [...path, name], { operation: 'get freight' }),
      list: () => listFreight(api, path, origins),
      ...(names.length === 0 ? { watched: { api, path, query: { origins } } } : {}),
    });
  },
});

function originOf(freight: ApiObject): string {
  const name = textAt(freight, 'origin', 'name');
  return name === '' ? '' : `${textAt(freight, 'origin', 'kind')}/${name}`;
}

async function listFreight(api: ApiClient, path: readonly string[], origins: readonly string[]): Promise<readonly ApiObject[]> {
  const answer = await api.call<{ groups?: Record<string, { items?: readonly ApiObject[] | null }> } | undefined>('GET', path, {
    operation: 'list freight',
    query: { origins },
  });
  return Object.values(answer?.groups ?? {}).flatMap(({ items }) => items ?? []);
}
