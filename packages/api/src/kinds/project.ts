import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s, type Static } from '../schema/schema.ts';
import { GROUP, VERSION } from './patterns.ts';
import { conditionsSchema } from './shared.ts';

const readyColumns = [
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Status', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
] as const;

const countSchema = s.object({
  count: s.optional(s.int({ format: 'int64' })),
  health: s.optional(s.object({ healthy: s.optional(s.int({ format: 'int64' })) })),
});

export const projectStatusSchema = s.object({
  conditions: s.optional(conditionsSchema),
  stats: s.optional(s.object({ warehouses: s.optional(countSchema), stages: s.optional(countSchema) })),
});
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
  schema: s.object({ status: s.optional(projectStatusSchema) }),
});
export type Project = ObjectOfKind<typeof Project>;

const labelSelectorRequirements = s.array(
  s.object({ key: s.string(), operator: s.string(), values: s.optional(s.array(s.string(), { listType: 'atomic' })) }),
  { listType: 'atomic' },
);

const promotionPolicySchema = s.object({
  stage: s.optional(s.string()),
  stageSelector: s.optional(
    s.object({
      name: s.optional(s.string()),
      matchLabels: s.optional(s.map(s.string())),
      matchExpressions: s.optional(labelSelectorRequirements),
    }),
  ),
  autoPromotionEnabled: s.optional(s.bool()),
});
export type PromotionPolicy = Static<typeof promotionPolicySchema>;

export const projectConfigSpecSchema = s.object({
  promotionPolicies: s.optional(s.array(promotionPolicySchema)),
});

export const ProjectConfig = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'ProjectConfig',
  plural: 'projectconfigs',
  statusSubresource: true,
  printerColumns: readyColumns,
  schema: s.object({
    spec: s.optional(projectConfigSpecSchema),
    status: s.optional(
      s.object({
        conditions: s.optional(conditionsSchema),
        observedGeneration: s.optional(s.int({ format: 'int64' })),
        lastHandledRefresh: s.optional(s.string()),
      }),
    ),
  }),
});
export type ProjectConfig = ObjectOfKind<typeof ProjectConfig>;
