import { defineCommand } from '../command.ts';
import { apiFlags, nameOf, outputFlags } from '../flags.ts';
import type { ApiOptions, OutputOptions } from '../flags.ts';
import { sendManifests } from '../manifests/send-manifests.ts';

interface Options extends ApiOptions, OutputOptions {}

/** `kargo create project NAME`. */
export const createProject = defineCommand<Options>({
  usage: '<NAME>',
  configure: (command) => outputFlags(apiFlags(command)),
  run: async ({ args: [name = ''], options, context: { io, api } }) => {
    const { stringify } = await import('yaml');
    const manifests = stringify({ apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Project', metadata: { name: nameOf(name) } });
    await sendManifests(io, await api(options), { method: 'POST', manifests, options });
  },
});
