import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s, type Static } from '../schema/schema.ts';
import { GROUP, VERSION } from './patterns.ts';
import { artifactReferenceSchema, chartSchema, freightOriginSchema, gitCommitSchema, imageSchema } from './shared.ts';

export const freightStatusSchema = s.object({
  currentlyIn: s.optional(s.map(s.object({ since: s.optional(s.time()) }), { doc: 'Stages the Freight is in now.' })),
  verifiedIn: s.optional(
    s.map(s.object({ verifiedAt: s.optional(s.time()), longestSoak: s.optional(s.string()) }), {
      doc: 'Stages the Freight was verified in.',
    }),
  ),
  approvedFor: s.optional(
    s.map(s.object({ approvedAt: s.optional(s.time()) }), { doc: 'Stages the Freight was approved for by hand.' }),
  ),
  metadata: s.optional(s.map(s.any())),
});
export type FreightStatus = Static<typeof freightStatusSchema>;

export const Freight = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'Freight',
  plural: 'freights',
  statusSubresource: true,
  printerColumns: [
    { name: 'Alias', type: 'string', jsonPath: '.metadata.labels.kargo\\.akuity\\.io/alias' },
    { name: 'Origin (Kind)', type: 'string', jsonPath: '.origin.kind' },
    { name: 'Origin (Name)', type: 'string', jsonPath: '.origin.name' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  schema: s.object({
    alias: s.optional(s.string({ doc: 'A name for people; unique in the Project.' })),
    discoveredAt: s.optional(s.time({ doc: 'When the artifacts were found.' })),
    origin: freightOriginSchema,
    commits: s.optional(s.array(gitCommitSchema)),
    images: s.optional(s.array(imageSchema)),
    charts: s.optional(s.array(chartSchema)),
    artifacts: s.optional(s.array(artifactReferenceSchema)),
    status: s.optional(freightStatusSchema),
  }),
});
export type Freight = ObjectOfKind<typeof Freight>;
