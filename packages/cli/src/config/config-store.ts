import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CLIError, messageOf } from '../cli-error.ts';

/** What the configuration file holds. Every key is optional. */
export interface CLIConfig {
  authMethod?: 'admin' | 'kubeconfig' | 'sso' | undefined;
  apiAddress?: string | undefined;
  bearerToken?: string | undefined;
  refreshToken?: string | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
  callbackPort?: number | undefined;
  /** The default project. */
  project?: string | undefined;
}

/** The configuration file of one user. */
export interface ConfigStore {
  readonly path: string;
  /** A missing file is an empty configuration. Fails when the file cannot be read or parsed. */
  load(): Promise<CLIConfig>;
  /** Replaces the file, readable by its owner only. */
  save(config: CLIConfig): Promise<void>;
  /** Removes the file; a missing one is fine. */
  remove(): Promise<void>;
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
  return {
    path,
    load: () => load(path),
    save: (config) => save(path, config),
    remove: () => rm(path, { force: true }),
  };
}

async function load(path: string): Promise<CLIConfig> {
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
  return parsed as CLIConfig;
}

async function save(path: string, config: CLIConfig): Promise<void> {
  const { stringify } = await import('yaml');
  const set = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined && value !== ''));
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
