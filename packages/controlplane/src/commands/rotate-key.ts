import { join, resolve } from 'node:path';
import { encryptDatabase } from '@kargo/apiserver';
import { CLIError, defineCommand, type CommandDefinition } from '@kargo/cli';
import { DATABASE } from '../backup.ts';
import { DataFolderInUseError, lockDataFolder } from '../data-lock.ts';
import { KEY_VARIABLE, rotateEncryptionKey } from '../encryption-keys.ts';

interface Options {
  data: string;
}

/** `kargo rotate-key`: encrypts all Secrets of a data folder anew with a new key. */
export const rotateKey: CommandDefinition = defineCommand<Options>({
  configure: (command) => command.option('--data <DIR>', 'data folder that no process uses', './kargo-data'),
  run: async ({ options, context }) => {
    const data = resolve(context.io.cwd, options.data);
    if ((context.io.env[KEY_VARIABLE] ?? '') !== '')
      throw new CLIError(
        'Configuration',
        `the keys come from ${KEY_VARIABLE}: put a new one in front of the others there and start Kargo once; then the others can go`,
      );
    const unlock = await lockDataFolder(data).catch((error: unknown) => {
      throw error instanceof DataFolderInUseError ? new CLIError('Configuration', error.message, error) : error;
    });
    try {
      const database = join(data, DATABASE);
      const { id } = await rotateEncryptionKey(data, (keys) => encryptDatabase(database, keys));
      context.io.stdout.write(`the Secrets in ${options.data} are encrypted with the new key ${id}; older keys are gone\n`);
    } finally {
      await unlock();
    }
  },
});
