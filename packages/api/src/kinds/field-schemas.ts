/** Schemas of fields that several kinds have. */
import { s, type Schema, type Static, type ValidationRule } from '../schema/schema.ts';
import { NAME_PATTERN, VARIABLE_PATTERN } from './patterns.ts';

/** A condition: one observation of an object's state. */
export const conditionSchema = s.object({
  type: s.string({
    maxLength: 316,
    pattern: '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    doc: 'What is observed, in CamelCase.',
  }),
  status: s.enum(['True', 'False', 'Unknown'], { doc: 'Whether it holds.' }),
  reason: s.string({
    minLength: 1,
    maxLength: 1024,
    pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    doc: 'Why, as one CamelCase word for programs.',
  }),
  message: s.string({ maxLength: 32768, doc: 'Why, for people. May be empty.' }),
  lastTransitionTime: s.time({ doc: 'When the status last changed.' }),
  observedGeneration: s.optional(s.int({ format: 'int64', minimum: 0, doc: 'The generation this was observed at.' })),
});
export type Condition = Static<typeof conditionSchema>;

export const conditionsSchema: Schema<Condition[]> = s.array(conditionSchema, {
  listType: 'map',
  listMapKeys: ['type'],
  doc: 'The last observations of the state of the object.',
});

export const freightOriginSchema = s.object(
  {
    kind: s.enum(['Warehouse'], { doc: 'Kind of the origin. Warehouse is the only one.' }),
    name: s.string({ doc: 'Name of the origin.' }),
  },
  { doc: 'What produces the Freight.' },
);
export type FreightOrigin = Static<typeof freightOriginSchema>;

/** `<Kind>/<name>`, e.g. `Warehouse/my-warehouse`. */
export function originKey({ kind, name }: FreightOrigin): string {
  return `${kind}/${name}`;
}

export const variableSchema = s.object({
  name: s.string({ minLength: 1, pattern: VARIABLE_PATTERN, doc: 'Name of the variable.' }),
  value: s.optional(s.string({ doc: 'Value; may hold expressions.' })),
});
export type Variable = Static<typeof variableSchema>;

export const gitCommitSchema = s.object({
  repoURL: s.optional(s.string({ doc: 'URL of the Git repository.' })),
  id: s.optional(s.string({ doc: 'Commit ID (SHA).' })),
  branch: s.optional(s.string({ doc: 'Branch the commit was found on.' })),
  tag: s.optional(s.string({ doc: 'Tag that selected the commit.' })),
  message: s.optional(s.string({ doc: 'First line of the commit message.' })),
  author: s.optional(s.string({ doc: 'Author, as `Name <email>`.' })),
  committer: s.optional(s.string({ doc: 'Committer, as `Name <email>`.' })),
  subscriptionName: s.optional(s.string({ doc: 'Subscription that found the commit.' })),
  healthCheckCommit: s.optional(
    s.string({ doc: 'Commit whose deployment decides about health; older form of the health-check configuration.' }),
  ),
});
export type GitCommit = Static<typeof gitCommitSchema>;

export const imageSchema = s.object({
  repoURL: s.optional(s.string({ doc: 'Repository of the image.' })),
  tag: s.optional(s.string({ doc: 'Tag of the image.' })),
  digest: s.optional(s.string({ doc: 'Digest of the image.' })),
  annotations: s.optional(s.map(s.string(), { doc: 'OCI annotations of the image.' })),
  subscriptionName: s.optional(s.string({ doc: 'Subscription that found the image.' })),
});
export type Image = Static<typeof imageSchema>;

export const chartSchema = s.object({
  repoURL: s.optional(s.string({ doc: 'Repository of the chart.' })),
  name: s.optional(s.string({ doc: 'Name of the chart; empty for OCI repositories.' })),
  version: s.optional(s.string({ doc: 'Version of the chart.' })),
  subscriptionName: s.optional(s.string({ doc: 'Subscription that found the chart.' })),
});
export type Chart = Static<typeof chartSchema>;

export const artifactReferenceSchema = s.object({
  artifactType: s.optional(s.string({ minLength: 1, doc: 'Type of the artifact.' })),
  subscriptionName: s.string({ minLength: 1, doc: 'Subscription that found the artifact.' }),
  version: s.string({ minLength: 1, doc: 'Version of the artifact.' }),
  metadata: s.optional(s.any({ doc: 'Further facts about the artifact.' })),
});
export type ArtifactReference = Static<typeof artifactReferenceSchema>;

/** A copy of what identifies a Freight and of its artifacts, as it stands in the status of Stages and Promotions. */
export const freightReferenceSchema = s.object({
  name: s.optional(s.string({ doc: 'Name of the Freight.' })),
  origin: s.optional(freightOriginSchema),
  commits: s.optional(s.array(gitCommitSchema, { doc: 'Commits.' })),
  images: s.optional(s.array(imageSchema, { doc: 'Images.' })),
  charts: s.optional(s.array(chartSchema, { doc: 'Helm charts.' })),
  artifacts: s.optional(s.array(artifactReferenceSchema, { doc: 'Artifacts of other types.' })),
});
export type FreightReference = Static<typeof freightReferenceSchema>;

export const VERIFICATION_PHASES = ['Pending', 'Running', 'Successful', 'Failed', 'Error', 'Aborted', 'Inconclusive'] as const;
export type VerificationPhase = (typeof VERIFICATION_PHASES)[number];

