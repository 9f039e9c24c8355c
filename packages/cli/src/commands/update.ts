import { defineCommand } from '../command.ts';

/** The group of commands that change objects. */
export const update = defineCommand({
  subcommands: [
    {
      name: 'freight',
      summary: 'change the alias of Freight',
      load: async () => (await import('./update-freight.ts')).updateFreight,
    },
    {
      name: 'configmap',
      aliases: ['configmaps', 'cm'],
      summary: 'change config maps',
      load: async () => (await import('./data/write-data.ts')).updateData((await import('./data/data-kinds.ts')).configMaps),
    },
    {
      name: 'generic-credentials',
      aliases: [
        'generic-credential',
        'generic-creds',
        'generic-cred',
        'genericcredentials',
        'genericcredential',
        'genericcreds',
        'genericcred',
      ],
      summary: 'change generic credentials',
      load: async () =>
        (await import('./data/write-data.ts')).updateData((await import('./data/data-kinds.ts')).genericCredentials),
    },
    {
      name: 'repo-credentials',
      aliases: ['repo-credential', 'repo-creds', 'repo-cred', 'repocredentials', 'repocredential', 'repocreds', 'repocred'],
      summary: 'change repo credentials',
      load: async () => (await import('./data/repo-credentials.ts')).updateRepoCredentials,
    },
  ],
});
