import { defineCommand } from '../command.ts';

/** `kargo logout`: removes the configuration file. */
export const logout = defineCommand({
  run: async ({ context }) => {
    await context.config.remove();
  },
});
