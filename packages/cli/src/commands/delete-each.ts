import type { ApiClient } from '../client/api-client.ts';
import type { ApiObject } from '../client/objects.ts';
import { failWithAll } from '../cli-error.ts';
import type { OutputOptions } from '../flags.ts';
import type { CLIIO } from '../io.ts';
import { parseOutputFormat } from '../output/format.ts';
import { kargoName } from '../output/names.ts';
import { printDone } from '../output/print-objects.ts';

export interface DeleteEach {
  /** As the failure of one names it. */
  kind: string;
  names: readonly string[];
  path: (name: string) => readonly string[];
  /** How one that is gone is printed; by default as one of Kargo's own objects. */
  shown?: (name: string) => string;
  /** With a format, each is printed as it was. */
  options: OutputOptions;
}

/** Deletes objects of one kind one by one, prints each that is gone, and fails with the messages of those that are not. */
export async function deleteEach(
  io: CLIIO,
  api: ApiClient,
  { kind, names, path, shown = (name) => kargoName(kind, name), options }: DeleteEach,
): Promise<void> {
  const isShown = (await parseOutputFormat(options, io.cwd)).kind !== 'default';
  const errors: unknown[] = [];
  for (const name of names) {
    try {
      const before = isShown ? await api.call<ApiObject>('GET', path(name), { operation: `delete ${kind}` }) : undefined;
      await api.call('DELETE', path(name), { operation: `delete ${kind}` });
      const gone = { apiVersion: '', kind, metadata: { name } };
      await printDone(io, options, `${shown(name)} deleted\n`, () => Promise.resolve(before ?? gone));
    } catch (error) {
      errors.push(error);
    }
  }
  failWithAll(errors);
}
