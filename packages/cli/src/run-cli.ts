import type { Command } from 'commander';
import { spellOut, takeCommand } from './argv.ts';
import { ApiClient } from './client/api-client.ts';
import { complete, declare, rootCommand } from './command-tree.ts';
import { CLIError, exitCodeOf, messageOf, QuietEnd } from './cli-error.ts';
import type { CommandContext, CommandDefinition, CommandEntry } from './command.ts';
import { openConfigStore } from './config/config-store.ts';
import { chosenContext, isEnvironmentMode, resolveConnection } from './config/connection.ts';
import { withFreshToken } from './config/token.ts';
import { completeCommand } from './commands/completion.ts';
import type { CLIIO } from './io.ts';
import { rootCommands } from './registry.ts';

export interface RunOptions {
  /** Commands besides the command line's own, such as the one that starts a server. */
  commands?: readonly CommandEntry[];
  /** What this program was made of: version, commit, date. */
  build?: () => Promise<object>;
}

/** Runs one command line, without the program's name. Writes only to `io`, never exits, and gives the exit code. */
export async function runCLI(argv: readonly string[], io: CLIIO, options: RunOptions = {}): Promise<number> {
  try {
    const entries = [...rootCommands, ...(options.commands ?? [])].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const build = options.build ?? (() => Promise.resolve({}));
    await dispatch(spellOut(argv), [...entries, completeCommand(entries)], contextOf(io, build));
    return 0;
  } catch (error) {
    if (isHelp(error)) return 0;
    if (error instanceof QuietEnd) return error.exitCode;
    io.stderr.write(`Error: ${textOf(error)}\n`);
    return exitCodeOf(error);
  }
}

async function dispatch(argv: readonly string[], entries: readonly CommandEntry[], context: CommandContext): Promise<void> {
  const { io } = context;
  const write = (text: string): void => void io.stdout.write(text);
  let command = await rootCommand(write);
  let definition: CommandDefinition = { subcommands: entries };
  let tokens = [...argv];
  const wantsHelp = tokens.some((token) => token === '--help' || token === '-h');
  for (let depth = 0; definition.subcommands !== undefined; depth += 1) {
    const { word, entry, rest } = takeCommand(tokens, definition.subcommands);
    if (entry === undefined) {
      if (depth === 0 && word !== undefined && !wantsHelp) throw unknownCommand(word, entries);
      if (word !== undefined && !wantsHelp && definition.run === undefined)
        io.stderr.write(`${unknownCommand(word, definition.subcommands, command.name()).message}\n\n`);
      break;
    }
    command = declare(command, entry);
    definition = await entry.load();
    tokens = rest;
  }
  if (definition.run === undefined || wantsHelp) {
    complete(command, definition);
    write(command.helpInformation());
    return;
  }
  await parse(command, definition, tokens, context);
}

/** Parses flags and arguments, and runs the action. Subcommands are left out: the parser must not take an argument for one. */
async function parse(
  command: Command,
  definition: CommandDefinition,
  tokens: readonly string[],
  context: CommandContext,
): Promise<void> {
  const { subcommands: _, ...leaf } = definition;
  complete(command, leaf);
  command.action(async () => {
    await definition.run?.({ args: command.args, options: command.opts() as never, context });
  });
  try {
    await command.parseAsync(tokens, { from: 'user' });
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'commander.excessArguments' || code === 'commander.missingArgument')
      context.io.stderr.write(command.helpInformation());
    throw error;
  }
}

function unknownCommand(word: string, entries: readonly CommandEntry[], group?: string): CLIError {
  const near = entries.filter(
    ({ name, hidden = false }) => !hidden && (name.startsWith(word.slice(0, 2)) || word.startsWith(name.slice(0, 3))),
  );
  const hint = near.length === 0 ? '' : ` (did you mean ${near.map(({ name }) => JSON.stringify(name)).join(' or ')}?)`;
  const where = group === undefined ? 'kargo' : `kargo ${group}`;
  return new CLIError(
    'Usage',
    `unknown command ${JSON.stringify(word)} for ${JSON.stringify(where)}${hint}; see \`${where} --help\``,
  );
}

function contextOf(io: CLIIO, build: CommandContext['build']): CommandContext {
  const config = openConfigStore(io.env);
  return {
    io,
    config,
    build,
    api: async ({ insecureSkipTlsVerify = false, context }) => {
      const connection = await withFreshToken(await resolveConnection(io.env, config, context), io, config);
      return new ApiClient({ ...connection, insecure: connection.insecure || insecureSkipTlsVerify }, io);
    },
    project: async ({ project, context }) => {
      const given = (project ?? (await storedProject(io, config, context))).trim();
      if (given === '') throw new CLIError('Usage', 'project is required');
      return given;
    },
  };
}

async function storedProject(io: CLIIO, config: CommandContext['config'], context: string | undefined): Promise<string> {
  if (context === undefined && isEnvironmentMode(io.env)) return '';
  return (await config.load(chosenContext(io.env, context))).project ?? '';
}

function isHelp(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'commander.helpDisplayed' || code === 'commander.help';
}

function textOf(error: unknown): string {
  return messageOf(error).replace(/^error: /, '');
}
