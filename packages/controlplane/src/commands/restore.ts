import { resolve } from 'node:path';
import { CLIError, defineCommand, type CommandDefinition } from '@kargo/cli';
import { BackupError, restoreBackup } from '../backup.ts';

interface Options {
  data: string;
}

/** `kargo restore FILE`: makes a data folder from a backup. */
export const restore: CommandDefinition = defineCommand<Options>({
  usage: '<FILE>',
  configure: (command) => command.option('--data <DIR>', 'folder to make; it must not exist or be empty', './kargo-data'),
  run: async ({ args: [given = ''], options, context }) => {
    const { cwd, env, stdout } = context.io;
    try {
      const records = await restoreBackup(resolve(cwd, given), resolve(cwd, options.data), env);
      stdout.write(`${records} records of ${given} were restored to ${options.data}\n`);
    } catch (error) {
      if (error instanceof BackupError) throw new CLIError('Configuration', error.message, error);
      throw error;
    }
  },
});
