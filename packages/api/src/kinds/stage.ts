import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s, type Static } from '../schema/schema.ts';
import { DURATION_PATTERN, GROUP, VERSION } from './patterns.ts';
import { promotionStatusSchema } from './promotion.ts';
import {
  conditionsSchema,
  freightCollectionSchema,
  freightOriginSchema,
  freightReferenceSchema,
  labelSelectorSchema,
  templateStepSchema,
  variableSchema,
} from './field-schemas.ts';

export const freightRequestSchema = s.object({
  origin: freightOriginSchema,
  sources: s.object(
    {
      direct: s.optional(s.bool({ doc: 'Whether Freight is taken straight from its origin.' })),
      stages: s.optional(
        s.array(s.string({ doc: 'Name of a Stage of the same Project.' }), {
          doc: 'Upstream Stages in which Freight must have been verified.',
        }),
      ),
      requiredSoakTime: s.optional(
        s.string({ pattern: DURATION_PATTERN, doc: 'How long Freight must have been in an upstream Stage, e.g. `1h30m`.' }),
      ),
      availabilityStrategy: s.optional(
        s.enum(['All', 'OneOf', ''], {
          doc: 'Whether all upstream Stages must have verified Freight, or one of them. OneOf if absent or empty.',
        }),
      ),
      autoPromotionOptions: s.optional(
        s.object(
          {
            selectionPolicy: s.optional(
              s.enum(['NewestFreight', 'MatchUpstream'], {
                doc: 'Which Freight auto-promotion selects: the newest (if absent), or what the one upstream Stage holds now.',
              }),
            ),
          },
          { doc: 'How auto-promotion behaves for this origin.' },
        ),
      ),
    },
    { doc: 'Where the Freight may come from.' },
  ),
});
export type FreightRequest = Static<typeof freightRequestSchema>;

const healthSchema = s.object(
  {
    status: s.optional(s.string({ doc: 'Healthy, NotApplicable, Progressing, Unknown or Unhealthy.' })),
    issues: s.optional(s.array(s.string(), { doc: 'What keeps the Stage from being healthy.' })),
    config: s.optional(s.any({ doc: 'Not used.' })),
    output: s.optional(s.any({ doc: 'Results of the health checks, one for each that has any.' })),
    argoCDApps: s.optional(
      s.array(
        s.object({
          name: s.string({ doc: 'Name of the Application.' }),
          namespace: s.string({ doc: 'Namespace of the Application.' }),
          healthStatus: s.optional(
            s.object(
              {
                status: s.optional(s.string({ doc: 'Health, as Argo CD names it.' })),
                message: s.optional(s.string({ doc: 'Why.' })),
              },
              { doc: 'Health of the Application.' },
            ),
          ),
          syncStatus: s.optional(
            s.object(
              {
                status: s.optional(s.string({ doc: 'Synced, OutOfSync or Unknown.' })),
                revision: s.optional(s.string({ doc: 'Revision that is deployed.' })),
                revisions: s.optional(s.array(s.string(), { doc: 'Revisions by source, where there are several.' })),
              },
              { doc: 'What is deployed.' },
            ),
          ),
          observation: s.optional(
            s.enum(['NotYetCreated', 'NotYetObserved'], {
              doc: 'Why health is not known: there is no such Application, or it was not looked at since what was asked of it last.',
            }),
          ),
          simulated: s.optional(
            s.bool({ doc: 'Whether the destination is simulated: nothing real runs there, and its health is imitated.' }),
          ),
        }),
        { doc: 'State of the Argo CD Applications of the Stage.' },
      ),
    ),
    relapses: s.optional(
      s.object(
        {
          count: s.int({
            doc: 'How often what is deployed was healthy and then was not, in the last ten minutes or without a break of as long.',
          }),
          last: s.time({ doc: 'When it last did.' }),
          healthySince: s.optional(s.time({ doc: 'Since when it has been healthy again, while that is not believed yet.' })),
        },
        { doc: 'Health that comes and goes is believed only once it has held for some time.' },
      ),
    ),
  },
  { doc: 'Health of what is deployed.' },
);
export type Health = Static<typeof healthSchema>;

