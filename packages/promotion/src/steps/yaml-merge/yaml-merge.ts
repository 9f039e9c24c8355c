import { compute } from '../../computations/compute.ts';
import type { Step } from '../../step.ts';
import { refuseRepositoryPath } from '../files/repository-path.ts';
import { readText } from '../files/text-file.ts';
import { commitMessageOutput, flag, list, object, text } from '../schema.ts';
import type { MergeInput } from './merge-yaml.ts';

export interface YamlMergeConfig {
  inFiles: string[];
  outFile: string;
  ignoreMissingFiles?: boolean | undefined;
}

/** Merges YAML files into one, the later ones on top of the earlier ones. Output: `commitMessage`, unless there was no file at all. */
export const yamlMerge: Step<YamlMergeConfig> = {
  name: 'yaml-merge',
  outputs: commitMessageOutput,
  configSchema: object(
    {
      inFiles: list(
        { type: 'string', description: 'A YAML file; its first document counts.' },
        'The files, the last one on top.',
        {
          minItems: 1,
        },
      ),
      outFile: text('Where the result goes. May be one of the files.'),
      ignoreMissingFiles: flag('Leave out files that do not exist.', { default: false }),
    },
    ['inFiles', 'outFile'],
    { title: 'YAMLMergeConfig' },
  ),

  async run({ config: { inFiles, outFile, ignoreMissingFiles = false }, workspace, signal }, ports) {
    await refuseRepositoryPath(workspace, outFile);
    const inputs: MergeInput[] = [];
    for (const path of inFiles) {
      signal.throwIfAborted();
      if ((await workspace.stat(path, { follow: true })) !== undefined)
        inputs.push({ path, text: await readText(workspace, path) });
      else if (!ignoreMissingFiles) throw new Error(`input file "${path}" not found`);
    }
    const there = await workspace.stat(outFile, { follow: true });
    const size = inputs.reduce((sum, { text }) => sum + text.length, 0);
    const merged = await compute('yaml-merge', { path: outFile, inputs }, size, ports, signal);
    await workspace.writeFile(outFile, merged, there === undefined ? {} : { mode: there.mode & 0o777 });
    const paths = inputs.map(({ path }) => path);
    if (paths.length === 0) return { status: 'Succeeded' };
    const commitMessage =
      paths.length === 1
        ? `Wrote ${paths[0]} to ${outFile}`
        : `Merged ${paths.length} YAML files to ${outFile}\n${paths.map((path) => `- ${path}`).join('\n')}`;
    return { status: 'Succeeded', output: { commitMessage } };
  },
};
