import { defineCommand } from '../command.ts';
import { apiFlags, filenameFlags, outputFlags } from '../flags.ts';
import type { ApiOptions, OutputOptions } from '../flags.ts';
import { readManifests } from '../manifests/read-manifests.ts';
import { sendManifests } from '../manifests/send-manifests.ts';

interface Options extends ApiOptions, OutputOptions {
  filename?: string[];
  recursive?: boolean;
}

/** `kargo apply -f`: creates what is missing and replaces what is there. */
export const apply = defineCommand<Options>({
  configure: (command) => outputFlags(apiFlags(filenameFlags(command, 'apply'))),
  run: async ({ options, context: { io, api } }) => {
    const manifests = await readManifests(io, options.filename ?? [], { recursive: options.recursive === true });
    await sendManifests(io, await api(options), { method: 'PUT', query: { upsert: 'true' }, manifests, options });
  },
});
