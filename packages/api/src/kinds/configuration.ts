/** Parts that the configurations of Projects and of the cluster have in common. */
import { s, type Schema, type Static } from '../schema/schema.ts';
import type { PrinterColumn } from '../kind.ts';
import { NAME_PATTERN } from './patterns.ts';
import { namedSelectorSchema } from './field-schemas.ts';

/** Columns of kinds that are known by whether they are Ready. */
export const readyColumns: readonly PrinterColumn[] = [
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Status', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

export const deepLinkSchema = s.object({
  title: s.string({ minLength: 1, doc: 'Text of the link.' }),
  url: s.string({ minLength: 1, doc: 'Where it leads; may hold expressions.' }),
  description: s.optional(s.string({ doc: 'What is found there.' })),
  if: s.optional(s.string({ doc: 'Expression that decides whether the link is shown.' })),
});
export type DeepLink = Static<typeof deepLinkSchema>;

export const freightLinksSchema: Schema<DeepLink[]> = s.array(deepLinkSchema, { doc: 'Links shown with Freight.' });
export const stageLinksSchema: Schema<DeepLink[]> = s.array(deepLinkSchema, { doc: 'Links shown with Stages.' });

export const promotionWindowsSchema = s.array(
  s.object({
    name: s.string({ minLength: 1, maxLength: 253, pattern: NAME_PATTERN, doc: 'Name of the window.' }),
    kind: s.enum(['Allow', 'Deny'], { doc: 'Whether promotions are allowed or denied within it.' }),
    stageSelector: s.optional(s.with(namedSelectorSchema, { doc: 'Stages it is for.' })),
    projectSelector: s.optional(s.with(namedSelectorSchema, { doc: 'Projects it is for.' })),
    rrule: s.optional(s.string({ doc: 'When it recurs, as an RFC 5545 rule.' })),
    dtstart: s.optional(s.string({ doc: 'When it first begins.' })),
    dtend: s.optional(s.string({ doc: 'When it first ends.' })),
  }),
  { listType: 'map', listMapKeys: ['name'], doc: 'Times for promotions. Stored, not acted on.' },
);
