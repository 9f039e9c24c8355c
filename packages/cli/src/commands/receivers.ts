import { defineCommand } from '../command.ts';

/** The group of commands about webhook receivers: where other systems announce what is new. */
export const receivers = defineCommand({
  subcommands: [
    {
      name: 'list',
      summary: 'show the URLs of the webhook receivers',
      load: async () => (await import('./receivers-list.ts')).receiversList,
    },
    {
      name: 'deliveries',
      summary: 'show what was delivered, and what came of it',
      load: async () => (await import('./receivers-deliveries.ts')).receiversDeliveries,
    },
    {
      name: 'replay',
      summary: 'have a delivery handled again',
      load: async () => (await import('./receivers-replay.ts')).receiversReplay,
    },
  ],
});
