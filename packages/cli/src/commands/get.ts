import { defineCommand } from '../command.ts';
import type { CommandDefinition } from '../command.ts';
import { dataEntries } from './data/data-entries.ts';
import type { DataKind } from './data/data-kinds.ts';

const getDataOf = async (kind: DataKind): Promise<CommandDefinition> => (await import('./data/get-data.ts')).getData(kind);

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
      name: 'events',
      aliases: ['event'],
      summary: 'show what happened',
      load: async () => (await import('./get-events.ts')).getEvents,
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
      name: 'promotiontasks',
      aliases: ['promotiontask'],
      summary: 'show PromotionTasks',
      load: async () => (await import('./get-promotiontasks.ts')).getPromotionTasks,
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
    ...dataEntries({ verb: 'show', data: getDataOf, repoCredentials: getDataOf }, 'configmaps'),
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
