import { defineCommand } from '../../command.ts';
import { apiFlags, filenameFlags, outputFlags, type ApiOptions, type OutputOptions } from '../../flags.ts';
import { readManifests } from '../../manifests/read-manifests.ts';
import { comparing } from './differences.ts';
import { rehearse, showRehearsal } from './rehearsal.ts';

interface Options extends ApiOptions, OutputOptions {
  filename?: string[];
  recursive?: boolean;
}

/** `kargo diff -f`: what `kargo apply -f` would change, with everything that the server would add or refuse. */
export const diff = defineCommand<Options>({
  configure: (command) => outputFlags(apiFlags(filenameFlags(command, 'compare'))),
  run: ({ options, context: { io, api } }) =>
    comparing(async () => {
      const manifests = await readManifests(io, options.filename ?? [], { recursive: options.recursive === true });
      return showRehearsal(io, await rehearse(await api(options), manifests), options);
    }),
  subcommands: [
    {
      name: 'freight',
      summary: 'compare what two pieces of Freight hold',
      load: async () => (await import('./compare.ts')).diffFreight,
    },
    {
      name: 'promotion',
      summary: 'show what a promotion would change in git, Argo CD and elsewhere',
      load: async () => (await import('./diff-promotion.ts')).diffPromotion,
    },
    {
      name: 'stage',
      aliases: ['stages'],
      summary: 'compare what a Stage runs with another Stage, or with Freight',
      load: async () => (await import('./compare.ts')).diffStage,
    },
  ],
});
