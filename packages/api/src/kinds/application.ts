/** Argo CD's Application. Fields beyond those named here are kept as they come. */
import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s, type Static } from '../schema/schema.ts';

export const applicationSourceSchema = s.object(
  {
    repoURL: s.string(),
    targetRevision: s.optional(s.string()),
    path: s.optional(s.string()),
    chart: s.optional(s.string()),
    ref: s.optional(s.string()),
    name: s.optional(s.string()),
    helm: s.optional(s.anyObject()),
    kustomize: s.optional(s.anyObject()),
    directory: s.optional(s.anyObject()),
    plugin: s.optional(s.anyObject()),
  },
  { preserveUnknown: true },
);
export type ApplicationSource = Static<typeof applicationSourceSchema>;

const syncPolicySchema = s.object(
  {
    automated: s.optional(
      s.object(
        {
          enabled: s.optional(s.bool()),
          prune: s.optional(s.bool()),
          selfHeal: s.optional(s.bool()),
          allowEmpty: s.optional(s.bool()),
        },
        { preserveUnknown: true },
      ),
    ),
    syncOptions: s.optional(s.array(s.string())),
    retry: s.optional(
      s.object(
        {
          limit: s.optional(s.int({ format: 'int64' })),
          backoff: s.optional(
            s.object({
              duration: s.optional(s.string()),
              factor: s.optional(s.int({ format: 'int64' })),
              maxDuration: s.optional(s.string()),
            }),
          ),
        },
        { preserveUnknown: true },
      ),
    ),
  },
  { preserveUnknown: true },
);

export const operationSchema = s.object(
  {
    sync: s.optional(
      s.object(
        {
          revision: s.optional(s.string()),
          revisions: s.optional(s.array(s.string())),
          prune: s.optional(s.bool()),
          dryRun: s.optional(s.bool()),
          source: s.optional(applicationSourceSchema),
          sources: s.optional(s.array(applicationSourceSchema)),
          syncOptions: s.optional(s.array(s.string())),
        },
        { preserveUnknown: true },
      ),
    ),
    initiatedBy: s.optional(s.object({ username: s.optional(s.string()), automated: s.optional(s.bool()) })),
    info: s.optional(s.array(s.object({ name: s.string(), value: s.string() }))),
    retry: s.optional(s.anyObject()),
  },
  { preserveUnknown: true },
);
export type Operation = Static<typeof operationSchema>;

export const OPERATION_PHASES = ['Running', 'Terminating', 'Failed', 'Error', 'Succeeded'] as const;
export type OperationPhase = (typeof OPERATION_PHASES)[number];

const operationStateSchema = s.object(
  {
    operation: operationSchema,
    phase: s.string(),
    message: s.optional(s.string()),
    startedAt: s.time(),
    finishedAt: s.optional(s.time()),
    retryCount: s.optional(s.int({ format: 'int64' })),
    syncResult: s.optional(
      s.object(
        {
          revision: s.optional(s.string()),
          revisions: s.optional(s.array(s.string())),
          source: s.optional(applicationSourceSchema),
          sources: s.optional(s.array(applicationSourceSchema)),
          resources: s.optional(s.array(s.anyObject())),
        },
        { preserveUnknown: true },
      ),
    ),
  },
  { preserveUnknown: true },
);
export type OperationState = Static<typeof operationStateSchema>;

export const applicationStatusSchema = s.object(
  {
    sync: s.optional(
      s.object(
        {
          status: s.string(),
          revision: s.optional(s.string()),
          revisions: s.optional(s.array(s.string())),
          comparedTo: s.optional(s.anyObject()),
        },
        { preserveUnknown: true },
      ),
    ),
    health: s.optional(
      s.object(
        { status: s.optional(s.string()), message: s.optional(s.string()), lastTransitionTime: s.optional(s.time()) },
        { preserveUnknown: true },
      ),
    ),
    operationState: s.optional(operationStateSchema),
    reconciledAt: s.optional(s.time()),
    conditions: s.optional(
      s.array(
        s.object({ type: s.string(), message: s.string(), lastTransitionTime: s.optional(s.time()) }, { preserveUnknown: true }),
      ),
    ),
    resources: s.optional(s.array(s.anyObject())),
    history: s.optional(s.array(s.anyObject())),
    summary: s.optional(
      s.object(
        { images: s.optional(s.array(s.string())), externalURLs: s.optional(s.array(s.string())) },
        { preserveUnknown: true },
      ),
    ),
    sourceType: s.optional(s.string()),
    sourceTypes: s.optional(s.array(s.string())),
  },
  { preserveUnknown: true },
);
export type ApplicationStatus = Static<typeof applicationStatusSchema>;

/** Has no status subresource: spec, operation and status are written together. */
export const Application = defineKind({
  group: 'argoproj.io',
  version: 'v1alpha1',
  kind: 'Application',
  plural: 'applications',
  shortNames: ['app', 'apps'],
  printerColumns: [
    { name: 'Sync Status', type: 'string', jsonPath: '.status.sync.status' },
    { name: 'Health Status', type: 'string', jsonPath: '.status.health.status' },
    { name: 'Revision', type: 'string', jsonPath: '.status.sync.revision', priority: 10 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  schema: s.object({
    spec: s.object(
      {
        project: s.string(),
        destination: s.object({
          server: s.optional(s.string()),
          name: s.optional(s.string()),
          namespace: s.optional(s.string()),
        }),
        source: s.optional(applicationSourceSchema),
        sources: s.optional(s.array(applicationSourceSchema)),
        syncPolicy: s.optional(syncPolicySchema),
      },
      { preserveUnknown: true },
    ),
    operation: s.optional(operationSchema),
    status: s.optional(applicationStatusSchema),
  }),
});
export type Application = ObjectOfKind<typeof Application>;
