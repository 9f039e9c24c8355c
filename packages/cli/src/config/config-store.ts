import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CLIError, messageOf } from '../cli-error.ts';
import {
  contextsOf,
  settingsOf,
  withoutContext,
  withSettings,
  type CLIConfig,
  type ConfigFile,
  type NamedContext,
} from './contexts.ts';

/** The configuration file of one user. Without a name, everything is about the current context. */
export interface ConfigStore {
  readonly path: string;
  /** The settings of a context. A missing file is an empty configuration. Fails when the file cannot be read or parsed, or has no such context. */
  load(context?: string): Promise<CLIConfig>;
  /** Replaces the settings of a context. The file is readable by its owner only. */
  save(config: CLIConfig, context?: string): Promise<void>;
  /** Forgets a context, and the file with the last one; a missing one is fine. */
  remove(context?: string): Promise<void>;
  /** Removes the file; a missing one is fine. */
  removeAll(): Promise<void>;
  contexts(): Promise<NamedContext[]>;
  /** Name of the current context; undefined if there is none. */
  current(): Promise<string | undefined>;
  /** Changes the file as a whole. */
  change(how: (file: ConfigFile) => ConfigFile): Promise<void>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** `$XDG_CONFIG_HOME/kargo/config`, else `~/.config/kargo/config`. */
export function configPath(env: Env): string {
  const base = env['XDG_CONFIG_HOME'];
  return base === undefined || base === ''
    ? join(env['HOME'] ?? env['USERPROFILE'] ?? '.', '.config/kargo/config')
    : join(base, 'kargo/config');
}

/** The configuration file where `env` says it is. */
export function openConfigStore(env: Env): ConfigStore {
  const path = configPath(env);
  const change = async (how: (file: ConfigFile) => ConfigFile): Promise<void> => {
    const changed = how(await load(path));
    if (contextsOf(changed).length === 0) await rm(path, { force: true });
    else await save(path, changed);
  };
  return {
    path,
    load: async (context) => settingsOf(await load(path), context),
    save: (config, context) => change((file) => withSettings(file, context, config)),
    remove: (context) => change((file) => withoutContext(file, context)),
    removeAll: () => rm(path, { force: true }),
    contexts: async () => contextsOf(await load(path)),
    current: async () => contextsOf(await load(path)).find(({ isCurrent }) => isCurrent)?.name,
    change,
  };
}

async function load(path: string): Promise<ConfigFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new CLIError('Configuration', `load config: error reading configuration file ${path}: ${messageOf(error)}`, error);
  }
  const { parse } = await import('yaml');
  const fail = (why: string, cause?: unknown): never => {
    throw new CLIError('Configuration', `load config: error parsing configuration file ${path}: ${why}`, cause);
  };
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (error) {
    // The parser's message quotes the line, which may hold a token.
    const line = (error as { linePos?: { line: number }[] }).linePos?.[0]?.line;
    fail(
      `it is not YAML${line === undefined ? '' : ` (line ${line})`}; repair it, or delete it and run \`kargo login\` again`,
      error,
    );
  }
  if (parsed === null || parsed === undefined) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) fail('it is not a mapping of settings');
  return parsed as ConfigFile;
}

async function save(path: string, { contexts = {}, currentContext, ...settings }: ConfigFile): Promise<void> {
  const { stringify } = await import('yaml');
  const others = Object.entries(contexts).map(([name, other]) => [name, present(other)] as const);
  const set = {
    ...present(settings),
    ...present({ currentContext }),
    ...(others.length === 0 ? {} : { contexts: Object.fromEntries(others) }),
  };
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(temporary, stringify(set, { compat: 'yaml-1.1' }), { mode: 0o600 });
    await chmod(temporary, 0o600);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new CLIError('Configuration', `error saving configuration file ${path}: ${messageOf(error)}`, error);
  }
}

function present(settings: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined && value !== ''));
}
