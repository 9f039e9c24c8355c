import { yamlText } from '@kargo/integrations';
import { compute } from '../../computations/compute.ts';
import type { Step } from '../../step.ts';
import { editText } from '../files/text-file.ts';
import { updateMessage, updatesSchema, type UpdatesConfig } from '../files/update-schema.ts';
import { commitMessageOutput } from '../schema.ts';

/**
 * Sets single values that exist in the first document of a YAML file. Nothing but these values changes: comments, quotes, order and line
 * endings stay. Output: `commitMessage`.
 */
export const yamlUpdate: Step<UpdatesConfig> = {
  name: 'yaml-update',
  outputs: commitMessageOutput,
  configSchema: updatesSchema(
    'YAML',
    'Where the value is, e.g. `image.tag` or `containers.0.image`. `\\.` and `\\:` stand for the characters themselves.',
    'What it is set to: text, a number, true, false or null; lists and maps are written in braces.',
  ),

  async run({ config: { path, updates }, workspace, signal }, ports) {
    await editText(workspace, path, (text) => compute('yaml-update', { path, text, updates }, text.length, ports, signal));
    const lines = updates.map(({ key, value }) => ({ key, text: yamlText(value) }));
    return { status: 'Succeeded', output: { commitMessage: updateMessage(path, lines) } };
  },
};
