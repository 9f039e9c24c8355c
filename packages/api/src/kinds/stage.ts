import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s, type Static } from '../schema/schema.ts';
import { DURATION_PATTERN, GROUP, VERSION } from './patterns.ts';
import { promotionStatusSchema } from './promotion.ts';
import {
  conditionsSchema,
  freightCollectionSchema,
  freightOriginSchema,
  freightReferenceSchema,
  promotionStepSchema,
  variableSchema,
} from './shared.ts';

export const freightRequestSchema = s.object({
  origin: freightOriginSchema,
  sources: s.object({
    direct: s.optional(s.bool({ doc: 'Whether Freight is taken straight from its origin.' })),
    stages: s.optional(s.array(s.string(), { doc: 'Upstream Stages in which Freight must have been verified.' })),
    requiredSoakTime: s.optional(
      s.string({ pattern: DURATION_PATTERN, doc: 'How long Freight must have been in an upstream Stage.' }),
    ),
    availabilityStrategy: s.optional(
      s.enum(['All', 'OneOf', ''], { doc: 'Whether all upstream Stages must have verified Freight, or one of them.' }),
    ),
    autoPromotionOptions: s.optional(
      s.object({
        selectionPolicy: s.optional(s.enum(['NewestFreight', 'MatchUpstream'], { doc: 'Which Freight auto-promotion selects.' })),
      }),
    ),
  }),
});
export type FreightRequest = Static<typeof freightRequestSchema>;

const healthSchema = s.object({
  status: s.optional(s.string({ doc: 'Healthy, NotApplicable, Progressing, Unknown or Unhealthy.' })),
  issues: s.optional(s.array(s.string(), { doc: 'What keeps the Stage from being healthy.' })),
  config: s.optional(s.any()),
  output: s.optional(s.any({ doc: 'Results of the health checks.' })),
  argoCDApps: s.optional(
    s.array(
      s.object({
        name: s.string(),
        namespace: s.string(),
        healthStatus: s.optional(s.object({ status: s.optional(s.string()), message: s.optional(s.string()) })),
        syncStatus: s.optional(
          s.object({
            status: s.optional(s.string()),
            revision: s.optional(s.string()),
            revisions: s.optional(s.array(s.string())),
          }),
        ),
      }),
      { doc: 'State of the Argo CD Applications of the Stage.' },
    ),
  ),
});
export type Health = Static<typeof healthSchema>;

const promotionReferenceSchema = s.object({
  name: s.string({ doc: 'Name of the Promotion.' }),
  freight: s.optional(freightReferenceSchema),
  status: s.optional(promotionStatusSchema),
  finishedAt: s.optional(s.time()),
});
export type PromotionReference = Static<typeof promotionReferenceSchema>;

const autoPromotionHoldSchema = s.object({
  freightName: s.optional(s.string()),
  origin: s.optional(freightOriginSchema),
  promotionName: s.optional(s.string()),
  actor: s.optional(s.string()),
  createdAt: s.optional(s.time()),
});
export type AutoPromotionHold = Static<typeof autoPromotionHoldSchema>;

export const STAGE_PHASES = ['NotApplicable', 'Steady', 'Promoting', 'Verifying', 'Failed'] as const;
export type StagePhase = (typeof STAGE_PHASES)[number];

export const stageSpecSchema = s.object({
  shard: s.optional(s.string({ doc: 'Shard whose controller handles the Stage.' })),
  vars: s.optional(s.array(variableSchema, { doc: 'Variables of promotions and verifications.' })),
  requestedFreight: s.array(freightRequestSchema, { minItems: 1, doc: 'Which Freight the Stage takes, and from where.' }),
  promotionTemplate: s.optional(
    s.object({
      spec: s.object({
        vars: s.optional(s.array(variableSchema)),
        steps: s.optional(s.array(promotionStepSchema, { minItems: 1, doc: 'What a promotion to this Stage does.' })),
      }),
    }),
  ),
  verification: s.optional(
    s.object({
      analysisTemplates: s.optional(
        s.array(s.object({ name: s.string(), kind: s.optional(s.enum(['AnalysisTemplate', 'ClusterAnalysisTemplate'])) }), {
          doc: 'Templates the AnalysisRun is made of.',
        }),
      ),
      analysisRunMetadata: s.optional(
        s.object({ labels: s.optional(s.map(s.string())), annotations: s.optional(s.map(s.string())) }),
      ),
      args: s.optional(s.array(s.object({ name: s.string(), value: s.string() }), { doc: 'Arguments of the AnalysisRun.' })),
    }),
  ),
});
export type StageSpec = Static<typeof stageSpecSchema>;

export const stageStatusSchema = s.object({
  conditions: s.optional(conditionsSchema),
  phase: s.optional(s.string({ doc: `Distilled from the conditions: ${STAGE_PHASES.join(', ')}.` })),
  observedGeneration: s.optional(s.int({ format: 'int64' })),
  lastHandledRefresh: s.optional(s.string()),
  freightHistory: s.optional(s.array(freightCollectionSchema, { doc: 'What was deployed here, newest first, at most ten.' })),
  freightSummary: s.optional(s.string()),
  health: s.optional(healthSchema),
  currentPromotion: s.optional(promotionReferenceSchema),
  lastPromotion: s.optional(promotionReferenceSchema),
  autoPromotionEnabled: s.optional(s.bool()),
  autoPromotionHolds: s.optional(s.map(autoPromotionHoldSchema)),
  effectiveAutoPromotionHolds: s.optional(s.map(autoPromotionHoldSchema)),
  metadata: s.optional(s.map(s.any())),
});
export type StageStatus = Static<typeof stageStatusSchema>;

export const Stage = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'Stage',
  plural: 'stages',
  statusSubresource: true,
  printerColumns: [
    { name: 'Shard', type: 'string', jsonPath: '.spec.shard' },
    { name: 'Current Freight', type: 'string', jsonPath: '.status.freightSummary' },
    { name: 'Health', type: 'string', jsonPath: '.status.health.status' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Status', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  schema: s.object({ spec: stageSpecSchema, status: s.optional(stageStatusSchema) }),
});
export type Stage = ObjectOfKind<typeof Stage>;
