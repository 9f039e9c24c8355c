import { defineCommand } from '../command.ts';

/** The group of commands that change objects. */
export const update = defineCommand({
  subcommands: [
    {
      name: 'freight',
      summary: 'change the alias of Freight',
      load: async () => (await import('./update-freight.ts')).updateFreight,
    },
  ],
});
