import { defineCommand } from '../command.ts';

/** The group of commands about the configuration file. */
export const config = defineCommand({
  subcommands: [
    {
      name: 'get-project',
      summary: 'show the default project',
      load: async () => (await import('./config-get-project.ts')).configGetProject,
    },
    {
      name: 'set-project',
      summary: 'set the default project',
      load: async () => (await import('./config-set-project.ts')).configSetProject,
    },
    { name: 'view', summary: 'show the configuration file', load: async () => (await import('./config-view.ts')).configView },
  ],
});
