import type { Command } from 'commander';
import type { CommandDefinition, CommandEntry } from './command.ts';

const HELP_WIDTH = 100;

/** The root of all commands. Errors are thrown, not printed; help goes to `write`. */
export async function rootCommand(write: (text: string) => void): Promise<Command> {
  const { Command: CommandClass } = await import('commander');
  const root = new CommandClass('kargo').description('Promotes new versions of software through the stages of its delivery.');
  return quiet(root, write);
}

/** Has a command throw its errors instead of printing them. */
export function quiet(command: Command, write: (text: string) => void): Command {
  return command
    .exitOverride()
    .helpCommand(false)
    .configureOutput({ writeOut: write, writeErr: () => undefined, getOutHelpWidth: () => HELP_WIDTH });
}

/** Adds a command to a group by what is known before it is loaded. */
export function declare(group: Command, { name, aliases = [], summary, hidden = false }: CommandEntry): Command {
  const description = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return group.command(name, { hidden }).aliases(aliases).summary(summary).description(description);
}

/** Completes a command with its flags, its arguments for help, and the names of its subcommands. */
export function complete(command: Command, definition: CommandDefinition): void {
  for (const entry of definition.subcommands ?? []) declare(command, entry);
  definition.configure?.(command);
  if (definition.usage !== undefined) command.arguments(definition.usage);
}
