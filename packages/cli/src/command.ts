import type { Command } from 'commander';
import type { ApiClient } from './client/api-client.ts';
import type { ConfigStore } from './config/config-store.ts';
import type { CLIIO } from './io.ts';

/** What every action may use. */
export interface CommandContext {
  readonly io: CLIIO;
  readonly config: ConfigStore;
  /** What this program was made of; empty where that is not known. */
  build(): Promise<object>;
  /** The API as the logged-in user of a context. `insecure` adds to what the configuration says. Fails when not logged in. */
  api(options: { insecureSkipTlsVerify?: boolean | undefined; context?: string | undefined }): Promise<ApiClient>;
  /** The project a command is about: the flag, else the stored default of the context. Fails when there is none. */
  project(options: { project?: string | undefined; context?: string | undefined }): Promise<string>;
}

/** Flags and action of one command. `Options` is what commander makes of the flags that `configure` declares. */
export interface CommandDefinition<Options extends object = never> {
  /** Positional arguments as commander writes them, e.g. `[NAME...]`. */
  readonly usage?: string;
  configure?(command: Command): void;
  /** Absent for a group, which prints its help. */
  run?(call: { args: string[]; options: Options; context: CommandContext }): Promise<void>;
  readonly subcommands?: readonly CommandEntry[];
}

/** A command by name. Its module is loaded when it is called. */
export interface CommandEntry {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** Left out of help: for programs, not for people. */
  readonly hidden?: boolean;
  load(): Promise<CommandDefinition>;
}

/** Types a definition's options; what comes in is what `configure` declared. */
export function defineCommand<Options extends object>(definition: CommandDefinition<Options>): CommandDefinition {
  return definition as unknown as CommandDefinition;
}
