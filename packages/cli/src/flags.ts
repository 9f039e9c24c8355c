import type { Command } from 'commander';
import { CLIError } from './cli-error.ts';
import type { OutputOptions } from './output/format.ts';

export interface ApiOptions {
  insecureSkipTlsVerify?: boolean;
  context?: string;
}

export interface ProjectOptions extends ApiOptions {
  project?: string;
}

export interface WaitOptions {
  wait?: boolean;
  timeout?: string;
}

export type { OutputOptions };

/** Declares the flags of every command that calls the API. */
export function apiFlags(command: Command): Command {
  return contextFlag(command.option('--insecure-skip-tls-verify', "do not verify the server's TLS certificate (unsafe)"));
}

/** Declares the flag that chooses among the servers that one is logged in to. */
export function contextFlag(command: Command): Command {
  return command.option('--context <name>', 'another context than the current one, see `kargo config get-contexts`');
}

/** Declares the flags of a command about something in a project. */
export function projectFlags(command: Command): Command {
  return apiFlags(command).option('-p, --project <project>', 'the project; default: the one set with `kargo config set-project`');
}

/** Where objects that do not belong to the pipeline of one project may live. */
export interface ScopeOptions extends ProjectOptions {
  shared?: boolean;
  system?: boolean;
}

/** Declares the flags that choose between a project, what all projects share and, where there is such a thing, the system. */
export function scopeFlags(
  command: Command,
  { shared = true, system = true }: { shared?: boolean; system?: boolean } = {},
): Command {
  projectFlags(command);
  if (shared) command.option('--shared', 'what is shared by all projects, instead of a project');
  if (system) command.option('--system', 'what belongs to the system, instead of a project');
  return command;
}

/**
 * The path that the flags of scope choose: an explicit project, the shared or the system scope, else the default project.
 * Fails when several are given, and when nothing is.
 */
export async function scopePath(
  resolve: { project(options: { project?: string | undefined; context?: string | undefined }): Promise<string> },
  { project, context, shared = false, system = false }: ScopeOptions,
  needed = 'one of project, shared, or system is required',
): Promise<readonly string[]> {
  if ([project !== undefined, shared, system].filter(Boolean).length > 1)
    throw new CLIError('Usage', '--project, --shared and --system exclude each other');
  if (shared) return ['shared'];
  if (system) return ['system'];
  if (project?.trim() === '') throw new CLIError('Usage', needed);
  try {
    return ['projects', await resolve.project({ project, context })];
  } catch (error) {
    if (error instanceof CLIError && error.code === 'Usage') throw new CLIError('Usage', needed, error);
    throw error;
  }
}

/** Gathers a repeatable flag whose values are kept as they are, commas included. */
export function collectWhole(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

/** The pairs that repeated `--set key=value` give; the value may hold anything. Fails for what has no key or no `=`. */
export function keyValues(given: readonly string[] = [], flag = '--set'): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const equals = text.indexOf('=');
      // The value may be a secret: it is not repeated in the message.
      if (equals < 1) throw new CLIError('Usage', `${flag} must be key=value`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

/** Declares the flags about output. */
export function outputFlags(command: Command): Command {
  return command
    .option(
      '-o, --output <format>',
      'json, yaml, kyaml, name, jsonpath=…, jsonpath-as-json=…, jsonpath-file=…, go-template=… or go-template-file=…',
    )
    .option('--template <template>', 'the template, or its file, for formats that take one')
    .option('--show-managed-fields', 'keep managedFields in JSON and YAML')
    .option('--allow-missing-template-keys <bool>', 'whether templates may name fields that are missing', 'true');
}

/** Declares `--wait` and `--timeout`. */
export function waitFlags(command: Command, what: string): Command {
  return command
    .option('--wait', `wait for ${what}`)
    .option('--timeout <duration>', 'give up waiting after this long, e.g. 90s or 10m; default: never');
}

/** Declares `-f` and `-R`. */
export function filenameFlags(command: Command, verb: string): Command {
  return command
    .option('-f, --filename <path>', `file, directory, URL or - (standard input) with objects to ${verb}; repeatable`, collect)
    .option('-R, --recursive', 'also read sub-directories');
}

/** Gathers a repeatable flag whose values may be joined with commas. */
export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, ...value.split(',').filter((item) => item !== '')];
}

/** The milliseconds that `--timeout` asks for. Fails for what is no positive duration. */
export async function timeoutOf({ timeout }: WaitOptions): Promise<number | undefined> {
  if (timeout === undefined) return undefined;
  const { parseDuration } = await import('@kargo/gocompat');
  const ms = parseDuration(timeout);
  if (ms <= 0) throw new CLIError('Usage', `--timeout must be positive, not ${timeout}`);
  return ms;
}

/** A name as objects have it: without blanks, in lower case. */
export function nameOf(text: string): string {
  return text.trim().toLowerCase();
}
