import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';

/** `kargo config get-project`. */
export const configGetProject = defineCommand({
  run: async ({ context: { io, config } }) => {
    const { project = '' } = await config.load();
    if (project === '') throw new CLIError('Configuration', 'default project is not set');
    io.stdout.write(`${project}\n`);
  },
});
