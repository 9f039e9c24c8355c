import { defineKind, type ObjectOfKind } from '../kind.ts';
import { type Json, s, type Static } from '../schema/schema.ts';
import { GROUP, NAME_PATTERN, VERSION } from './patterns.ts';
import {
  freightCollectionSchema,
  freightOriginSchema,
  freightReferenceSchema,
  promotionStepSchema,
  variableSchema,
} from './field-schemas.ts';

export const PROMOTION_PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Errored', 'Aborted'] as const;
export type PromotionPhase = (typeof PROMOTION_PHASES)[number];

/** Whether a Promotion in this phase has ended. */
export function isTerminalPromotionPhase(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Errored' || phase === 'Aborted';
}

/** Outcomes of a step, best first. */
export const STEP_STATUSES = ['Succeeded', 'Skipped', 'Running', 'Aborted', 'Failed', 'Errored'] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

const stepExecutionMetadataSchema = s.object({
  alias: s.optional(s.string({ doc: 'Alias of the step.' })),
  startedAt: s.optional(s.time({ doc: 'When the step was first tried.' })),
  finishedAt: s.optional(s.time({ doc: 'When it ended.' })),
  errorCount: s.optional(s.int({ format: 'int32', doc: 'Errors so far.' })),
  status: s.optional(s.string({ doc: `One of ${STEP_STATUSES.join(', ')}.` })),
  message: s.optional(s.string({ doc: 'Why it is in this status.' })),
  continueOnError: s.optional(s.bool({ doc: 'Whether the outcome of the step is ignored.' })),
});
export type StepExecutionMetadata = Static<typeof stepExecutionMetadataSchema>;

const healthCheckSchema = s.object({
  uses: s.string({ minLength: 1, doc: 'Kind of the health check.' }),
  config: s.optional(s.any({ doc: 'Configuration of the health check.' })),
});
export type HealthCheck = Static<typeof healthCheckSchema>;

export const promotionStatusSchema = s.object(
  {
    phase: s.optional(s.string({ doc: `One of ${PROMOTION_PHASES.join(', ')}.` })),
    message: s.optional(s.string({ doc: 'Why it is in this phase.' })),
    supersededBy: s.optional(
      s.string({ doc: 'The Promotion that took its place in the queue of a Stage that takes the latest only.' }),
    ),
    lastHandledRefresh: s.optional(s.string({ doc: 'Token of the last refresh that was carried out.' })),
    startedAt: s.optional(s.time({ doc: 'When the first step began.' })),
    finishedAt: s.optional(s.time({ doc: 'When the Promotion ended.' })),
    freight: s.optional(s.with(freightReferenceSchema, { doc: 'The Freight that is promoted.' })),
    freightCollection: s.optional(
      s.with(freightCollectionSchema, {
        doc: 'What the Stage holds if the Promotion succeeds, Freight of other origins included.',
      }),
    ),
    healthChecks: s.optional(s.array(healthCheckSchema, { doc: 'How to tell whether what was deployed is healthy.' })),
    currentStep: s.optional(s.int({ format: 'int64', doc: 'Index of the step that runs or ran last.' })),
    stepExecutionMetadata: s.optional(s.array(stepExecutionMetadataSchema, { doc: 'What became of the steps so far.' })),
    state: s.optional(s.opaque<{ [key: string]: Json }>({ doc: 'Outputs of the steps by alias.' })),
  },
  { doc: 'What the system observed.' },
);
export type PromotionStatus = Static<typeof promotionStatusSchema>;

export const promotionSpecSchema = s.object(
  {
    stage: s.string({ minLength: 1, maxLength: 253, pattern: NAME_PATTERN, doc: 'Stage the Freight is promoted to.' }),
    freight: s.optional(s.string({ minLength: 1, maxLength: 253, pattern: NAME_PATTERN, doc: 'Freight that is promoted.' })),
    origin: s.optional(
      s.with(freightOriginSchema, { doc: 'Instead of `freight`: promote what auto-promotion would choose of this origin.' }),
    ),
    target: s.optional(
      s.string({ maxLength: 253, pattern: NAME_PATTERN, doc: 'Target of a Promotion that belongs to a PromotionRequest.' }),
    ),
    vars: s.optional(s.array(variableSchema, { doc: 'Variables, taken from the Stage when the Promotion is created.' })),
    steps: s.array(promotionStepSchema, { minItems: 1, doc: 'Steps, taken from the Stage when the Promotion is created.' }),
  },
  {
    doc: 'What is promoted where, and how. Cannot be changed.',
    rules: [{ rule: 'has(self.freight) != has(self.origin)', message: 'name either the freight or the origin, and not both' }],
  },
);
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
  schema: s.object(
    { spec: promotionSpecSchema, status: s.optional(promotionStatusSchema) },
    { doc: 'One move of Freight into a Stage.' },
  ),
});
export type Promotion = ObjectOfKind<typeof Promotion>;
