import type { Json } from '@kargo/api';
import type { ConfigSchema } from '../../step.ts';
import { list, object, text } from '../schema.ts';

/** A value to be set in a file. */
export interface UpdateConfig {
  key: string;
  value: Json;
}

/** Configuration of the steps that set values in a file. */
export interface UpdatesConfig {
  path: string;
  updates: UpdateConfig[];
}

/** The schema of {@link UpdatesConfig}. `format`: of the file, as people write it. */
export function updatesSchema(format: string, key: string, value: string): ConfigSchema {
  return object(
    {
      path: text(`The ${format} file.`),
      updates: list(object({ key: text(key), value: { description: value } }, ['key', 'value']), 'What to set, in order.', {
        minItems: 1,
      }),
    },
    ['path', 'updates'],
    { title: `${format}UpdateConfig` },
  );
}

/** What the step says about itself in commits: every update with its value as a file has it. */
export function updateMessage(path: string, updates: readonly { key: string; text: string }[]): string {
  return `Updated ${path}\n\n${updates.map(({ key, text: value }) => `- ${key}: ${value}`).join('\n')}`;
}

/** Whole numbers in full, all digits of them. */
export function numberText(value: number): string {
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}
