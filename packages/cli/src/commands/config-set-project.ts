import { defineCommand } from '../command.ts';
import { nameOf } from '../flags.ts';

/** `kargo config set-project NAME`; an empty name clears it. Only the project changes in the file, whatever the environment says. */
export const configSetProject = defineCommand({
  usage: '<NAME>',
  run: async ({ args: [name = ''], context: { config } }) => {
    await config.save({ ...(await config.load()), project: nameOf(name) });
  },
});
