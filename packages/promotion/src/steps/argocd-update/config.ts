import type { LabelSelectorObject } from '@kargo/gocompat';
import type { ConfigSchema } from '../../step.ts';
import { absentFlag, absentText, flag, list, object, optionalText, presentText, text } from '../schema.ts';

export interface KustomizeImageUpdate {
  repoURL: string;
  tag?: string | undefined;
  digest?: string | undefined;
  newName?: string | undefined;
}

export interface SourceUpdate {
  repoURL: string;
  chart?: string | undefined;
  desiredRevision?: string | undefined;
  updateTargetRevision?: boolean | undefined;
  helm?: { images: { key: string; value: string }[] } | undefined;
  kustomize?: { images?: KustomizeImageUpdate[] | undefined } | undefined;
}

export interface AppUpdate {
  name?: string | undefined;
  namespace?: string | undefined;
  selector?: LabelSelectorObject | undefined;
  sources?: SourceUpdate[] | undefined;
}

export interface ArgoCDUpdateConfig {
  apps: AppUpdate[];
}

/** `selector` of the Argo CD steps: every requirement must hold, and there must be at least one. */
export const selectorSchema: ConfigSchema = object(
  {
    matchLabels: {
      type: 'object',
      description: 'Labels the Application must have.',
      additionalProperties: { type: 'string' },
    },
    matchExpressions: list(
      object(
        {
          key: text('Name of a label.'),
          operator: {
            type: 'string',
            description: 'How the label relates to the values.',
            enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'],
          },
          values: list({ type: 'string' }, 'Values, for In and NotIn.'),
        },
        ['key', 'operator'],
      ),
      'Requirements on the labels of the Application.',
    ),
  },
  [],
  {
    description: 'Which Applications to update, by their labels.',
    anyOf: [
      { required: ['matchLabels'], properties: { matchLabels: { minProperties: 1 } } },
      { required: ['matchExpressions'], properties: { matchExpressions: { minItems: 1 } } },
    ],
  },
);

const helmSchema = object(
  {
    images: list(
      object({ key: text('Name of a Helm parameter.'), value: { type: 'string', description: 'Its new value; may be empty.' } }, [
        'key',
        'value',
      ]),
      'Helm parameters to set.',
      { minItems: 1 },
    ),
  },
  ['images'],
  { description: 'What to change of the Helm parameters of the source.' },
);

const kustomizeSchema = object(
  {
    images: list(
      object(
        {
          repoURL: text('Repository of the image.'),
          tag: optionalText('Tag to set. Exclusive with `digest`.'),
          digest: optionalText('Digest to set. Exclusive with `tag`.'),
          newName: text('Name that takes the place of the image name.'),
        },
        ['repoURL'],
        {
          oneOf: [
            { properties: { digest: absentText, tag: absentText } },
            { required: ['digest'], properties: { digest: presentText, tag: absentText } },
            { required: ['tag'], properties: { digest: absentText, tag: presentText } },
          ],
        },
      ),
      'The images of the source; they replace those it has.',
      { minItems: 1 },
    ),
  },
  [],
  { description: 'What to change of the Kustomize images of the source.' },
);

const sourceSchema = object(
  {
    repoURL: text('Repository of the source to update.'),
    chart: text('Chart of the source to update; repository and chart must both be equal then.'),
    desiredRevision: text('Revision the source must be seen synced to.'),
    updateTargetRevision: flag('Write `desiredRevision` to the `targetRevision` of the source.'),
    helm: helmSchema,
    kustomize: kustomizeSchema,
  },
  ['repoURL'],
  {
    oneOf: [
      { properties: { desiredRevision: absentText, updateTargetRevision: absentFlag } },
      { required: ['desiredRevision'], properties: { desiredRevision: presentText } },
    ],
  },
);

const appSchema = object(
  {
    name: text('Name of the Application. Exclusive with `selector`.'),
    namespace: text('Namespace of the Application; that of Argo CD if absent.'),
    selector: selectorSchema,
    sources: list(sourceSchema, 'What to change of the sources, and what to expect of them.', { minItems: 1 }),
  },
  [],
  {
    oneOf: [
      { required: ['name'], properties: { name: presentText, selector: { enum: [null] } } },
      { required: ['selector'], properties: { name: absentText } },
    ],
  },
);

export const argoCDUpdateSchema: ConfigSchema = object(
  { apps: list(appSchema, 'Applications to update.', { minItems: 1 }) },
  ['apps'],
  { title: 'ArgoCDUpdateConfig' },
);

/** The output of steps about Applications. */
export const appsOutput: ConfigSchema = {
  type: 'array',
  description: 'The Applications.',
  items: object({ name: { type: 'string' }, namespace: { type: 'string' } }, ['name', 'namespace']),
};
