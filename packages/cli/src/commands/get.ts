import { defineCommand } from '../command.ts';

/** The group of commands that show objects. */
export const get = defineCommand({
  subcommands: [
    {
      name: 'analysisrun',
      aliases: ['analysisruns'],
      summary: 'show AnalysisRuns by name',
      load: async () => (await import('./get-analysisrun.ts')).getAnalysisRun,
    },
    {
      name: 'analysistemplates',
      aliases: ['analysistemplate'],
      summary: 'show AnalysisTemplates',
      load: async () => (await import('./get-analysistemplates.ts')).getAnalysisTemplates,
    },
    {
      name: 'clusterconfig',
      aliases: ['clusterconfigs'],
      summary: 'show the ClusterConfig',
      load: async () => (await import('./get-clusterconfig.ts')).getClusterConfig,
    },
    {
      name: 'projectconfig',
      aliases: ['projectconfigs'],
      summary: 'show the ProjectConfig of a project',
      load: async () => (await import('./get-projectconfig.ts')).getProjectConfig,
    },
    {
      name: 'freight',
      aliases: ['freights'],
      summary: 'show Freight',
      load: async () => (await import('./get-freight.ts')).getFreight,
    },
    {
      name: 'projects',
      aliases: ['project'],
      summary: 'show Projects',
      load: async () => (await import('./get-projects.ts')).getProjects,
    },
    {
      name: 'promotions',
      aliases: ['promotion', 'promos', 'promo'],
      summary: 'show Promotions',
      load: async () => (await import('./get-promotions.ts')).getPromotions,
    },
    { name: 'stages', aliases: ['stage'], summary: 'show Stages', load: async () => (await import('./get-stages.ts')).getStages },
    {
      name: 'warehouses',
      aliases: ['warehouse'],
      summary: 'show Warehouses',
      load: async () => (await import('./get-warehouses.ts')).getWarehouses,
    },
    {
      name: 'configmaps',
      aliases: ['configmap', 'cm'],
      summary: 'show config maps',
      load: async () => (await import('./data/get-data.ts')).getData((await import('./data/data-kinds.ts')).configMaps),
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
      summary: 'show generic credentials',
      load: async () => (await import('./data/get-data.ts')).getData((await import('./data/data-kinds.ts')).genericCredentials),
    },
    {
      name: 'repo-credentials',
      aliases: ['repo-credential', 'repo-creds', 'repo-cred', 'repocredentials', 'repocredential', 'repocreds', 'repocred'],
      summary: 'show repo credentials',
      load: async () => (await import('./data/get-data.ts')).getData((await import('./data/data-kinds.ts')).repoCredentials),
    },
    {
      name: 'roles',
      aliases: ['role'],
      summary: 'show roles',
      load: async () => (await import('./access/roles.ts')).getRoles,
    },
    {
      name: 'tokens',
      aliases: ['token'],
      summary: 'show API tokens',
      load: async () => (await import('./access/tokens.ts')).getTokens,
    },
  ],
});
