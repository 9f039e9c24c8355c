import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s, type Static } from '../schema/schema.ts';
import { DURATION_PATTERN, GROUP, VERSION } from './patterns.ts';
import { artifactReferenceSchema, conditionsSchema } from './shared.ts';

const discoveryLimit = s.optional(
  s.int({ format: 'int32', minimum: 1, maximum: 100, default: 20, doc: 'How many artifacts are looked at.' }),
);

/** `git` in a subscription. Checked by admission, as subscriptions are open in the CRD. */
export const gitSubscriptionSchema = s.object({
  repoURL: s.string({ minLength: 1 }),
  commitSelectionStrategy: s.optional(
    s.enum(['Lexical', 'NewestFromBranch', 'NewestTag', 'SemVer'], { default: 'NewestFromBranch' }),
  ),
  branch: s.optional(s.string({ minLength: 1, maxLength: 255 })),
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
  repoURL: s.string({ minLength: 1 }),
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
  repoURL: s.string({ minLength: 1 }),
  name: s.optional(s.string()),
  semverConstraint: s.optional(s.string()),
  insecureSkipTLSVerify: s.optional(s.bool()),
  discoveryLimit,
});
export type ChartSubscription = Static<typeof chartSubscriptionSchema>;

const discoveredCommitSchema = s.object({
  id: s.optional(s.string()),
  branch: s.optional(s.string()),
  tag: s.optional(s.string()),
  subject: s.optional(s.string()),
  author: s.optional(s.string()),
  committer: s.optional(s.string()),
  creatorDate: s.optional(s.time()),
});
export type DiscoveredCommit = Static<typeof discoveredCommitSchema>;

const discoveredImageReferenceSchema = s.object({
  tag: s.string({ minLength: 1, maxLength: 128, pattern: '^[\\w.\\-\\_]+$' }),
  digest: s.string({ minLength: 1, pattern: '^[a-z0-9]+:[a-f0-9]+$' }),
  annotations: s.optional(s.map(s.string())),
  createdAt: s.optional(s.time()),
});
export type DiscoveredImageReference = Static<typeof discoveredImageReferenceSchema>;

export const warehouseSpecSchema = s.object({
  shard: s.optional(s.string({ doc: 'Shard whose controller handles the Warehouse.' })),
  interval: s.optional(
    s.string({ pattern: DURATION_PATTERN, default: '5m0s', doc: 'How often the subscriptions are looked at.' }),
  ),
  freightCreationPolicy: s.optional(
    s.enum(['Automatic', 'Manual'], { default: 'Automatic', doc: 'Whether Freight is made of what is found.' }),
  ),
  freightCreationCriteria: s.optional(s.object({ expression: s.optional(s.string()) })),
  subscriptions: s.array(s.anyObject({ doc: 'One of git, image, chart, or another artifact type.' }), { minItems: 1 }),
});
export type WarehouseSpec = Static<typeof warehouseSpecSchema>;

export const warehouseStatusSchema = s.object({
  conditions: s.optional(conditionsSchema),
  lastHandledRefresh: s.optional(s.string()),
  observedGeneration: s.optional(s.int({ format: 'int64' })),
  lastFreightID: s.optional(s.string()),
  discoveredArtifacts: s.optional(
    s.object({
      discoveredAt: s.optional(s.time()),
      git: s.optional(
        s.array(
          s.object({
            repoURL: s.string({ minLength: 1 }),
            subscriptionName: s.optional(s.string()),
            commits: s.optional(s.array(discoveredCommitSchema)),
            observedRefs: s.optional(
              s.object({
                branchHead: s.optional(s.string()),
                tags: s.optional(s.array(s.object({ name: s.string(), id: s.string() }))),
              }),
            ),
          }),
        ),
      ),
      images: s.optional(
        s.array(
          s.object({
            repoURL: s.string({ minLength: 1 }),
            platform: s.optional(s.string()),
            subscriptionName: s.optional(s.string()),
            references: s.optional(s.array(discoveredImageReferenceSchema)),
          }),
        ),
      ),
      charts: s.optional(
        s.array(
          s.object({
            repoURL: s.string({ minLength: 1 }),
            name: s.optional(s.string()),
            semverConstraint: s.optional(s.string()),
            subscriptionName: s.optional(s.string()),
            versions: s.optional(s.array(s.string())),
          }),
        ),
      ),
      results: s.optional(
        s.array(s.object({ name: s.string(), artifactReferences: s.optional(s.array(artifactReferenceSchema)) })),
      ),
    }),
  ),
});
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
  schema: s.object({ spec: warehouseSpecSchema, status: s.optional(warehouseStatusSchema) }),
});
export type Warehouse = ObjectOfKind<typeof Warehouse>;
