import type { ApiClient } from '../client/api-client.ts';
import { failWithAll, messageOf } from '../cli-error.ts';
import type { CLIIO } from '../io.ts';
import { kargoName } from '../output/names.ts';

/** Deletes objects of one kind one by one, prints each that is gone, and fails with the messages of those that are not. */
export async function deleteEach(
  io: CLIIO,
  api: ApiClient,
  { kind, names, path }: { kind: string; names: readonly string[]; path: (name: string) => readonly string[] },
): Promise<void> {
  const errors: string[] = [];
  for (const name of names) {
    try {
      await api.call('DELETE', path(name), { operation: `delete ${kind}` });
      io.stdout.write(`${kargoName(kind, name)} deleted\n`);
    } catch (error) {
      errors.push(messageOf(error));
    }
  }
  failWithAll(errors);
}
