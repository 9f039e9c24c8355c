import { defineCommand } from '../command.ts';
import { resolveConnection } from '../config/connection.ts';
import { contextFlag } from '../flags.ts';

/** `kargo dashboard`: opens the web UI of the server. */
export const dashboard = defineCommand<{ context?: string }>({
  configure: contextFlag,
  run: async ({ options, context: { io, config } }) => {
    const { address } = await resolveConnection(io.env, config, options.context);
    await io.openBrowser(address);
    io.stdout.write(`${address}\n`);
  },
});
