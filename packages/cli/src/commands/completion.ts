import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import type { CommandEntry } from '../command.ts';
import { completionScript, SHELLS } from '../completion/scripts.ts';

/** `kargo completion SHELL`: the script that teaches a shell to complete command lines. */
export const completion = defineCommand({
  usage: '<SHELL>',
  run: ({ args: [given = ''], context }) => {
    const shell = SHELLS.find((known) => known === given);
    if (shell === undefined)
      throw new CLIError('Usage', `there is completion for ${SHELLS.join(', ')}, not for ${JSON.stringify(given)}`);
    context.io.stdout.write(completionScript(shell));
    return Promise.resolve();
  },
});

/** `kargo __complete`: what completion scripts ask. */
export function completeCommand(entries: readonly CommandEntry[]): CommandEntry {
  return {
    name: '__complete',
    summary: 'candidates for completion scripts',
    hidden: true,
    load: () =>
      Promise.resolve(
        defineCommand({
          usage: '[WORDS...]',
          run: async ({ args, context }) => {
            const { candidatesFor } = await import('../completion/candidates.ts');
            // PowerShell cannot pass an empty word.
            const words = args.map((word) => (word === '""' ? '' : word));
            for (const { word, about } of await candidatesFor(words, entries, context))
              context.io.stdout.write(about === '' ? `${word}\n` : `${word}\t${about}\n`);
          },
        }),
      ),
  };
}
