import { defineCommand } from '../command.ts';
import { apiFlags, filenameFlags, outputFlags } from '../flags.ts';
import type { ApiOptions, OutputOptions } from '../flags.ts';
import { readManifests } from '../manifests/read-manifests.ts';
import { sendManifests } from '../manifests/send-manifests.ts';
import { dataEntries } from './data/data-entries.ts';

interface Options extends ApiOptions, OutputOptions {
  filename?: string[];
  recursive?: boolean;
}

/** `kargo create -f`: creates objects that must not exist yet. */
export const create = defineCommand<Options>({
  subcommands: [
    { name: 'project', summary: 'create a Project', load: async () => (await import('./create-project.ts')).createProject },
    ...dataEntries({
      verb: 'create',
      data: async (kind) => (await import('./data/write-data.ts')).createData(kind),
      repoCredentials: async () => (await import('./data/repo-credentials.ts')).createRepoCredentials,
    }),
    {
      name: 'role',
      aliases: ['roles'],
      summary: 'create a role',
      load: async () => (await import('./access/roles.ts')).createRole,
    },
    {
      name: 'token',
      aliases: ['tokens'],
      summary: 'create an API token of a role',
      load: async () => (await import('./access/tokens.ts')).createToken,
    },
  ],
  configure: (command) => outputFlags(apiFlags(filenameFlags(command, 'create'))),
  run: async ({ options, context: { io, api } }) => {
    const manifests = await readManifests(io, options.filename ?? [], { recursive: options.recursive === true });
    await sendManifests(io, await api(options), { method: 'POST', manifests, options });
  },
});
