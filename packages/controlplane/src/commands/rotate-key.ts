import { join, resolve } from 'node:path';
import { encryptDatabase } from '@kargo/apiserver';
import { CLIError, defineCommand, type CommandDefinition } from '@kargo/cli';
import { DATABASE } from '../backup.ts';
import { ROTATE_KEY_PATH } from '../data-endpoints.ts';
import { DataFolderInUseError, lockDataFolder } from '../data-lock.ts';
import { KEY_VARIABLE, KEYS_ARE_GIVEN, rotateEncryptionKey } from '../encryption-keys.ts';
import { askControlPlane, textOf } from './ask-control-plane.ts';

interface Options {
  data: string;
}

/** `kargo rotate-key`: encrypts all Secrets of a data folder anew with a new key, whether a control plane runs on it or not. */
export const rotateKey: CommandDefinition = defineCommand<Options>({
  configure: (command) => command.option('--data <DIR>', 'data folder', './kargo-data'),
  run: async ({ options, context }) => {
    const data = resolve(context.io.cwd, options.data);
    if ((context.io.env[KEY_VARIABLE] ?? '') !== '') throw new CLIError('Configuration', KEYS_ARE_GIVEN);
    const id = await rotate(data);
    context.io.stdout.write(`the Secrets in ${options.data} are encrypted with the new key ${id}; older keys are gone\n`);
  },
});

async function rotate(data: string): Promise<string> {
  let unlock: () => Promise<void>;
  try {
    unlock = await lockDataFolder(data);
  } catch (error) {
    if (!(error instanceof DataFolderInUseError)) throw error;
    return textOf(await askControlPlane(data, ROTATE_KEY_PATH, 'a new key'));
  }
  try {
    const database = join(data, DATABASE);
    return (await rotateEncryptionKey(data, (keys) => encryptDatabase(database, keys))).id;
  } finally {
    await unlock();
  }
}
