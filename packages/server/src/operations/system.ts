import { ClusterAnalysisTemplate, ClusterConfig, ClusterPromotionTask } from '@kargo/api';
import {
  acting,
  flag,
  list,
  listing,
  map,
  object,
  reading,
  removing,
  text,
  texts,
  type JsonSchema,
  type Operation,
  type Operations,
  type Parameter,
} from './operation.ts';

const written = (key: string): JsonSchema =>
  object(
    {
      results: list({
        type: 'object',
        properties: {
          [key]: { type: 'object' },
          createdResourceManifest: { type: 'object' },
          error: text,
          currentResourceManifest: { type: 'object', description: 'With dryRun: what there is now' },
          changedSecretKeys: { ...texts, description: 'With dryRun: keys of a Secret whose values would be others' },
        },
      }),
    },
    ['results'],
  );
const manifests = (
  id: string,
  summary: string,
  status: number,
  key: string,
  needs: Operation['needs'],
  query?: Operation['query'],
): Operation => ({
  id,
  summary,
  tag: 'Resources',
  query,
  body: 'manifests',
  answers: { [status]: { schema: written(key) } },
  needs,
});

const dryRun: Parameter = { doc: 'With true, everything is checked as if it were written, and nothing is', schema: flag };

/** Operations on the server and on what all Projects share. */
export const systemOperations: Operations = {
  'POST /login': {
    id: 'AdminLogin',
    summary: 'Signs the administrator in: the password comes as bearer token',
    tag: 'System',
    answers: { 200: { schema: object({ idToken: text }, ['idToken']) } },
    needs: [],
    open: true,
  },
  'GET /system/public-server-config': {
    id: 'GetPublicConfig',
    summary: 'How to sign in',
    tag: 'System',
    answers: {
      200: {
        schema: object(
          {
            adminAccountEnabled: flag,
            skipAuth: flag,
            oidcConfig: object({ issuerUrl: text, clientId: text, cliClientId: text, scopes: texts }, ['issuerUrl', 'clientId']),
          },
          ['adminAccountEnabled', 'skipAuth'],
        ),
      },
    },
    needs: [],
    open: true,
  },
  'GET /system/server-config': {
    id: 'GetConfig',
    summary: 'What the server is set up to do',
    tag: 'System',
    answers: {
      200: {
        schema: object({
          argocdShards: map(object({ url: text, namespace: text })),
          secretManagementEnabled: flag,
          systemResourcesNamespace: text,
          sharedResourcesNamespace: text,
          kargoNamespace: text,
          hasAnalysisRunLogsUrlTemplate: flag,
        }),
      },
    },
    needs: [],
  },
  'GET /system/server-version': {
    id: 'GetVersionInfo',
    summary: 'The version of the server',
    tag: 'System',
    answers: {
      200: {
        schema: object({
          version: text,
          buildDate: text,
          gitCommit: text,
          gitTreeDirty: flag,
          goVersion: text,
          compiler: text,
          platform: text,
        }),
      },
    },
    needs: [],
  },
  'GET /system/controller-heartbeats': {
    id: 'GetControllerHeartbeats',
    summary: 'Which controllers are alive',
    tag: 'System',
    answers: {
      200: {
        schema: object({
          heartbeats: map(object({ controller: text, status: { type: 'string', enum: ['Alive', 'Dead'] }, timestamp: text })),
          defaultController: text,
        }),
      },
    },
    needs: [],
  },
  'GET /system/cluster-config': reading('GetClusterConfig', ClusterConfig, 'The configuration of all Projects'),
  'DELETE /system/cluster-config': removing('DeleteClusterConfig', ClusterConfig, 'Deletes the configuration of all Projects'),
  'POST /system/cluster-config/refresh': acting('RefreshClusterConfig', ClusterConfig, 'Has it looked at again', [
    'get clusterconfigs',
  ]),
  'POST /resources': manifests('CreateResource', 'Creates resources', 201, 'createdResourceManifest', [], { dryRun }),
  'PUT /resources': manifests('UpdateResource', 'Replaces resources', 200, 'updatedResourceManifest', [], {
    upsert: { doc: 'With true, missing resources are created', schema: flag },
    dryRun,
    sameVersion: {
      doc: 'With true, a resource that has another resourceVersion than its manifest is not replaced (409)',
      schema: flag,
    },
  } satisfies Record<string, Parameter>),
  'DELETE /resources': manifests('DeleteResource', 'Deletes resources', 200, 'deletedResourceManifest', []),
  'GET /shared/cluster-analysis-templates': listing(
    'ListClusterAnalysisTemplates',
    ClusterAnalysisTemplate,
    'Analysis templates that all Projects share',
  ),
  'GET /shared/cluster-analysis-templates/:template': reading(
    'GetClusterAnalysisTemplate',
    ClusterAnalysisTemplate,
    'One of them',
  ),
  'DELETE /shared/cluster-analysis-templates/:template': removing(
    'DeleteClusterAnalysisTemplate',
    ClusterAnalysisTemplate,
    'Deletes one of them',
  ),
  'GET /shared/cluster-promotion-tasks': listing(
    'ListClusterPromotionTasks',
    ClusterPromotionTask,
    'Promotion tasks that all Projects share',
  ),
  'GET /shared/cluster-promotion-tasks/:task': reading('GetClusterPromotionTask', ClusterPromotionTask, 'One of them'),
};
