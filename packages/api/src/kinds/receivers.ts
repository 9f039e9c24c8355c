import { s, type Schema, type Static } from '../schema/schema.ts';
import { NAME_PATTERN } from './patterns.ts';
import { labelSelectorSchema } from './field-schemas.ts';

const secretReferenceSchema = s.object(
  { name: s.optional(s.string({ default: '', doc: 'Name of the Secret.' })) },
  { mapType: 'atomic', doc: 'Secret that senders must know, in the namespace of the configuration.' },
);

const plainReceiverSchema = (sender: string): Schema<{ secretRef: { name?: string | undefined } }> =>
  s.object({ secretRef: secretReferenceSchema }, { doc: `Receives what ${sender} sends.` });

const genericActionSchema = s.object({
  action: s.enum(['Refresh'], { doc: 'What to do.' }),
  whenExpression: s.optional(s.string({ doc: 'Expression over the request that decides whether to do it.' })),
  parameters: s.optional(s.map(s.string(), { doc: 'Parameters of the action.' })),
  targetSelectionCriteria: s.optional(
    s.array(
      s.object({
        kind: s.enum(['Warehouse'], { doc: 'Kind of the objects.' }),
        name: s.optional(s.string({ doc: 'Name of the object; may hold expressions.' })),
        labelSelector: s.optional(labelSelectorSchema),
        indexSelector: s.optional(
          s.object(
            {
              matchIndices: s.optional(
                s.array(
                  s.object({
                    key: s.enum(['subscribedURLs', 'receiverPaths'], { doc: 'What is compared.' }),
                    operator: s.string({ doc: 'Equals or NotEquals.' }),
                    value: s.string({ doc: 'Value to compare with; may hold expressions.' }),
                  }),
                  { minItems: 1, doc: 'Requirements that must all hold.' },
                ),
              ),
            },
            { doc: 'Selects by what the object subscribes to.' },
          ),
        ),
      }),
      { minItems: 1, doc: 'Which objects it is done to.' },
    ),
  ),
});

/** Senders with a receiver type of their own. Exactly one of these keys, or `generic`, belongs in a receiver. */
export const RECEIVER_TYPES = [
  'bitbucket',
  'dockerhub',
  'github',
  'gitlab',
  'harbor',
  'quay',
  'artifactory',
  'azure',
  'gitea',
  'generic',
] as const;
export type ReceiverType = (typeof RECEIVER_TYPES)[number];

export const webhookReceiverSchema = s.object({
  name: s.string({ minLength: 1, maxLength: 253, pattern: NAME_PATTERN, doc: 'Name of the receiver.' }),
  bitbucket: s.optional(plainReceiverSchema('Bitbucket')),
  dockerhub: s.optional(plainReceiverSchema('Docker Hub')),
  github: s.optional(plainReceiverSchema('GitHub')),
  gitlab: s.optional(plainReceiverSchema('GitLab')),
  harbor: s.optional(plainReceiverSchema('Harbor')),
  quay: s.optional(plainReceiverSchema('Quay')),
  artifactory: s.optional(
    s.object(
      {
        secretRef: secretReferenceSchema,
        virtualRepoName: s.optional(s.string({ doc: 'Repository name that subscriptions use, if it is a virtual one.' })),
      },
      { doc: 'Receives what Artifactory sends.' },
    ),
  ),
  azure: s.optional(plainReceiverSchema('Azure')),
  gitea: s.optional(plainReceiverSchema('Gitea')),
  generic: s.optional(
    s.object(
      {
        secretRef: secretReferenceSchema,
        actions: s.optional(s.array(genericActionSchema, { minItems: 1, doc: 'What requests set off.' })),
      },
      { doc: 'Receives any request.' },
    ),
  ),
});
export type WebhookReceiver = Static<typeof webhookReceiverSchema>;

export const webhookReceiversSchema: Schema<WebhookReceiver[]> = s.array(webhookReceiverSchema, {
  doc: 'Where registries and repositories announce what is new.',
});

export const receiverStatusesSchema = s.array(
  s.object({
    name: s.optional(s.string({ doc: 'Name of the receiver.' })),
    path: s.optional(s.string({ doc: 'Path it listens at.' })),
    url: s.optional(s.string({ doc: 'The whole URL.' })),
  }),
  { doc: 'Receivers that are in place.' },
);
