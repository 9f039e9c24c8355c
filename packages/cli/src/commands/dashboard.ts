import { defineCommand } from '../command.ts';
import { resolveConnection } from '../config/connection.ts';

/** `kargo dashboard`: opens the web UI of the server. */
export const dashboard = defineCommand({
  run: async ({ context: { io, config } }) => {
    const { address } = await resolveConnection(io.env, config);
    await io.openBrowser(address);
    io.stdout.write(`${address}\n`);
  },
});
