import type { Json } from '@kargo/api';
import { compute } from '../../computations/compute.ts';
import type { Step } from '../../step.ts';
import { editText } from '../files/text-file.ts';
import { updateMessage, updatesSchema, type UpdatesConfig } from '../files/update-schema.ts';
import { jsonText, type JsonScalar } from './edit-json.ts';
import { commitMessageOutput } from '../schema.ts';

/**
 * Sets single values in a JSON file, making what is missing on the way. Every other character of the file stays. Output:
 * `commitMessage`.
 */
export const jsonUpdate: Step<UpdatesConfig> = {
  name: 'json-update',
  outputs: commitMessageOutput,
  configSchema: updatesSchema(
    'JSON',
    'Where the value goes, e.g. `image.tag` or `list.0`; `list.-1` appends. `\\` takes the meaning from a character, `:1` is a key and no index.',
    'What it is set to: text, a number, true or false.',
  ),

  async run({ config: { path, updates }, workspace, signal }, ports) {
    const wanted = updates.map(({ key, value }) => ({ key, value: scalarOf(key, value) }));
    await editText(workspace, path, (text) =>
      compute('json-update', { path, text, updates: wanted }, text.length, ports, signal),
    );
    const lines = wanted.map(({ key, value }) => ({ key, text: jsonText(value) }));
    return { status: 'Succeeded', output: { commitMessage: updateMessage(path, lines) } };
  },
};

function scalarOf(key: string, value: Json): JsonScalar {
  if (typeof value === 'object') throw new Error(`value for key "${key}" is not a scalar type`);
  return value;
}
