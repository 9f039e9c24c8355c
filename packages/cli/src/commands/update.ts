import { defineCommand } from '../command.ts';
import { dataEntries } from './data/data-entries.ts';

/** The group of commands that change objects. */
export const update = defineCommand({
  subcommands: [
    {
      name: 'freight',
      summary: 'change the alias of Freight',
      load: async () => (await import('./update-freight.ts')).updateFreight,
    },
    ...dataEntries({
      verb: 'change',
      data: async (kind) => (await import('./data/write-data.ts')).updateData(kind),
      repoCredentials: async () => (await import('./data/repo-credentials.ts')).updateRepoCredentials,
    }),
  ],
});
