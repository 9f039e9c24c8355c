import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s, type Schema, type Static, type ValidationRule } from '../schema/schema.ts';
import { freightLinksSchema, promotionWindowsSchema, readyColumns, stageLinksSchema } from './configuration.ts';
import { GROUP, NAME_PATTERN, VERSION } from './patterns.ts';
import { receiverStatusesSchema, webhookReceiversSchema } from './receivers.ts';
import { conditionsSchema, namedSelectorSchema } from './field-schemas.ts';

const countSchema = s.object({
  count: s.optional(s.int({ format: 'int64', doc: 'How many there are.' })),
  health: s.optional(
    s.object({ healthy: s.optional(s.int({ format: 'int64', doc: 'How many of them are healthy.' })) }, { doc: 'Their health.' }),
  ),
});

export const projectStatusSchema = s.object(
  {
    conditions: s.optional(conditionsSchema),
    stats: s.optional(
      s.object(
        {
          warehouses: s.optional(s.with(countSchema, { doc: 'The Warehouses of the Project.' })),
          stages: s.optional(s.with(countSchema, { doc: 'The Stages of the Project, those without steps excepted.' })),
        },
        { doc: 'Numbers for people.' },
      ),
    ),
  },
  { doc: 'What the system observed.' },
);
export type ProjectStatus = Static<typeof projectStatusSchema>;

/** A Project owns the namespace of its name. */
export const Project = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'Project',
  plural: 'projects',
  scope: 'Cluster',
  statusSubresource: true,
  printerColumns: readyColumns,
  schema: s.object({ status: s.optional(projectStatusSchema) }, { doc: 'A Project, and with it the namespace of its name.' }),
});
export type Project = ObjectOfKind<typeof Project>;

function oneOf(field: string, index: number, first: string, second: string): ValidationRule {
  const present = index === 0 ? 'self.size() == 0' : `self.size() <= ${index}`;
  return {
    rule: `${present} || self[${index}] == '${first}' || self[${index}] == '${second}'`,
    message: `${field}[${index}] must be ${first} or ${second}`,
  };
}

function rollbackCauses(field: string, first: string, second: string, doc: string): Schema<string[]> {
  return s.array(s.string(), {
    maxItems: 2,
    listType: 'set',
    doc,
    rules: [oneOf(field, 0, first, second), oneOf(field, 1, first, second)],
  });
}

const promotionPolicySchema = s.object(
  {
    stage: s.optional(s.string({ pattern: NAME_PATTERN, doc: 'Exact name of a Stage. Older form of `stageSelector`.' })),
    stageSelector: s.optional(s.with(namedSelectorSchema, { doc: 'Stages the policy is for.' })),
    autoPromotionEnabled: s.optional(s.bool({ doc: 'Whether new Freight is promoted without being asked.' })),
    autoRollback: s.optional(
      s.object(
        {
          onPromotion: s.optional(rollbackCauses('onPromotion', 'Failed', 'Errored', 'Outcomes of a promotion that lead back.')),
          onVerification: s.optional(
            rollbackCauses('onVerification', 'Failed', 'Error', 'Outcomes of a verification that lead back.'),
          ),
        },
        { doc: 'When to go back to the Freight before. Stored, not acted on.' },
      ),
    ),
  },
  {
    rules: [
      {
        rule: 'has(self.stage) ? !has(self.stageSelector) : has(self.stageSelector)',
        message: 'a policy names either a stage or a stageSelector, and not both',
      },
    ],
  },
);
export type PromotionPolicy = Static<typeof promotionPolicySchema>;

export const projectConfigSpecSchema = s.object(
  {
    promotionPolicies: s.optional(
      s.array(promotionPolicySchema, { doc: 'How promotions of Stages come about; the first policy that matches decides.' }),
    ),
    webhookReceivers: s.optional(webhookReceiversSchema),
    freightLinks: s.optional(freightLinksSchema),
    stageLinks: s.optional(stageLinksSchema),
    promotionWindows: s.optional(promotionWindowsSchema),
  },
  { doc: 'How the Project behaves.' },
);
export type ProjectConfigSpec = Static<typeof projectConfigSpecSchema>;

export const configurationStatusSchema = s.object(
  {
    conditions: s.optional(conditionsSchema),
    observedGeneration: s.optional(s.int({ format: 'int64', doc: 'Generation of the spec that this status follows.' })),
    lastHandledRefresh: s.optional(s.string({ doc: 'Token of the last refresh that was carried out.' })),
    webhookReceivers: s.optional(receiverStatusesSchema),
  },
  { doc: 'What the system observed.' },
);

/** The configuration of a Project. Has the name of the Project, and stands in its namespace. */
export const ProjectConfig = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'ProjectConfig',
  plural: 'projectconfigs',
  statusSubresource: true,
  printerColumns: readyColumns,
  schema: s.object(
    { spec: s.optional(projectConfigSpecSchema), status: s.optional(configurationStatusSchema) },
    { doc: 'The configuration of a Project, under the name of the Project.' },
  ),
});
export type ProjectConfig = ObjectOfKind<typeof ProjectConfig>;