const promotionReferenceSchema = s.object({
  name: s.string({ doc: 'Name of the Promotion.' }),
  freight: s.optional(s.with(freightReferenceSchema, { doc: 'The Freight that is promoted.' })),
  status: s.optional(s.with(promotionStatusSchema, { doc: 'Status of the Promotion when it was last looked at.' })),
  finishedAt: s.optional(s.time({ doc: 'When it ended.' })),
});
export type PromotionReference = Static<typeof promotionReferenceSchema>;

const promotionRequestReferenceSchema = s.object({
  name: s.string({ doc: 'Name of the PromotionRequest.' }),
  freight: s.optional(s.object({ name: s.string({ doc: 'Name of the Freight.' }) }, { doc: 'Freight that is promoted.' })),
  phase: s.optional(s.string({ doc: 'Phase of the PromotionRequest.' })),
  finishedAt: s.optional(s.time({ doc: 'When it ended.' })),
});

const autoPromotionHoldSchema = s.object({
  freightName: s.string({ doc: 'Freight that was promoted instead of what auto-promotion would have chosen.' }),
  origin: freightOriginSchema,
  promotionName: s.optional(s.string({ doc: 'Promotion that caused the hold.' })),
  actor: s.optional(s.string({ doc: 'Who caused it.' })),
  createdAt: s.optional(s.time({ doc: 'Since when it holds.' })),
});
export type AutoPromotionHold = Static<typeof autoPromotionHoldSchema>;

export const STAGE_PHASES = ['NotApplicable', 'Steady', 'Promoting', 'Verifying', 'Failed'] as const;
export type StagePhase = (typeof STAGE_PHASES)[number];

const verificationSchema = s.object(
  {
    analysisTemplates: s.optional(
      s.array(
        s.object({
          name: s.string({ doc: 'Name of the template.' }),
          kind: s.optional(
            s.enum(['AnalysisTemplate', 'ClusterAnalysisTemplate'], { doc: 'Kind of the template; AnalysisTemplate if absent.' }),
          ),
        }),
        { doc: 'Templates the AnalysisRun is made of.' },
      ),
    ),
    analysisRunMetadata: s.optional(
      s.object(
        {
          labels: s.optional(s.map(s.string(), { doc: 'Labels.' })),
          annotations: s.optional(s.map(s.string(), { doc: 'Annotations.' })),
        },
        { doc: 'Labels and annotations of the AnalysisRun.' },
      ),
    ),
    args: s.optional(
      s.array(
        s.object({ name: s.string({ doc: 'Name of the argument.' }), value: s.string({ doc: 'Value; may hold expressions.' }) }),
        { doc: 'Arguments of the AnalysisRun; they win over those of the templates.' },
      ),
    ),
    onFailure: s.optional(
      s.enum(['KeepVerified', 'RevokeVerified'], {
        doc: 'What a failed verification does to Freight that was verified in the Stage before: it stays verified (if absent), or it no longer is until a verification succeeds.',
      }),
    ),
  },
  { doc: 'How Freight is verified after a promotion. Absent: being healthy is enough.' },
);
export type Verification = Static<typeof verificationSchema>;

