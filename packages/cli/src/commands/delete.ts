import { defineCommand } from '../command.ts';
import type { CommandDefinition } from '../command.ts';
import { apiFlags, filenameFlags, outputFlags } from '../flags.ts';
import type { ApiOptions, OutputOptions } from '../flags.ts';
import { readManifests } from '../manifests/read-manifests.ts';
import { sendManifests } from '../manifests/send-manifests.ts';
import { dataEntries } from './data/data-entries.ts';
import type { DataKind } from './data/data-kinds.ts';

interface Options extends ApiOptions, OutputOptions {
  filename?: string[];
  recursive?: boolean;
}

const deleteDataOf = async (kind: DataKind): Promise<CommandDefinition> =>
  (await import('./data/delete-data.ts')).deleteData(kind);

/** `kargo delete -f`, and the group of commands that delete by name. */
export const deleteCommand = defineCommand<Options>({
  subcommands: [
    {
      name: 'clusterconfig',
      summary: 'delete the ClusterConfig',
      load: async () => (await import('./delete-clusterconfig.ts')).deleteClusterConfig,
    },
    {
      name: 'projectconfig',
      summary: 'delete the ProjectConfig of a project',
      load: async () => (await import('./delete-projectconfig.ts')).deleteProjectConfig,
    },
    {
      name: 'freight',
      summary: 'delete Freight by name or alias',
      load: async () => (await import('./delete-freight.ts')).deleteFreight,
    },
    {
      name: 'project',
      aliases: ['projects'],
      summary: 'delete Projects by name',
      load: async () => (await import('./delete-project.ts')).deleteProject,
    },
    {
      name: 'stage',
      aliases: ['stages'],
      summary: 'delete Stages by name',
      load: async () => (await import('./delete-stage.ts')).deleteStage,
    },
    {
      name: 'warehouse',
      aliases: ['warehouses'],
      summary: 'delete Warehouses by name',
      load: async () => (await import('./delete-warehouse.ts')).deleteWarehouse,
    },
    ...dataEntries({ verb: 'delete', data: deleteDataOf, repoCredentials: deleteDataOf }),
    {
      name: 'role',
      aliases: ['roles'],
      summary: 'delete roles',
      load: async () => (await import('./access/roles.ts')).deleteRole,
    },
    {
      name: 'token',
      aliases: ['tokens'],
      summary: 'delete API tokens',
      load: async () => (await import('./access/tokens.ts')).deleteToken,
    },
  ],
  configure: (command) => outputFlags(apiFlags(filenameFlags(command, 'delete'))),
  run: async ({ options, context: { io, api } }) => {
    const manifests = await readManifests(io, options.filename ?? [], { recursive: options.recursive === true });
    await sendManifests(io, await api(options), { method: 'DELETE', manifests, options });
  },
});
