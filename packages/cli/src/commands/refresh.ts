import { defineCommand } from '../command.ts';

/** The group of commands that have controllers look at an object now. */
export const refresh = defineCommand({
  subcommands: [
    {
      name: 'clusterconfig',
      summary: 'refresh the ClusterConfig',
      load: async () => (await import('./refresh-clusterconfig.ts')).refreshClusterConfig,
    },
    {
      name: 'projectconfig',
      summary: 'refresh the ProjectConfig of a project',
      load: async () => (await import('./refresh-projectconfig.ts')).refreshProjectConfig,
    },
    {
      name: 'stage',
      aliases: ['stages'],
      summary: 'refresh a Stage: look for finished Promotions, start the next, check health',
      load: async () => (await import('./refresh-named.ts')).refreshNamed('Stage', 'stages'),
    },
    {
      name: 'warehouse',
      aliases: ['warehouses'],
      summary: 'refresh a Warehouse: look for new artifacts',
      load: async () => (await import('./refresh-named.ts')).refreshNamed('Warehouse', 'warehouses'),
    },
  ],
});
