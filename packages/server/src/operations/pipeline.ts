import {
  AnalysisRun,
  AnalysisTemplate,
  Event,
  Freight,
  Project,
  ProjectConfig,
  Promotion,
  PromotionTask,
  Stage,
  Warehouse,
} from '@kargo/api';
import {
  acting,
  flag,
  listing,
  map,
  object,
  paging,
  reading,
  ref,
  removing,
  text,
  texts,
  whole,
  fields,
  list,
  type JsonSchema,
  type Operations,
} from './operation.ts';

const P = '/projects/:project';
const anyOf = (...schemas: readonly JsonSchema[]): JsonSchema => ({ anyOf: schemas });

/** Operations on Projects and what is in them. */
export const pipelineOperations: Operations = {
  'GET /projects': {
    id: 'ListProjects',
    summary: 'Projects that the caller may see, by name',
    tag: 'Project',
    kind: 'Project',
    query: {
      mine: { doc: 'With true, only Projects in which the caller has a role', schema: flag },
      filter: { doc: 'Part of the name, in whatever case', schema: text },
      uid: { doc: 'UIDs of wanted Projects', schema: texts },
      pageSize: { doc: 'Projects of a page; 0 is all', schema: whole },
      page: { doc: 'Number of the page, from 0', schema: whole },
      fields,
    },
    answers: { 200: { schema: object({ items: list(ref('Project')), total: whole }, ['items', 'total']) } },
    needs: ['list projects'],
  },
  [`GET ${P}`]: reading('GetProject', Project, 'One Project'),
  [`DELETE ${P}`]: removing('DeleteProject', Project, 'Deletes a Project and everything in it'),
  [`GET ${P}/config`]: reading('GetProjectConfig', ProjectConfig, 'The configuration of a Project'),
  [`DELETE ${P}/config`]: removing('DeleteProjectConfig', ProjectConfig, 'Deletes the configuration of a Project'),
  [`POST ${P}/config/refresh`]: acting('RefreshProjectConfig', ProjectConfig, 'Has the configuration looked at again', [
    'get projectconfigs',
  ]),
  [`GET ${P}/events`]: {
    ...listing('ListProjectEvents', Event, 'What happened to Promotions and Freight, newest first', { watch: false }),
  },
  [`GET ${P}/images`]: {
    id: 'ListImages',
    summary: 'Images by repository, tag and Stage, with how long ago each Stage held them',
    tag: 'Stage',
    answers: { 200: { schema: map(object({ tags: map(object({ stages: map(whole) })) })) } },
    needs: ['list stages'],
  },

  [`GET ${P}/stages`]: listing('ListStages', Stage, 'Stages of a Project', {
    query: {
      freightOrigins: { doc: 'Names of Warehouses; only Stages that take their Freight, directly or not', schema: texts },
    },
  }),
  [`GET ${P}/stages/:stage`]: reading('GetStage', Stage, 'One Stage'),
  [`DELETE ${P}/stages/:stage`]: removing('DeleteStage', Stage, 'Deletes a Stage'),
  [`GET ${P}/stages/:stage/links`]: {
    id: 'GetStageLinks',
    summary: 'Links that operators and the Project show with a Stage',
    tag: 'Stage',
    kind: 'Stage',
    answers: { 200: { schema: ref('ResolvedLinks') } },
    needs: ['get stages'],
  },
  [`POST ${P}/stages/:stage/refresh`]: acting('RefreshStage', Stage, 'Has a Stage looked at again', ['get stages']),
  [`POST ${P}/stages/:stage/verification`]: acting('Reverify', Stage, 'Verifies the current Freight again', [
    'get stages',
    'patch stages',
  ]),
  [`POST ${P}/stages/:stage/verification/abort`]: acting('AbortVerification', Stage, 'Stops the verification that is going on', [
    'get stages',
    'patch stages',
  ]),
  [`POST ${P}/stages/:stage/promotions`]: {
    id: 'PromoteToStage',
    summary: 'Promotes Freight to a Stage; exactly one of the fields is given',
    tag: 'Promotion',
    kind: 'Stage',
    body: object({ freight: text, freightAlias: text, origin: { ...text, description: 'Warehouse/<name>' } }),
    answers: { 201: { schema: anyOf(ref('Promotion'), ref('PromotionRequest')) } },
    needs: ['get stages', 'promote stages', 'get freights', 'create promotions'],
  },
  [`POST ${P}/stages/:stage/promotions/downstream`]: {
    id: 'PromoteDownstream',
    summary: 'Promotes Freight to every Stage behind one',
    tag: 'Promotion',
    kind: 'Stage',
    body: object({ freight: text, freightAlias: text }),
    answers: {
      201: {
        schema: object({ promotions: list(ref('Promotion')), promotionRequests: list(ref('PromotionRequest')), errors: text }, [
          'promotions',
        ]),
      },
    },
    needs: ['get stages', 'list stages', 'promote stages', 'get freights', 'create promotions'],
  },

  [`GET ${P}/promotions`]: listing('ListPromotions', Promotion, 'Promotions of a Project, by name', {
    query: { stage: { doc: 'Only those to this Stage', schema: text } },
  }),
  [`GET ${P}/promotions/:promotion`]: reading('GetPromotion', Promotion, 'One Promotion'),
  [`POST ${P}/promotions/:promotion/refresh`]: acting('RefreshPromotion', Promotion, 'Has a Promotion looked at again', [
    'get promotions',
  ]),
  [`POST ${P}/promotions/:promotion/abort`]: acting('AbortPromotion', Promotion, 'Stops a Promotion', [
    'get promotions',
    'patch promotions',
    'promote stages',
  ]),

  [`GET ${P}/warehouses`]: listing('ListWarehouses', Warehouse, 'Warehouses of a Project'),
  [`GET ${P}/warehouses/:warehouse`]: reading('GetWarehouse', Warehouse, 'One Warehouse'),
  [`DELETE ${P}/warehouses/:warehouse`]: removing('DeleteWarehouse', Warehouse, 'Deletes a Warehouse'),
  [`POST ${P}/warehouses/:warehouse/refresh`]: acting('RefreshWarehouse', Warehouse, 'Has a Warehouse look for artifacts now', [
    'get warehouses',
  ]),

  [`GET ${P}/freight`]: {
    id: 'QueryFreightsRest',
    summary: 'Freight of a Project, in groups if wanted',
    tag: 'Freight',
    kind: 'Freight',
    query: {
      stage: { doc: 'Only Freight that is available to this Stage', schema: text },
      origins: { doc: 'Names of Warehouses', schema: texts },
      groupBy: { doc: 'What makes the groups', schema: { type: 'string', enum: ['image_repo', 'git_repo', 'chart_repo'] } },
      group: { doc: 'Only this group', schema: text },
      orderBy: { doc: 'Order within groups', schema: { type: 'string', enum: ['first_seen', 'tag'] } },
      reverse: { doc: 'With true, the other way round', schema: flag },
      watch: { doc: 'With true, the answer is a stream of changes', schema: flag },
      resourceVersion: { doc: 'With watch: the version after which changes are wanted', schema: text },
      ...paging,
      fields,
    },
    answers: {
      200: {
        schema: object(
          {
            groups: map(object({ items: list(ref('Freight')) }, ['items'])),
            resourceVersion: text,
            continue: text,
            remainingItemCount: whole,
          },
          ['groups'],
        ),
      },
    },
    needs: ['list freights'],
  },
  [`GET ${P}/freight/:nameOrAlias`]: reading('GetFreight', Freight, 'One piece of Freight, by name or alias', { watch: false }),
  [`DELETE ${P}/freight/:nameOrAlias`]: removing('DeleteFreight', Freight, 'Deletes Freight', [
    'get freights',
    'delete freights',
  ]),
  [`GET ${P}/freight/:nameOrAlias/links`]: {
    id: 'GetFreightLinks',
    summary: 'Links that operators and the Project show with Freight',
    tag: 'Freight',
    kind: 'Freight',
    answers: { 200: { schema: ref('ResolvedLinks') } },
    needs: ['get freights'],
  },
  [`POST ${P}/freight/:nameOrAlias/approve`]: acting(
    'ApproveFreight',
    Freight,
    'Makes Freight available to a Stage without verification before it',
    ['get freights', 'get stages', 'promote stages', 'patch freights/status'],
    { stage: { doc: 'The Stage', schema: text, required: true } },
  ),
  [`PATCH ${P}/freight/:nameOrAlias/alias`]: acting(
    'PatchFreightAlias',
    Freight,
    'Gives Freight another alias',
    ['get freights', 'list freights', 'patch freights'],
    { newAlias: { doc: 'The alias', schema: text, required: true } },
  ),

  [`GET ${P}/promotion-tasks`]: listing('ListPromotionTasks', PromotionTask, 'Promotion tasks of a Project'),
  [`GET ${P}/promotion-tasks/:task`]: reading('GetPromotionTask', PromotionTask, 'One promotion task'),
  [`GET ${P}/analysis-templates`]: listing('ListAnalysisTemplates', AnalysisTemplate, 'Analysis templates of a Project'),
  [`GET ${P}/analysis-templates/:template`]: reading('GetAnalysisTemplate', AnalysisTemplate, 'One analysis template'),
  [`DELETE ${P}/analysis-templates/:template`]: removing(
    'DeleteAnalysisTemplate',
    AnalysisTemplate,
    'Deletes an analysis template',
  ),
  [`GET ${P}/analysis-runs/:run`]: reading('GetAnalysisRun', AnalysisRun, 'One analysis run'),
  [`GET ${P}/analysis-runs/:run/logs`]: {
    id: 'GetAnalysisRunLogs',
    summary: 'What a Job of an analysis run printed',
    tag: 'AnalysisRun',
    kind: 'AnalysisRun',
    query: {
      metricName: { doc: 'The metric; may be left out where there is only one with a Job', schema: text },
      containerName: { doc: 'The container; may be left out where there is only one', schema: text },
      follow: { doc: 'With false, the answer ends with what there is', schema: flag },
    },
    answers: { 200: 'events' },
    needs: ['get analysisruns'],
  },
};
