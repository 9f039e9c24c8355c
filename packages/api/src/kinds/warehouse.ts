import { defineKind, type ObjectOfKind } from '../kind.ts';
import { type Json, s, type Static } from '../schema/schema.ts';
import {
  CHART_URL_PATTERN,
  DIGEST_PATTERN,
  DURATION_PATTERN,
  GIT_BRANCH_PATTERN,
  GIT_URL_PATTERN,
  GROUP,
  IMAGE_URL_PATTERN,
  TAG_PATTERN,
  VERSION,
} from './patterns.ts';
import { artifactReferenceSchema, conditionsSchema } from './field-schemas.ts';

const discoveryLimit = s.optional(
  s.int({ format: 'int32', minimum: 1, maximum: 100, default: 20, doc: 'How many artifacts are looked at.' }),
);

/** `git` in a subscription. Checked by admission, as subscriptions are open in the CRD. */
export const gitSubscriptionSchema = s.object({
  repoURL: s.string({ minLength: 1, pattern: GIT_URL_PATTERN }),
  commitSelectionStrategy: s.optional(
    s.enum(['Lexical', 'NewestFromBranch', 'NewestTag', 'SemVer'], { default: 'NewestFromBranch' }),
  ),
  branch: s.optional(s.string({ minLength: 1, maxLength: 255, pattern: GIT_BRANCH_PATTERN })),
  strictSemvers: s.optional(s.bool({ default: true })),
  semverConstraint: s.optional(s.string()),
  allowTagsRegexes: s.optional(s.array(s.string())),
  ignoreTagsRegexes: s.optional(s.array(s.string())),
  expressionFilter: s.optional(s.string()),
  since: s.optional(s.time()),
  includePaths: s.optional(s.array(s.string())),
  excludePaths: s.optional(s.array(s.string())),
  blobless: s.optional(s.bool()),
  insecureSkipTLSVerify: s.optional(s.bool()),
  discoveryLimit,
  allowTags: s.optional(s.string()),
  ignoreTags: s.optional(s.array(s.string())),
});
export type GitSubscription = Static<typeof gitSubscriptionSchema>;

export const imageSubscriptionSchema = s.object({
  repoURL: s.string({ minLength: 1, pattern: IMAGE_URL_PATTERN }),
  imageSelectionStrategy: s.optional(s.enum(['Digest', 'Lexical', 'NewestBuild', 'SemVer'], { default: 'SemVer' })),
  constraint: s.optional(s.string()),
  strictSemvers: s.optional(s.bool({ default: true })),
  allowTagsRegexes: s.optional(s.array(s.string())),
  ignoreTagsRegexes: s.optional(s.array(s.string())),
  platform: s.optional(s.string()),
  cacheByTag: s.optional(s.bool()),
  insecureSkipTLSVerify: s.optional(s.bool()),
  discoveryLimit,
  allowTags: s.optional(s.string()),
  ignoreTags: s.optional(s.array(s.string())),
});
export type ImageSubscription = Static<typeof imageSubscriptionSchema>;

export const chartSubscriptionSchema = s.object({
  repoURL: s.string({ minLength: 1, pattern: CHART_URL_PATTERN }),
  name: s.optional(s.string()),
  semverConstraint: s.optional(s.string()),
  insecureSkipTLSVerify: s.optional(s.bool()),
  discoveryLimit,
});
export type ChartSubscription = Static<typeof chartSubscriptionSchema>;

const discoveredCommitSchema = s.object({
  id: s.optional(s.string({ minLength: 1, doc: 'Commit ID (SHA).' })),
  branch: s.optional(s.string({ doc: 'Branch the commit was found on.' })),
  tag: s.optional(s.string({ doc: 'Tag that selected the commit.' })),
  subject: s.optional(s.string({ doc: 'First line of the commit message.' })),
  author: s.optional(s.string({ doc: 'Author, as `Name <email>`.' })),
  committer: s.optional(s.string({ doc: 'Committer, as `Name <email>`.' })),
  creatorDate: s.optional(s.time({ doc: 'When the commit, or the tag, was made.' })),
});
export type DiscoveredCommit = Static<typeof discoveredCommitSchema>;

const observedRefsSchema = s.object(
  {
    branchHead: s.optional(s.string({ doc: 'Commit at the head of the branch.' })),
    tags: s.optional(
      s.array(
        s.object({
          name: s.string({ minLength: 1, doc: 'Name of the tag.' }),
          id: s.string({ minLength: 1, doc: 'What it points at.' }),
        }),
        { doc: 'Tags that matter to the subscription, by name.' },
      ),
    ),
  },
  { doc: 'References of the remote at that time; while they stay the same there is nothing to look at.' },
);
export type ObservedRefs = Static<typeof observedRefsSchema>;

const gitDiscoverySchema = s.object({
  repoURL: s.string({ minLength: 1, pattern: GIT_URL_PATTERN, doc: 'Repository of the subscription.' }),
  subscriptionName: s.optional(s.string({ doc: 'Name of the subscription, if it has one.' })),
  commits: s.optional(s.array(discoveredCommitSchema, { doc: 'Commits, best first.' })),
  observedRefs: s.optional(observedRefsSchema),
});
export type GitDiscovery = Static<typeof gitDiscoverySchema>;

