/** What senders delivered to webhook receivers, for people to look at and to have handled again. */
import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s, type Static } from '../schema/schema.ts';
import { GROUP, VERSION } from './patterns.ts';

const outcomeFields = {
  at: s.time({ doc: 'When it was handled.' }),
  code: s.int({ format: 'int32', doc: 'HTTP status code of the answer.' }),
  message: s.optional(s.string({ doc: 'What the answer said.' })),
  targets: s.optional(
    s.array(s.string(), { listType: 'atomic', doc: 'Objects that were woken, as `Kind namespace/name`; the first hundred.' }),
  ),
};

export const webhookDeliverySpecSchema = s.object(
  {
    receiver: s.string({ doc: 'Name of the receiver.' }),
    type: s.string({ doc: 'Type of the receiver, such as `github`.' }),
    receivedAt: s.time({ doc: 'When it came.' }),
    headers: s.optional(s.map(s.string(), { doc: 'Headers, without those that may hold secrets.' })),
    query: s.optional(s.map(s.string(), { doc: 'Query parameters, without those that may hold secrets.' })),
    body: s.optional(
      s.string({ doc: 'The body, with values that may be secrets replaced. Absent if it was too large to be kept.' }),
    ),
    bodySize: s.int({ format: 'int32', doc: 'Bytes of the body as it came.' }),
    removed: s.optional(
      s.array(s.string(), { listType: 'atomic', doc: 'Headers, parameters and fields that were left out or replaced.' }),
    ),
  },
  { doc: 'What came.' },
);

/** A delivery to a webhook receiver and what came of it. Kept for some time, in bounded numbers. */
export const WebhookDelivery = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'WebhookDelivery',
  plural: 'webhookdeliveries',
  printerColumns: [
    { name: 'Receiver', type: 'string', jsonPath: '.spec.receiver' },
    { name: 'Type', type: 'string', jsonPath: '.spec.type' },
    { name: 'Code', type: 'integer', jsonPath: '.outcome.code' },
    { name: 'Message', type: 'string', jsonPath: '.outcome.message' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  schema: s.object(
    {
      spec: webhookDeliverySpecSchema,
      outcome: s.object(outcomeFields, { doc: 'What came of it when it came.' }),
      replays: s.optional(
        s.array(s.object({ ...outcomeFields, actor: s.optional(s.string({ doc: 'Who asked for it.' })) }), {
          maxItems: 10,
          listType: 'atomic',
          doc: 'What came of it when it was handled again, newest first.',
        }),
      ),
    },
    { doc: 'A delivery to a webhook receiver and what came of it. Kept for some time, in bounded numbers.' },
  ),
});
export type WebhookDelivery = ObjectOfKind<typeof WebhookDelivery>;
export type WebhookDeliverySpec = Static<typeof webhookDeliverySpecSchema>;
export type WebhookDeliveryOutcome = WebhookDelivery['outcome'];
