import type { Json } from '@kargo/api';
import { compute } from '../../computations/compute.ts';
import type { Step } from '../../step.ts';
import { editText } from '../files/text-file.ts';
import { updateMessage, updatesSchema, type UpdatesConfig } from '../files/update-schema.ts';
import { tomlText, type TomlScalar } from './edit-toml.ts';
import { commitMessageOutput } from '../schema.ts';

/** Sets single values that exist in a TOML file. Nothing but these values changes. Output: `commitMessage`. */
export const tomlUpdate: Step<UpdatesConfig> = {
  name: 'toml-update',
  outputs: commitMessageOutput,
  configSchema: updatesSchema(
    'TOML',
    'Where the value is, e.g. `package.version` or `servers.0.host`. `\\.` and `\\:` stand for the characters themselves.',
    'What it is set to: text, a number, true or false.',
  ),

  async run({ config: { path, updates }, workspace, signal }, ports) {
    const wanted = updates.map(({ key, value }) => ({ key, value: scalarOf(key, value) }));
    await editText(workspace, path, (text) =>
      compute('toml-update', { path, text, updates: wanted }, text.length, ports, signal),
    );
    const lines = wanted.map(({ key, value }) => ({ key, text: tomlText(value) }));
    return { status: 'Succeeded', output: { commitMessage: updateMessage(path, lines) } };
  },
};

function scalarOf(key: string, value: Json): TomlScalar {
  if (typeof value === 'object') throw new Error(`value for key "${key}" is not a TOML scalar type`);
  return value;
}
