/** Argo Rollouts' analysis kinds. Fields beyond those named here are kept as they come. */
import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s, type Static } from '../schema/schema.ts';

const GROUP = 'argoproj.io';
const VERSION = 'v1alpha1';

export const analysisArgumentSchema = s.object(
  {
    name: s.string(),
    value: s.optional(s.string()),
    valueFrom: s.optional(
      s.object({
        secretKeyRef: s.optional(s.object({ name: s.string(), key: s.string() })),
        fieldRef: s.optional(s.object({ fieldPath: s.string() })),
      }),
    ),
  },
  { preserveUnknown: true },
);
export type AnalysisArgument = Static<typeof analysisArgumentSchema>;

/** Exactly one key names the provider; its value is the provider's configuration, kept as it comes. */
export const metricProviderSchema = s.anyObject();
export type MetricProvider = Static<typeof metricProviderSchema>;

export const metricSchema = s.object(
  {
    name: s.string(),
    interval: s.optional(s.string()),
    initialDelay: s.optional(s.string()),
    count: s.optional(s.intOrString()),
    successCondition: s.optional(s.string()),
    failureCondition: s.optional(s.string()),
    failureLimit: s.optional(s.intOrString()),
    inconclusiveLimit: s.optional(s.intOrString()),
    consecutiveErrorLimit: s.optional(s.intOrString()),
    consecutiveSuccessLimit: s.optional(s.intOrString()),
    provider: metricProviderSchema,
  },
  { preserveUnknown: true },
);
export type Metric = Static<typeof metricSchema>;

const dryRunSchema = s.object({ metricName: s.string() });
const retentionSchema = s.object({ metricName: s.string(), limit: s.int({ format: 'int32' }) });

export const analysisTemplateSpecSchema = s.object(
  {
    metrics: s.optional(s.array(metricSchema)),
    args: s.optional(s.array(analysisArgumentSchema)),
    dryRun: s.optional(s.array(dryRunSchema)),
    measurementRetention: s.optional(s.array(retentionSchema)),
    templates: s.optional(s.array(s.object({ templateName: s.optional(s.string()), clusterScope: s.optional(s.bool()) }))),
  },
  { preserveUnknown: true },
);
export type AnalysisTemplateSpec = Static<typeof analysisTemplateSpecSchema>;

export const AnalysisTemplate = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'AnalysisTemplate',
  plural: 'analysistemplates',
  shortNames: ['at'],
  printerColumns: [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }],
  schema: s.object({ spec: analysisTemplateSpecSchema }),
});
export type AnalysisTemplate = ObjectOfKind<typeof AnalysisTemplate>;

export const ClusterAnalysisTemplate = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'ClusterAnalysisTemplate',
  plural: 'clusteranalysistemplates',
  shortNames: ['cat'],
  scope: 'Cluster',
  printerColumns: [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }],
  schema: s.object({ spec: analysisTemplateSpecSchema }),
});
export type ClusterAnalysisTemplate = ObjectOfKind<typeof ClusterAnalysisTemplate>;

export const ANALYSIS_PHASES = ['Pending', 'Running', 'Successful', 'Failed', 'Error', 'Inconclusive'] as const;
export type AnalysisPhase = (typeof ANALYSIS_PHASES)[number];

const measurementSchema = s.object(
  {
    phase: s.string(),
    message: s.optional(s.string()),
    startedAt: s.optional(s.time()),
    finishedAt: s.optional(s.time()),
    value: s.optional(s.string()),
    metadata: s.optional(s.map(s.string())),
    resumeAt: s.optional(s.time()),
  },
  { preserveUnknown: true },
);
export type Measurement = Static<typeof measurementSchema>;

const count = s.optional(s.int({ format: 'int32' }));

const metricResultSchema = s.object(
  {
    name: s.string(),
    phase: s.string(),
    measurements: s.optional(s.array(measurementSchema)),
    message: s.optional(s.string()),
    count,
    successful: count,
    failed: count,
    inconclusive: count,
    error: count,
    consecutiveError: count,
    consecutiveSuccess: count,
    dryRun: s.optional(s.bool()),
    metadata: s.optional(s.map(s.string())),
  },
  { preserveUnknown: true },
);
export type MetricResult = Static<typeof metricResultSchema>;

const runSummarySchema = s.object(
  { count, successful: count, failed: count, inconclusive: count, error: count },
  { preserveUnknown: true },
);

export const analysisRunSpecSchema = s.object(
  {
    metrics: s.array(metricSchema),
    args: s.optional(s.array(analysisArgumentSchema)),
    terminate: s.optional(s.bool()),
    dryRun: s.optional(s.array(dryRunSchema)),
    measurementRetention: s.optional(s.array(retentionSchema)),
    ttlStrategy: s.optional(
      s.object({
        secondsAfterCompletion: s.optional(s.int({ format: 'int32' })),
        secondsAfterSuccess: s.optional(s.int({ format: 'int32' })),
        secondsAfterFailure: s.optional(s.int({ format: 'int32' })),
      }),
    ),
  },
  { preserveUnknown: true },
);
export type AnalysisRunSpec = Static<typeof analysisRunSpecSchema>;

export const analysisRunStatusSchema = s.object(
  {
    phase: s.string(),
    message: s.optional(s.string()),
    startedAt: s.optional(s.time()),
    completedAt: s.optional(s.time()),
    metricResults: s.optional(s.array(metricResultSchema)),
    runSummary: s.optional(runSummarySchema),
    dryRunSummary: s.optional(runSummarySchema),
  },
  { preserveUnknown: true },
);
export type AnalysisRunStatus = Static<typeof analysisRunStatusSchema>;

/** Has no status subresource: spec and status are written together. */
export const AnalysisRun = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'AnalysisRun',
  plural: 'analysisruns',
  shortNames: ['ar'],
  printerColumns: [
    { name: 'Status', type: 'string', jsonPath: '.status.phase' },
    { name: 'Engine', type: 'string', jsonPath: ".metadata.annotations['kargo\\.akuity\\.io/analysis-engine']" },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  schema: s.object({ spec: analysisRunSpecSchema, status: s.optional(analysisRunStatusSchema) }),
});
export type AnalysisRun = ObjectOfKind<typeof AnalysisRun>;
