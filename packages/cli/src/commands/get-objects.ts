import type { Command } from 'commander';
import type { ApiClient, ApiRequest } from '../client/api-client.ts';
import { readyCondition, textAt, withType } from '../client/objects.ts';
import type { ApiObject } from '../client/objects.ts';
import { CLIError, failWithAll } from '../cli-error.ts';
import { outputFlags } from '../flags.ts';
import type { OutputOptions } from '../flags.ts';
import type { CLIIO } from '../io.ts';
import { printObjects } from '../output/print-objects.ts';
import { tableWriter } from '../output/table.ts';
import type { Column } from '../output/table.ts';
import { showChanges } from './show-changes.ts';
import type { Watched } from './show-changes.ts';

export interface GetOptions extends OutputOptions {
  /** False with `--no-headers`. */
  headers: boolean;
  watch?: boolean;
}

/** Declares the flags of every `get`. */
export function getFlags(command: Command): Command {
  return outputFlags(command).option('--no-headers', 'leave the header out of tables');
}

/** Declares the flags of every `get` of what can be watched. */
export function watchedGetFlags(command: Command): Command {
  return getFlags(command).option('-w, --watch', 'go on and show each object when it changes');
}

export interface GetObjects {
  kind: string;
  options: GetOptions;
  columns: readonly Column<ApiObject>[];
  /** Fetched one by one; when there are none, `list` is called. */
  names: readonly string[];
  one(name: string): Promise<ApiObject>;
  list(): Promise<readonly ApiObject[]>;
  /** Where the API tells of changes: of one object, or, without a name, of the list. Absent where it does not. */
  watched?: Watched;
}

/**
 * Shows the named objects, or all. Those that are found are printed even when others are not; then this fails. With `--watch` it goes on
 * with what changes, until the server refuses or the process is ended.
 */
export async function getObjects(io: CLIIO, wanted: GetObjects): Promise<void> {
  const { kind, options, columns, names, one, list, watched } = wanted;
  if (options.watch === true && (watched === undefined || names.length > 1))
    throw new CLIError('Usage', 'at most one object can be watched by name; name one, or none to watch all');
  const found: ApiObject[] = [];
  const errors: unknown[] = [];
  if (names.length === 0) found.push(...(await list()));
  for (const name of names) {
    try {
      found.push(await one(name));
    } catch (error) {
      errors.push(error);
    }
  }
  const { formatAge } = await import('@kargo/gocompat');
  const write = tableWriter([...columns, ageColumn(io, formatAge)], { headers: options.headers });
  const show = (objects: readonly ApiObject[]): Promise<void> =>
    printObjects(io, objects, options, () => Promise.resolve(write(objects)));
  const objects = found.map((object) => withType(object, kind));
  const watches = options.watch === true && watched !== undefined && errors.length === 0;
  if (watches ? objects.length > 0 : objects.length > 0 || errors.length === 0) await show(objects);
  failWithAll(errors);
  if (watches) await showChanges(io, { known: objects, kind, watched, name: names[0], show });
}

/** The items of a list of the API. */
export async function listItems(api: ApiClient, path: readonly string[], request: ApiRequest): Promise<readonly ApiObject[]> {
  const list = await api.call<{ items?: readonly ApiObject[] | null } | undefined>('GET', path, request);
  return list?.items ?? [];
}

/** The column of names. */
export const nameColumn: Column<ApiObject> = { header: 'NAME', cell: (object) => object.metadata.name ?? '' };

/** The column of shards. */
export const shardColumn: Column<ApiObject> = { header: 'SHARD', cell: (object) => textAt(object, 'spec', 'shard') };

/** The columns of the Ready condition: its status and its message. */
export const readyColumns: readonly Column<ApiObject>[] = [
  { header: 'READY', cell: (object) => textAt(readyCondition(object), 'status') || 'Unknown' },
  { header: 'STATUS', cell: (object) => textAt(readyCondition(object), 'message') },
];

function ageColumn(io: CLIIO, formatAge: (ms: number) => string): Column<ApiObject> {
  return {
    header: 'AGE',
    cell: (object) => {
      const since = textAt(object, 'discoveredAt') || (object.metadata.creationTimestamp ?? '');
      const at = Date.parse(since);
      return Number.isNaN(at) ? '<unknown>' : formatAge(io.now() - at);
    },
  };
}
