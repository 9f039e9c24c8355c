import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s, type Static } from '../schema/schema.ts';
import { GROUP, VERSION } from './patterns.ts';
import { taskStepSchema, variableSchema } from './field-schemas.ts';

export const promotionTaskSpecSchema = s.object(
  {
    vars: s.optional(
      s.array(variableSchema, { doc: 'Variables of the steps. One without a value must be set by whoever uses the task.' }),
    ),
    steps: s.array(taskStepSchema, { minItems: 1, doc: 'Steps that take the place of a reference to the task.' }),
  },
  { doc: 'The steps of the task.' },
);
export type PromotionTaskSpec = Static<typeof promotionTaskSpecSchema>;

const printerColumns = [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }] as const;

/** Steps that Stages of a Project share. Changes affect only Promotions created later. */
export const PromotionTask = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'PromotionTask',
  plural: 'promotiontasks',
  shortNames: ['promotask', 'promotasks'],
  printerColumns,
  schema: s.object({ spec: promotionTaskSpecSchema }, { doc: 'Steps that Stages of a Project share.' }),
});
export type PromotionTask = ObjectOfKind<typeof PromotionTask>;

/** Steps that Stages of all Projects share. Changes affect only Promotions created later. */
export const ClusterPromotionTask = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'ClusterPromotionTask',
  plural: 'clusterpromotiontasks',
  shortNames: ['clusterpromotask', 'clusterpromotasks'],
  scope: 'Cluster',
  printerColumns,
  schema: s.object({ spec: promotionTaskSpecSchema }, { doc: 'Steps that Stages of all Projects share.' }),
});
export type ClusterPromotionTask = ObjectOfKind<typeof ClusterPromotionTask>;
