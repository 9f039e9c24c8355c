import type { Command } from 'commander';
import type { ApiClient, ApiRequest } from '../client/api-client.ts';
import { readyCondition, textAt, withType } from '../client/objects.ts';
import type { ApiObject } from '../client/objects.ts';
import { failWithAll, messageOf } from '../cli-error.ts';
import { outputFlags } from '../flags.ts';
import type { OutputOptions } from '../flags.ts';
import type { CLIIO } from '../io.ts';
import { printObjects } from '../output/print-objects.ts';
import { renderTable } from '../output/table.ts';
import type { Column } from '../output/table.ts';

export interface GetOptions extends OutputOptions {
  /** False with `--no-headers`. */
  headers: boolean;
}

/** Declares the flags of every `get`. */
export function getFlags(command: Command): Command {
  return outputFlags(command).option('--no-headers', 'leave the header out of tables');
}

export interface GetObjects {
  kind: string;
  options: GetOptions;
  columns: readonly Column<ApiObject>[];
  /** Fetched one by one; when there are none, `list` is called. */
  names: readonly string[];
  one(name: string): Promise<ApiObject>;
  list(): Promise<readonly ApiObject[]>;
}

/** Shows the named objects, or all. Those that are found are printed even when others are not; then this fails. */
export async function getObjects(io: CLIIO, { kind, options, columns, names, one, list }: GetObjects): Promise<void> {
  const found: ApiObject[] = [];
  const errors: string[] = [];
  if (names.length === 0) found.push(...(await list()));
  for (const name of names) {
    try {
      found.push(await one(name));
    } catch (error) {
      errors.push(messageOf(error));
    }
  }
  const objects = found.map((object) => withType(object, kind));
  if (objects.length > 0 || errors.length === 0)
    await printObjects(io, objects, options, async () => {
      const { formatAge } = await import('@kargo/gocompat');
      return renderTable(objects, [...columns, ageColumn(io, formatAge)], { headers: options.headers });
    });
  failWithAll(errors);
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
