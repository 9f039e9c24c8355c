/** The kargo command line over the REST API. */
export { runCLI } from './run-cli.ts';
export type { RunOptions } from './run-cli.ts';
export { nodeIO } from './node-io.ts';
export type { CLIFetch, CLIIO, CLIRequest } from './io.ts';
export { defineCommand } from './command.ts';
export type { CommandContext, CommandDefinition, CommandEntry } from './command.ts';
export { describeCommands } from './describe-commands.ts';
export type { CommandDescription } from './describe-commands.ts';
export { CLIError } from './cli-error.ts';
export type { CLIErrorCode } from './cli-error.ts';
export { CLIENT_VERSION } from './version.ts';