export const stageSpecSchema = s.object(
  {
    shard: s.optional(s.string({ doc: 'Shard whose controller handles the Stage.' })),
    vars: s.optional(s.array(variableSchema, { doc: 'Variables of promotions and verifications.' })),
    promotionOrder: s.optional(
      s.enum(['InOrder', 'LatestOnly'], {
        doc: 'What becomes of Promotions that wait for their turn: all run, one after another (InOrder, the default), or of each origin only the one submitted last (LatestOnly).',
      }),
    ),
    requestedFreight: s.array(freightRequestSchema, { minItems: 1, doc: 'Which Freight the Stage takes, and from where.' }),
    promotionTemplate: s.optional(
      s.object(
        {
          spec: s.object(
            {
              vars: s.optional(s.array(variableSchema, { doc: 'Variables of promotions.' })),
              steps: s.optional(
                s.array(templateStepSchema, {
                  minItems: 1,
                  doc: 'What a promotion to this Stage does. Without steps the Stage only controls the flow.',
                }),
              ),
            },
            { doc: 'What promotions are made of.' },
          ),
        },
        { doc: 'How Freight gets into the Stage.' },
      ),
    ),
    verification: s.optional(verificationSchema),
    targets: s.optional(
      s.object(
        { selectors: s.array(labelSelectorSchema, { listType: 'atomic', doc: 'Which Targets the Stage governs.' }) },
        { doc: 'Targets the Stage governs. Stored, not acted on.' },
      ),
    ),
  },
  { doc: 'What the Stage takes and does.' },
);
export type StageSpec = Static<typeof stageSpecSchema>;

export const stageStatusSchema = s.object(
  {
    conditions: s.optional(conditionsSchema),
    phase: s.optional(s.string({ doc: `Distilled from the conditions: ${STAGE_PHASES.join(', ')}.` })),
    observedGeneration: s.optional(s.int({ format: 'int64', doc: 'Generation of the spec that this status follows.' })),
    lastHandledRefresh: s.optional(s.string({ doc: 'Token of the last refresh that was carried out.' })),
    freightHistory: s.optional(s.array(freightCollectionSchema, { doc: 'What was deployed here, newest first, at most ten.' })),
    freightSummary: s.optional(s.string({ doc: 'The Freight the Stage holds, or how many of the requested it does.' })),
    health: s.optional(healthSchema),
    currentPromotion: s.optional(s.with(promotionReferenceSchema, { doc: 'The one Promotion that may run now.' })),
    lastPromotion: s.optional(s.with(promotionReferenceSchema, { doc: 'The Promotion that ended last.' })),
    processedPromotions: s.optional(
      s.array(s.string(), { doc: 'Promotions whose end was taken note of last, in the order in which they ended.' }),
    ),
    processedPromotionsUntil: s.optional(s.time({ doc: 'Promotions that ended by then were taken note of as well.' })),
    autoPromotionEnabled: s.optional(s.bool({ doc: 'Whether new Freight is promoted without being asked.' })),
    autoPromotionHolds: s.optional(
      s.map(autoPromotionHoldSchema, { doc: 'Origins, like `Warehouse/<name>`, whose auto-promotion rests.' }),
    ),
    effectiveAutoPromotionHolds: s.optional(
      s.map(autoPromotionHoldSchema, { doc: 'The same, with what unfinished Promotions will change.' }),
    ),
    metadata: s.optional(s.map(s.any(), { doc: 'Values that promotion steps attached.' })),
    currentPromotionRequest: s.optional(s.with(promotionRequestReferenceSchema, { doc: 'Not used.' })),
    lastPromotionRequest: s.optional(s.with(promotionRequestReferenceSchema, { doc: 'Not used.' })),
    promotionWindowStatus: s.optional(
      s.object(
        {
          closed: s.bool({ doc: 'Whether promotions have to wait.' }),
          reason: s.optional(s.string({ doc: 'Why.' })),
          nextOpen: s.optional(s.time({ doc: 'When the next window opens.' })),
          nextClose: s.optional(s.time({ doc: 'When the window closes.' })),
          nextCloseReason: s.optional(s.string({ doc: 'Why it closes.' })),
        },
        { doc: 'Not used.' },
      ),
    ),
  },
  { doc: 'What the system observed.' },
);
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
  schema: s.object(
    { spec: stageSpecSchema, status: s.optional(stageStatusSchema) },
    { doc: 'A place that Freight is promoted to, and verified in.' },
  ),
});
export type Stage = ObjectOfKind<typeof Stage>;

/** Whether the Stage has no steps and only passes Freight on. */
export function isControlFlowStage({ spec }: Pick<Stage, 'spec'>): boolean {
  return (spec.promotionTemplate?.spec.steps ?? []).length === 0;
}
