import type { ApiClient } from '../client/api-client.ts';
import { failWithAll } from '../cli-error.ts';
import type { CLIIO } from '../io.ts';
import { kargoName } from '../output/names.ts';

export interface DeleteEach {
  /** As the failure of one names it. */
  kind: string;
  names: readonly string[];
  path: (name: string) => readonly string[];
  /** How one that is gone is printed; by default as one of Kargo's own objects. */
  shown?: (name: string) => string;
}

/** Deletes objects of one kind one by one, prints each that is gone, and fails with the messages of those that are not. */
export async function deleteEach(
  io: CLIIO,
  api: ApiClient,
  { kind, names, path, shown = (name) => kargoName(kind, name) }: DeleteEach,
): Promise<void> {
  const errors: unknown[] = [];
  for (const name of names) {
    try {
      await api.call('DELETE', path(name), { operation: `delete ${kind}` });
      io.stdout.write(`${shown(name)} deleted\n`);
    } catch (error) {
      errors.push(error);
    }
  }
  failWithAll(errors);
}
