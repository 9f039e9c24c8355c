import { defineCommand } from '../command.ts';
import { apiFlags, filenameFlags, outputFlags } from '../flags.ts';
import type { ApiOptions, OutputOptions } from '../flags.ts';
import { readManifests } from '../manifests/read-manifests.ts';
import { sendManifests } from '../manifests/send-manifests.ts';

interface Options extends ApiOptions, OutputOptions {
  filename?: string[];
  recursive?: boolean;
}

/** `kargo create -f`: creates objects that must not exist yet. */
export const create = defineCommand<Options>({
  subcommands: [
    { name: 'project', summary: 'create a Project', load: async () => (await import('./create-project.ts')).createProject },
  ],
  configure: (command) => outputFlags(apiFlags(filenameFlags(command, 'create'))),
  run: async ({ options, context: { io, api } }) => {
    const manifests = await readManifests(io, options.filename ?? [], { recursive: options.recursive === true });
    await sendManifests(io, await api(options), { method: 'POST', manifests, options });
  },
});
