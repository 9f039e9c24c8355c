import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s, type Static } from '../schema/schema.ts';
import { GROUP, VERSION } from './patterns.ts';
import { artifactReferenceSchema, chartSchema, freightOriginSchema, gitCommitSchema, imageSchema } from './field-schemas.ts';

export const freightStatusSchema = s.object({
  currentlyIn: s.optional(
    s.map(s.object({ since: s.optional(s.time({ doc: 'When it came there.' })) }), { doc: 'Stages the Freight is in now.' }),
  ),
  verifiedIn: s.optional(
    s.map(
      s.object({
        verifiedAt: s.optional(s.time({ doc: 'When it was first verified there.' })),
        longestSoak: s.optional(s.string({ doc: 'Longest completed stay there, as a Go duration.' })),
      }),
      { doc: 'Stages the Freight was verified in.' },
    ),
  ),
  approvedFor: s.optional(
    s.map(
      s.object({
        approvedAt: s.optional(s.time({ doc: 'When it was approved.' })),
        approvedBy: s.optional(s.string({ doc: 'Who approved it, as an actor. Set by the API.' })),
      }),
      { doc: 'Stages the Freight was approved for by hand.' },
    ),
  ),
  metadata: s.optional(s.map(s.any(), { doc: 'Values that promotion steps attached.' })),
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
  schema: s.object(
    {
      alias: s.optional(s.string({ doc: 'A name for people; unique in the Project.' })),
      discoveredAt: s.optional(s.time({ doc: 'When the artifacts were found.' })),
      origin: freightOriginSchema,
      commits: s.optional(s.array(gitCommitSchema, { doc: 'Commits.' })),
      images: s.optional(s.array(imageSchema, { doc: 'Images.' })),
      charts: s.optional(s.array(chartSchema, { doc: 'Helm charts.' })),
      artifacts: s.optional(s.array(artifactReferenceSchema, { doc: 'Artifacts of other types.' })),
      status: s.optional(s.with(freightStatusSchema, { doc: 'What the system observed.' })),
    },
    { doc: 'A set of artifacts that is promoted as one.' },
  ),
});
export type Freight = ObjectOfKind<typeof Freight>;
