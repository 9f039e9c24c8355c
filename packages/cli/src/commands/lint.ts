import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { filenameFlags } from '../flags.ts';
import { readSources } from '../manifests/read-manifests.ts';

interface Options {
  filename?: string[];
  recursive?: boolean;
  output?: string;
  strict?: boolean;
}

/** `kargo lint -f`: checks manifests without a server. */
export const lint = defineCommand<Options>({
  configure: (command) =>
    filenameFlags(command, 'check')
      .option('--strict', 'fail for warnings too')
      .option('-o, --output <format>', 'text or json', 'text'),
  run: async ({ options, context: { io } }) => {
    const { filename = [], recursive = false, strict = false, output = 'text' } = options;
    if (filename.length === 0) throw new CLIError('Usage', 'required flag(s) "filename" not set');
    if (output !== 'text' && output !== 'json')
      throw new CLIError('Usage', `--output must be text or json, not ${JSON.stringify(output)}`);
    const sources = [];
    for (const name of filename) sources.push(...(await readSources(io, name, recursive)));
    if (sources.length === 0) throw new CLIError('Manifest', `no manifests found in ${filename.join(', ')}`);
    const { lintManifests } = await import('../lint/lint-manifests.ts');
    const { findingText } = await import('../lint/finding.ts');
    const findings = await lintManifests(sources, { now: io.now() });
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    const warnings = findings.length - errors;
    if (output === 'json') io.stdout.write(`${JSON.stringify({ errors, warnings, findings }, undefined, 2)}\n`);
    else io.stdout.write(findings.map(findingText).join(''));
    if (errors > 0 || (strict && warnings > 0))
      throw new CLIError(
        'Lint',
        `${count(errors, 'error')} and ${count(warnings, 'warning')} in ${count(sources.length, 'file')}`,
      );
    if (output === 'text' && warnings === 0) io.stdout.write(`${count(sources.length, 'file')} checked: no problems found\n`);
  },
});

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