const discoveredImageReferenceSchema = s.object({
  tag: s.string({ minLength: 1, maxLength: 128, pattern: TAG_PATTERN, doc: 'Tag of the image.' }),
  digest: s.string({ minLength: 1, pattern: DIGEST_PATTERN, doc: 'Digest of the image.' }),
  annotations: s.optional(s.map(s.string(), { doc: 'OCI annotations of the image.' })),
  createdAt: s.optional(s.time({ doc: 'When the image was built.' })),
});
export type DiscoveredImageReference = Static<typeof discoveredImageReferenceSchema>;

const imageDiscoverySchema = s.object({
  repoURL: s.string({ minLength: 1, doc: 'Repository of the subscription.' }),
  platform: s.optional(s.string({ doc: 'Platform of the subscription, if it names one.' })),
  subscriptionName: s.optional(s.string({ doc: 'Name of the subscription, if it has one.' })),
  references: s.optional(s.array(discoveredImageReferenceSchema, { doc: 'Images, best first.' })),
});
export type ImageDiscovery = Static<typeof imageDiscoverySchema>;

const chartDiscoverySchema = s.object({
  repoURL: s.string({ minLength: 1, doc: 'Repository of the subscription.' }),
  name: s.optional(s.string({ doc: 'Name of the chart; empty for OCI repositories.' })),
  semverConstraint: s.optional(s.string({ doc: 'Constraint of the subscription.' })),
  subscriptionName: s.optional(s.string({ doc: 'Name of the subscription, if it has one.' })),
  versions: s.optional(s.array(s.string(), { doc: 'Versions, best first.' })),
});
export type ChartDiscovery = Static<typeof chartDiscoverySchema>;

const discoveryResultSchema = s.object({
  name: s.string({ minLength: 1, doc: 'Name of the subscription.' }),
  artifactReferences: s.optional(s.array(artifactReferenceSchema, { doc: 'Artifacts, best first.' })),
});
export type DiscoveryResult = Static<typeof discoveryResultSchema>;

const discoveredArtifactsSchema = s.object(
  {
    discoveredAt: s.optional(s.time({ doc: 'When the subscriptions were last looked at.' })),
    git: s.optional(s.array(gitDiscoverySchema, { doc: 'Commits by subscription.' })),
    images: s.optional(s.array(imageDiscoverySchema, { doc: 'Images by subscription.' })),
    charts: s.optional(s.array(chartDiscoverySchema, { doc: 'Charts by subscription.' })),
    results: s.optional(s.array(discoveryResultSchema, { doc: 'Artifacts of other types by subscription.' })),
  },
  { doc: 'What the subscriptions found.' },
);
export type DiscoveredArtifacts = Static<typeof discoveredArtifactsSchema>;

/** An optional `name` and exactly one other key: `git`, `image`, `chart`, or the type of another kind of artifact. */
export type Subscription = { [key: string]: Json };

export const warehouseSpecSchema = s.object(
  {
    shard: s.optional(s.string({ doc: 'Shard whose controller handles the Warehouse.' })),
    interval: s.defaulted(
      s.string({ pattern: DURATION_PATTERN, default: '5m0s', doc: 'How often the subscriptions are looked at.' }),
    ),
    freightCreationPolicy: s.optional(
      s.enum(['Automatic', 'Manual'], { default: 'Automatic', doc: 'Whether Freight is made of what is found.' }),
    ),
    freightCreationCriteria: s.optional(
      s.object(
        { expression: s.optional(s.string({ doc: 'Expression over the artifacts found that must be true.' })) },
        { doc: 'What must hold of the artifacts before Freight is made of them.' },
      ),
    ),
    subscriptions: s.array(s.opaque<Subscription>({ doc: 'One of git, image, chart, or another artifact type; and a name.' }), {
      minItems: 1,
      doc: 'Repositories to look at.',
    }),
  },
  { doc: 'Where artifacts come from.' },
);
export type WarehouseSpec = Static<typeof warehouseSpecSchema>;

export const warehouseStatusSchema = s.object(
  {
    conditions: s.optional(conditionsSchema),
    lastHandledRefresh: s.optional(s.string({ doc: 'Token of the last refresh that was carried out.' })),
    observedGeneration: s.optional(s.int({ format: 'int64', doc: 'Generation of the spec that this status follows.' })),
    lastFreightID: s.optional(s.string({ doc: 'Name of the Freight that was made last.' })),
    discoveredArtifacts: s.optional(discoveredArtifactsSchema),
  },
  { doc: 'What the system observed.' },
);
export type WarehouseStatus = Static<typeof warehouseStatusSchema>;

export const Warehouse = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'Warehouse',
  plural: 'warehouses',
  statusSubresource: true,
  printerColumns: [
    { name: 'Shard', type: 'string', jsonPath: '.spec.shard' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  schema: s.object(
    { spec: warehouseSpecSchema, status: s.optional(warehouseStatusSchema) },
    { doc: 'Looks at repositories and makes Freight of what is new there.' },
  ),
});
export type Warehouse = ObjectOfKind<typeof Warehouse>;
