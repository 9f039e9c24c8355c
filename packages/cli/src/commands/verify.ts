import { defineCommand } from '../command.ts';

/** The group of commands about verification. */
export const verify = defineCommand({
  subcommands: [
    {
      name: 'stage',
      aliases: ['stages'],
      summary: "verify a Stage's current Freight again, or abort the verification that runs",
      load: async () => (await import('./verify-stage.ts')).verifyStage,
    },
  ],
});
