import type { Command } from 'commander';
import { complete, declare, quiet, rootCommand } from './command-tree.ts';
import type { CommandDefinition, CommandEntry } from './command.ts';
import { rootCommands } from './registry.ts';

/** A command as its help describes it. */
export interface CommandDescription {
  /** `kargo get stages`. */
  readonly name: string;
  readonly help: string;
}

/** Every command with its help, groups before what is in them. For reference pages; loads everything. */
export async function describeCommands(more: readonly CommandEntry[] = []): Promise<readonly CommandDescription[]> {
  const out: CommandDescription[] = [];
  const root = await rootCommand(() => undefined);
  await describe(root, 'kargo', { subcommands: [...rootCommands, ...more] }, out);
  return out;
}

async function describe(command: Command, name: string, definition: CommandDefinition, out: CommandDescription[]): Promise<void> {
  complete(command, definition);
  out.push({ name, help: command.helpInformation() });
  for (const entry of definition.subcommands ?? []) {
    // Declared again on a group of its own, so that the help of the outer one stays as it is.
    const group = quiet(command.createCommand(name), () => undefined);
    await describe(declare(group, entry), `${name} ${entry.name}`, await entry.load(), out);
  }
}
