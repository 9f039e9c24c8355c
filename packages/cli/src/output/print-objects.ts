import type { ApiObject } from '../client/objects.ts';
import { CLIError, messageOf } from '../cli-error.ts';
import type { CLIIO } from '../io.ts';
import { parseOutputFormat } from './format.ts';
import type { OutputFormat, OutputOptions } from './format.ts';
import { qualifiedName } from './names.ts';
import { printTemplate } from './templates.ts';

/** Prints one object, in the format the flags ask for. `fallback` prints where they ask for none. */
export async function printObject(io: CLIIO, object: ApiObject, options: OutputOptions, fallback: () => string): Promise<void> {
  const format = await parseOutputFormat(options, io.cwd);
  io.stdout.write(format.kind === 'default' ? fallback() : await renderObject(object, [object], format, options));
}

/** Prints a line about what was done, or, where the flags ask for a format, the object as `read` finds it then. */
export async function printDone(io: CLIIO, options: OutputOptions, line: string, read: () => Promise<ApiObject>): Promise<void> {
  const format = await parseOutputFormat(options, io.cwd);
  if (format.kind === 'default') io.stdout.write(line);
  else await printObject(io, await read(), options, () => line);
}

/** Prints what a `get` found: one object bare, none or several as a List. `table` prints where the flags ask for no format. */
export async function printObjects(
  io: CLIIO,
  objects: readonly ApiObject[],
  options: OutputOptions,
  table: () => Promise<string>,
): Promise<void> {
  const format = await parseOutputFormat(options, io.cwd);
  if (format.kind === 'default') {
    io.stdout.write(await table());
    return;
  }
  const [only] = objects;
  const whole =
    objects.length === 1 && only !== undefined ? only : { apiVersion: 'v1', kind: 'List', metadata: {}, items: objects };
  io.stdout.write(await renderObject(whole, objects, format, options));
}

/** `whole` is what is printed; `items` are the objects in it, which is `[whole]` where it is no List. */
async function renderObject(
  whole: object,
  items: readonly ApiObject[],
  format: OutputFormat,
  options: OutputOptions,
): Promise<string> {
  switch (format.kind) {
    case 'default':
      return '';
    case 'name':
      return items.map((item) => `${qualifiedName(item)}\n`).join('');
    case 'json': {
      const { goJSON } = await import('@kargo/gocompat');
      return `${goJSON(tidy(whole, options), 4)}\n`;
    }
    case 'yaml':
      return toYAML(tidy(whole, options));
    case 'kyaml': {
      const { toKYAML } = await import('./kyaml.ts');
      return toKYAML(tidy(whole, options));
    }
    case 'jsonpath':
    case 'jsonpath-as-json':
    case 'go-template':
      try {
        return await printTemplate(whole, items, format, options.allowMissingTemplateKeys !== 'false');
      } catch (error) {
        throw new CLIError('Output', messageOf(error), error);
      }
  }
}

/** YAML with sorted keys, as Kubernetes tools print it. */
export async function toYAML(value: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(value, {
    sortMapEntries: true,
    indentSeq: false,
    lineWidth: 0,
    compat: 'yaml-1.1',
    aliasDuplicateObjects: false,
  });
}

function tidy(whole: object, { showManagedFields = false }: OutputOptions): unknown {
  if (showManagedFields) return whole;
  const items = (whole as { items?: unknown }).items;
  return Array.isArray(items) ? { ...whole, items: items.map(withoutManagedFields) } : withoutManagedFields(whole as ApiObject);
}

function withoutManagedFields(object: ApiObject): ApiObject {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
