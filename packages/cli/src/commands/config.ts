import { defineCommand } from '../command.ts';

/** The group of commands about the configuration file. */
export const config = defineCommand({
  subcommands: [
    {
      name: 'current-context',
      summary: 'show the name of the current context',
      load: async () => (await import('./config-contexts.ts')).configCurrentContext,
    },
    {
      name: 'delete-context',
      summary: 'forget a context',
      load: async () => (await import('./config-contexts.ts')).configDeleteContext,
    },
    {
      name: 'get-contexts',
      summary: 'list the servers that you are logged in to',
      load: async () => (await import('./config-contexts.ts')).configGetContexts,
    },
    {
      name: 'get-project',
      summary: 'show the default project',
      load: async () => (await import('./config-get-project.ts')).configGetProject,
    },
    {
      name: 'rename-context',
      summary: 'give a context another name',
      load: async () => (await import('./config-contexts.ts')).configRenameContext,
    },
    {
      name: 'set-project',
      summary: 'set the default project',
      load: async () => (await import('./config-set-project.ts')).configSetProject,
    },
    {
      name: 'use-context',
      summary: 'make a context the current one',
      load: async () => (await import('./config-contexts.ts')).configUseContext,
    },
    { name: 'view', summary: 'show the configuration file', load: async () => (await import('./config-view.ts')).configView },
  ],
});