export const verificationInfoSchema = s.object({
  id: s.optional(s.string({ doc: 'UUID of this verification.' })),
  actor: s.optional(s.string({ doc: 'Who asked for it, if not the system.' })),
  startTime: s.optional(s.time({ doc: 'When it started.' })),
  finishTime: s.optional(s.time({ doc: 'When it ended.' })),
  phase: s.optional(s.string({ doc: `One of ${VERIFICATION_PHASES.join(', ')}.` })),
  message: s.optional(s.string({ doc: 'Why it is in this phase.' })),
  analysisRun: s.optional(
    s.object(
      {
        name: s.string({ doc: 'Name of the AnalysisRun.' }),
        namespace: s.string({ doc: 'Namespace of the AnalysisRun.' }),
        phase: s.string({ doc: 'Phase of the AnalysisRun; empty until it was first looked at.' }),
      },
      { doc: 'The AnalysisRun that decides, if there is one.' },
    ),
  ),
});
export type VerificationInfo = Static<typeof verificationInfoSchema>;

export const freightCollectionSchema = s.object({
  id: s.string({ doc: 'SHA-1 over the sorted names of the Freight.' }),
  items: s.optional(s.map(freightReferenceSchema, { doc: 'Freight by origin, keyed `Warehouse/<name>`.' })),
  verificationHistory: s.optional(
    s.array(verificationInfoSchema, { doc: 'Verifications of this collection, newest first, at most ten.' }),
  ),
});
export type FreightCollection = Static<typeof freightCollectionSchema>;

export const taskReferenceSchema = s.object(
  {
    name: s.string({ minLength: 1, maxLength: 253, pattern: NAME_PATTERN, doc: 'Name of the task.' }),
    kind: s.optional(s.enum(['PromotionTask', 'ClusterPromotionTask'], { doc: 'Kind of the task; PromotionTask if absent.' })),
  },
  { doc: 'Task whose steps take the place of this one.' },
);
export type TaskReference = Static<typeof taskReferenceSchema>;

const stepFields = s.object({
  uses: s.optional(s.string({ minLength: 1, doc: 'Name of the step to run.' })),
  task: s.optional(taskReferenceSchema),
  as: s.optional(s.string({ doc: 'Alias under which later steps find the outputs.' })),
  if: s.optional(s.string({ doc: 'Expression that decides whether the step runs.' })),
  continueOnError: s.optional(s.bool({ doc: 'Whether the outcome of the step is ignored.' })),
  retry: s.optional(
    s.object(
      {
        timeout: s.optional(
          s.string({ doc: 'How long the step may take over all attempts, as a Go duration. Absent: as the step decides.' }),
        ),
        errorThreshold: s.optional(
          s.int({
            format: 'int32',
            minimum: 0,
            doc: 'Errors in a row after which the step fails. 0 or absent: as the step decides.',
          }),
        ),
      },
      { doc: 'How often and how long the step is tried.' },
    ),
  ),
  vars: s.optional(s.array(variableSchema, { doc: 'Variables of this step; they win over those of the promotion.' })),
  config: s.optional(s.any({ doc: 'Configuration of the step; may hold expressions in every string.' })),
});
export type PromotionStep = Static<typeof stepFields>;

const NO_TASK = 'has(self.uses) && !has(self.task)';

function stepSchema(doc: string, rules: readonly ValidationRule[]): Schema<PromotionStep> {
  return s.with(stepFields, { doc, rules });
}

/** A step of a Stage's template: `uses` names the step, or `task` a task whose steps take its place. */
export const templateStepSchema: Schema<PromotionStep> = stepSchema('One step, or a reference to a task.', [
  {
    rule: '(has(self.uses) ? !has(self.task) : has(self.task))',
    message: 'a step names either the step it runs (uses) or a task, and not both',
  },
  { rule: '!has(self.task) || !has(self.continueOnError)', message: 'continueOnError cannot be set on a reference to a task' },
  { rule: '!has(self.task) || !has(self.retry)', message: 'retry cannot be set on a reference to a task' },
]);

/** A step of a Promotion, in which tasks have been replaced by their steps. */
export const promotionStepSchema: Schema<PromotionStep> = stepSchema('One step.', [
  { rule: NO_TASK, message: 'a step of a Promotion names the step it runs (uses) and no task' },
]);

/** A step of a task. Tasks do not nest. */
export const taskStepSchema: Schema<PromotionStep> = stepSchema('One step.', [
  { rule: NO_TASK, message: 'a step of a task names the step it runs (uses); tasks do not refer to other tasks' },
]);

export const labelSelectorRequirementSchema = s.object({
  key: s.string({ doc: 'Key of the label.' }),
  operator: s.string({ doc: 'In, NotIn, Exists or DoesNotExist.' }),
  values: s.optional(s.array(s.string(), { listType: 'atomic', doc: 'Values for In and NotIn.' })),
});

const labelSelectorFields = {
  matchLabels: s.optional(s.map(s.string(), { doc: 'Labels that must be there with these values.' })),
  matchExpressions: s.optional(
    s.array(labelSelectorRequirementSchema, { listType: 'atomic', doc: 'Requirements that must all hold.' }),
  ),
};

/** A Kubernetes label selector. */
export const labelSelectorSchema = s.object(labelSelectorFields, { mapType: 'atomic', doc: 'Selects by label.' });
export type LabelSelector = Static<typeof labelSelectorSchema>;

/** Selects by name, exactly or by pattern, and by label. */
export const namedSelectorSchema = s.object(
  {
    name: s.optional(s.string({ doc: 'Exact name, or a pattern behind `regex:`, `regexp:` or `glob:`.' })),
    ...labelSelectorFields,
  },
  { mapType: 'atomic', doc: 'Selects by name and label; both must match. Empty selects everything.' },
);
export type NamedSelector = Static<typeof namedSelectorSchema>;
