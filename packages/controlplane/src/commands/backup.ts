import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CLIError, defineCommand, type CommandDefinition } from '@kargo/cli';
import { backupIdleFolder, BackupError } from '../backup.ts';
import { BACKUP_PATH } from '../data-endpoints.ts';
import { DataFolderInUseError, lockDataFolder } from '../data-lock.ts';
import { askControlPlane } from './ask-control-plane.ts';

interface Options {
  data: string;
}

/** `kargo backup FILE`: of a data folder, whether a control plane runs on it or not. */
export const backup: CommandDefinition = defineCommand<Options>({
  usage: '<FILE>',
  configure: (command) => command.option('--data <DIR>', 'data folder to back up', './kargo-data'),
  run: async ({ args: [given = ''], options, context }) => {
    const file = resolve(context.io.cwd, given);
    const data = resolve(context.io.cwd, options.data);
    try {
      const unlock = await lockDataFolder(data);
      try {
        await backupIdleFolder(data, file);
      } finally {
        await unlock();
      }
    } catch (error) {
      if (error instanceof BackupError) throw new CLIError('Configuration', error.message, error);
      if (!(error instanceof DataFolderInUseError)) throw error;
      await download(data, file);
    }
    context.io.stdout.write(`${data} was backed up to ${given}; the file holds all Secrets and the keys to them\n`);
  },
});

/** Has the process that uses the folder make the backup. */
async function download(data: string, file: string): Promise<void> {
  const partial = `${file}.partial`;
  try {
    const response = await askControlPlane(data, BACKUP_PATH, 'a backup');
    await pipeline(response, createWriteStream(partial, { mode: 0o600, flush: true }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof CLIError) throw error;
    throw new CLIError('Request', `receiving the backup: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
