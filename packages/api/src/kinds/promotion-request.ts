/** Kinds for promotion to many targets. They are stored and served, but nothing carries that out: requests end with the reason. */
import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s, type Schema } from '../schema/schema.ts';
import { GROUP, NAME_PATTERN, VERSION } from './patterns.ts';
import { conditionsSchema } from './field-schemas.ts';

const name = (doc: string): Schema<string> => s.string({ minLength: 1, maxLength: 253, pattern: NAME_PATTERN, doc });
const fixed = [{ rule: 'self == oldSelf', message: 'cannot be changed' }];
const counter = (what: string) => s.optional(s.int({ format: 'int32', doc: `How many are ${what}.` }));

export const PromotionRequest = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'PromotionRequest',
  plural: 'promotionrequests',
  shortNames: ['promotionrequest', 'promotionrequests'],
  statusSubresource: true,
  printerColumns: [
    { name: 'Stage', type: 'string', jsonPath: '.spec.stage' },
    { name: 'Freight', type: 'string', jsonPath: '.spec.freight' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  schema: s.object(
    {
      spec: s.object(
        {
          stage: s.with(name(''), { doc: 'Stage the Freight is promoted to. Cannot be changed.', rules: fixed }),
          freight: s.with(name(''), { doc: 'Freight that is promoted. Cannot be changed.', rules: fixed }),
          targets: s.array(s.object({ name: name('Name of the Target.') }), {
            listType: 'atomic',
            doc: 'Targets; there may be none.',
          }),
        },
        { doc: 'What is promoted where.' },
      ),
      status: s.optional(
        s.object(
          {
            conditions: s.optional(conditionsSchema),
            phase: s.optional(s.string({ doc: 'Pending, Running, Succeeded, Failed or Errored.' })),
            targets: s.optional(
              s.array(
                s.object({
                  name: name('Name of the Target.'),
                  promotion: s.optional(s.string({ doc: 'Name of its Promotion.' })),
                  phase: s.optional(s.string({ doc: 'Phase of its Promotion.' })),
                }),
                { listType: 'atomic', doc: 'The Promotions by Target.' },
              ),
            ),
            summary: s.optional(
              s.object(
                {
                  pending: counter('pending'),
                  running: counter('running'),
                  succeeded: counter('succeeded'),
                  failed: counter('failed'),
                  errored: counter('errored'),
                  aborted: counter('aborted'),
                },
                { doc: 'Promotions by phase.' },
              ),
            ),
            observedGeneration: s.optional(s.int({ format: 'int64', doc: 'Generation of the spec that this status follows.' })),
            startedAt: s.optional(s.time({ doc: 'When the first Promotion began.' })),
            finishedAt: s.optional(s.time({ doc: 'When the last one ended.' })),
          },
          { doc: 'What the system observed.' },
        ),
      ),
    },
    { doc: 'Promotion of Freight to the Targets of a Stage. Stored, not acted on.' },
  ),
});
export type PromotionRequest = ObjectOfKind<typeof PromotionRequest>;

export const Target = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'Target',
  plural: 'targets',
  statusSubresource: true,
  printerColumns: [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }],
  schema: s.object(
    {
      spec: s.optional(
        s.object({ params: s.optional(s.map(s.any(), { doc: 'Parameters for expressions.' })) }, { doc: 'What the Target is.' }),
      ),
      status: s.optional(s.object({}, { doc: 'Empty.' })),
    },
    { doc: 'One of many places that a Stage governs. Stored, not acted on.' },
  ),
});
export type Target = ObjectOfKind<typeof Target>;
