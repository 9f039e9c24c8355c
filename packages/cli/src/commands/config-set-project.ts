import { defineCommand } from '../command.ts';
import { chosenContext } from '../config/connection.ts';
import { contextFlag, nameOf } from '../flags.ts';

/** `kargo config set-project NAME`; an empty name clears it. Only the project changes in the file, whatever the environment says. */
export const configSetProject = defineCommand<{ context?: string }>({
  usage: '<NAME>',
  configure: contextFlag,
  run: async ({ args: [name = ''], options, context: { io, config } }) => {
    const chosen = chosenContext(io.env, options.context);
    await config.save({ ...(await config.load(chosen)), project: nameOf(name) }, chosen);
  },
});
