import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s, type Static } from '../schema/schema.ts';
import { GROUP, NAME_PATTERN, VERSION } from './patterns.ts';
import {
  freightCollectionSchema,
  freightOriginSchema,
  freightReferenceSchema,
  promotionStepSchema,
  variableSchema,
} from './shared.ts';

export const PROMOTION_PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Errored', 'Aborted'] as const;
export type PromotionPhase = (typeof PROMOTION_PHASES)[number];

export const STEP_STATUSES = ['Succeeded', 'Skipped', 'Running', 'Aborted', 'Failed', 'Errored'] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

const stepExecutionMetadataSchema = s.object({
  alias: s.optional(s.string()),
  startedAt: s.optional(s.time()),
  finishedAt: s.optional(s.time()),
  errorCount: s.optional(s.int({ format: 'int32' })),
  status: s.optional(s.string({ doc: `One of ${STEP_STATUSES.join(', ')}.` })),
  message: s.optional(s.string()),
  continueOnError: s.optional(s.bool()),
});
export type StepExecutionMetadata = Static<typeof stepExecutionMetadataSchema>;

const healthCheckSchema = s.object({
  uses: s.string({ doc: 'Kind of the health check.' }),
  config: s.optional(s.any()),
});
export type HealthCheck = Static<typeof healthCheckSchema>;

export const promotionStatusSchema = s.object({
  phase: s.optional(s.string({ doc: `One of ${PROMOTION_PHASES.join(', ')}.` })),
  message: s.optional(s.string()),
  lastHandledRefresh: s.optional(s.string()),
  startedAt: s.optional(s.time()),
  finishedAt: s.optional(s.time()),
  freight: s.optional(freightReferenceSchema),
  freightCollection: s.optional(freightCollectionSchema),
  healthChecks: s.optional(s.array(healthCheckSchema)),
  currentStep: s.optional(s.int({ format: 'int64', doc: 'Index of the step that runs or ran last.' })),
  stepExecutionMetadata: s.optional(s.array(stepExecutionMetadataSchema)),
  state: s.optional(s.anyObject({ doc: 'Outputs of the steps by alias.' })),
});
export type PromotionStatus = Static<typeof promotionStatusSchema>;

export const promotionSpecSchema = s.object({
  stage: s.string({ minLength: 1, maxLength: 253, pattern: NAME_PATTERN, doc: 'Stage the Freight is promoted to.' }),
  freight: s.optional(s.string({ doc: 'Freight that is promoted.' })),
  origin: s.optional(freightOriginSchema),
  target: s.optional(s.string({ minLength: 1, maxLength: 253, pattern: NAME_PATTERN })),
  vars: s.optional(s.array(variableSchema)),
  steps: s.array(promotionStepSchema, { minItems: 1, doc: 'Steps, taken from the Stage when the Promotion is created.' }),
});
export type PromotionSpec = Static<typeof promotionSpecSchema>;

export const Promotion = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'Promotion',
  plural: 'promotions',
  shortNames: ['promo', 'promos'],
  statusSubresource: true,
  printerColumns: [
    { name: 'Shard', type: 'string', jsonPath: '.metadata.labels.kargo\\.akuity\\.io/shard' },
    { name: 'Stage', type: 'string', jsonPath: '.spec.stage' },
    { name: 'Freight', type: 'string', jsonPath: '.spec.freight' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  schema: s.object({ spec: promotionSpecSchema, status: s.optional(promotionStatusSchema) }),
});
export type Promotion = ObjectOfKind<typeof Promotion>;
