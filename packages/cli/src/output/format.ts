import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CLIError, messageOf } from '../cli-error.ts';

/** How objects are to be printed. */
export type OutputFormat =
  | { kind: 'default' }
  | { kind: 'json' | 'yaml' | 'name' | 'kyaml' }
  | { kind: 'jsonpath' | 'jsonpath-as-json' | 'go-template'; template: string };

/** The flags about output. */
export interface OutputOptions {
  output?: string | undefined;
  template?: string | undefined;
  allowMissingTemplateKeys?: string | undefined;
  showManagedFields?: boolean | undefined;
}

const PLAIN = ['json', 'yaml', 'name', 'kyaml'] as const;
const TEMPLATES: Readonly<Record<string, { kind: 'jsonpath' | 'jsonpath-as-json' | 'go-template'; file: boolean }>> = {
  jsonpath: { kind: 'jsonpath', file: false },
  'jsonpath-as-json': { kind: 'jsonpath-as-json', file: false },
  'jsonpath-file': { kind: 'jsonpath', file: true },
  'go-template': { kind: 'go-template', file: false },
  'go-template-file': { kind: 'go-template', file: true },
  template: { kind: 'go-template', file: false },
  templatefile: { kind: 'go-template', file: true },
};

/** The format that `-o` and `--template` ask for. Template files are read. Fails for unknown formats and missing templates. */
export async function parseOutputFormat({ output, template }: OutputOptions, cwd: string): Promise<OutputFormat> {
  if (output === undefined || output === '') {
    return template === undefined || template === '' ? { kind: 'default' } : { kind: 'go-template', template };
  }
  const equals = output.indexOf('=');
  const name = equals === -1 ? output : output.slice(0, equals);
  const plain = PLAIN.find((known) => known === output);
  if (plain !== undefined) return { kind: plain };
  const known = Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name] : undefined;
  if (known === undefined) {
    const allowed = [...PLAIN, ...Object.keys(TEMPLATES)].toSorted().join(', ');
    throw new CLIError(
      'Output',
      `unable to match a printer suitable for the output format ${JSON.stringify(output)}, allowed formats are: ${allowed}`,
    );
  }
  const given = equals === -1 ? (template ?? '') : output.slice(equals + 1);
  if (given === '') throw new CLIError('Output', 'template format specified but no template given');
  return { kind: known.kind, template: known.file ? await readTemplate(resolve(cwd, given)) : given };
}

async function readTemplate(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CLIError('Output', `error reading template file ${path}: ${messageOf(error)}`, error);
  }
}
