import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { chosenContext } from '../config/connection.ts';
import { contextFlag } from '../flags.ts';

/** `kargo config get-project`. */
export const configGetProject = defineCommand<{ context?: string }>({
  configure: contextFlag,
  run: async ({ options, context: { io, config } }) => {
    const { project = '' } = await config.load(chosenContext(io.env, options.context));
    if (project === '') throw new CLIError('Configuration', 'default project is not set');
    io.stdout.write(`${project}\n`);
  },
});
