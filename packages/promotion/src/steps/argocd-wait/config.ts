import type { LabelSelectorObject } from '@kargo/gocompat';
import type { ConfigSchema } from '../../step.ts';
import { selectorSchema } from '../argocd-update/config.ts';
import { absentText, list, object, presentText, text } from '../schema.ts';

/** What can be waited for. The first three are alternatives to each other; everything else must hold as well. */
export const CONDITIONS = ['health', 'sync', 'operation', 'suspended', 'degraded'] as const;
export type WaitCondition = (typeof CONDITIONS)[number];

export const DEFAULT_CONDITIONS: readonly WaitCondition[] = ['health', 'sync', 'operation'];

export interface AppWait {
  name?: string | undefined;
  namespace?: string | undefined;
  selector?: LabelSelectorObject | undefined;
  waitFor?: WaitCondition[] | undefined;
}

export interface ArgoCDWaitConfig {
  apps: AppWait[];
}

const appSchema = object(
  {
    name: text('Name of the Application. Exclusive with `selector`.'),
    namespace: text('Namespace of the Application; that of Argo CD if absent.'),
    selector: { ...selectorSchema, description: 'Which Applications to wait for, by their labels.' },
    waitFor: list(
      { type: 'string', enum: CONDITIONS },
      'What to wait for: `health`, `suspended` or `degraded` (any of those given), `sync` and `operation`; health, sync and operation if absent.',
      { minItems: 1, uniqueItems: true },
    ),
  },
  [],
  {
    oneOf: [
      { required: ['name'], properties: { name: presentText, selector: { enum: [null] } } },
      { required: ['selector'], properties: { name: absentText } },
    ],
  },
);

export const argoCDWaitSchema: ConfigSchema = object(
  { apps: list(appSchema, 'Applications to wait for.', { minItems: 1 }) },
  ['apps'],
  { title: 'ArgoCDWaitConfig' },
);
