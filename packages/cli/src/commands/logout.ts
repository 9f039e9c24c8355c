import { defineCommand } from '../command.ts';
import { chosenContext } from '../config/connection.ts';
import { contextFlag } from '../flags.ts';

/** `kargo logout`: forgets the current context, and the configuration file with the last one. */
export const logout = defineCommand<{ context?: string; all?: boolean }>({
  configure: (command) => contextFlag(command).option('--all', 'forget every context'),
  run: async ({ options, context: { io, config } }) => {
    if (options.all === true) await config.removeAll();
    else await config.remove(chosenContext(io.env, options.context));
  },
});
