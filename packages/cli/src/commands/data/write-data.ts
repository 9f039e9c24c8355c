import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { withType } from '../../client/objects.ts';
import type { ApiObject } from '../../client/objects.ts';
import { CLIError, messageOf } from '../../cli-error.ts';
import type { CommandDefinition } from '../../command.ts';
import { defineCommand } from '../../command.ts';
import { collectWhole, keyValues, nameOf, outputFlags, scopeFlags, scopePath } from '../../flags.ts';
import type { OutputOptions, ScopeOptions } from '../../flags.ts';
import { qualifiedName } from '../../output/names.ts';
import { printObject } from '../../output/print-objects.ts';
import { scopeNeeded } from './data-kinds.ts';
import type { DataKind } from './data-kinds.ts';

interface CreateOptions extends ScopeOptions, OutputOptions {
  set?: string[];
  setFile?: string[];
  description?: string;
}

interface UpdateOptions extends CreateOptions {
  unset?: string[];
}

function valueFlags(command: Command): Command {
  return command
    .option(
      '--set <key=value>',
      'a key and its value; repeatable. Others on this machine may see it: prefer --set-file for secrets',
      collectWhole,
    )
    .option('--set-file <key=path>', 'a key and the file with its value; repeatable', collectWhole)
    .option('--description <text>', 'what it is for');
}

/** `kargo create configmap|generic-credentials NAME --set key=value`. */
export function createData(data: DataKind): CommandDefinition {
  return defineCommand<CreateOptions>({
    usage: '<NAME>',
    configure: (command) => outputFlags(valueFlags(scopeFlags(command, { system: data.system }))),
    run: async ({ args: [name = ''], options, context }) => {
      const scope = await scopePath(context, options, scopeNeeded(data));
      const values = await valuesOf(options, context.io.cwd);
      if (Object.keys(values).length === 0) throw new CLIError('Usage', 'at least one --set or --set-file is required');
      const api = await context.api(options);
      const created = await api.call<ApiObject>('POST', [...scope, data.collection], {
        operation: `create ${data.noun}`,
        json: { name: nameOf(name), data: values, ...described(options) },
      });
      const object = withType(created, data.kind);
      await printObject(context.io, object, options, () => `${qualifiedName(object)} created\n`);
    },
  });
}

/** `kargo update configmap|generic-credentials NAME`: keys that are not mentioned stay as they are. */
export function updateData(data: DataKind): CommandDefinition {
  return defineCommand<UpdateOptions>({
    usage: '<NAME>',
    configure: (command) =>
      outputFlags(valueFlags(scopeFlags(command, { system: data.system }))).option(
        '--unset <key>',
        'a key to remove; repeatable',
        collectWhole,
      ),
    run: async ({ args: [given = ''], options, context }) => {
      const scope = await scopePath(context, options, scopeNeeded(data));
      const values = await valuesOf(options, context.io.cwd);
      const removeKeys = options.unset ?? [];
      if (Object.keys(values).length === 0 && removeKeys.length === 0 && options.description === undefined)
        throw new CLIError('Usage', 'at least one of --set, --set-file, --unset and --description is required');
      const api = await context.api(options);
      const path = [...scope, data.collection, nameOf(given)];
      await api.call('PATCH', path, {
        operation: `update ${data.noun}`,
        json: { data: values, removeKeys, ...described(options) },
      });
      const object = withType(await api.call<ApiObject>('GET', path, { operation: `get ${data.noun}` }), data.kind);
      await printObject(context.io, object, options, () => `${qualifiedName(object)} updated\n`);
    },
  });
}

function described({ description }: CreateOptions): { description?: string } {
  return description === undefined ? {} : { description };
}

async function valuesOf({ set, setFile }: CreateOptions, cwd: string): Promise<Record<string, string>> {
  const values = keyValues(set);
  for (const [key, path] of Object.entries(keyValues(setFile, '--set-file'))) {
    try {
      values[key] = await readFile(resolve(cwd, path), 'utf8');
    } catch (error) {
      throw new CLIError('Usage', `cannot read the value of ${key} from ${path}: ${messageOf(error)}`, error);
    }
  }
  return values;
}
