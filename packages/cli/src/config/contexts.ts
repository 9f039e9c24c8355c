import { CLIError } from '../cli-error.ts';

/** The settings of one context: a server, and how one is known there. Every key is optional. */
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

/** What the configuration file holds: at its top the settings of the current context, where other programs look for them. */
export interface ConfigFile extends CLIConfig {
  /** Name of the current context; absent: `default`. */
  currentContext?: string | undefined;
  /** The other contexts. */
  contexts?: Readonly<Record<string, CLIConfig>> | undefined;
}

/** A context by its name. */
export interface NamedContext {
  name: string;
  isCurrent: boolean;
  settings: CLIConfig;
}

const UNNAMED = 'default';

/** All contexts, sorted by name. A current one without a server is none. */
export function contextsOf(file: ConfigFile): NamedContext[] {
  const { currentContext = UNNAMED, contexts = {} } = file;
  const settings = currentSettings(file);
  const others = Object.entries(contexts)
    .filter(([name]) => name !== currentContext)
    .map(([name, other]) => ({ name, isCurrent: false, settings: other }));
  const current = Object.keys(settings).length === 0 ? [] : [{ name: currentContext, isCurrent: true, settings }];
  return [...current, ...others].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The settings of a context, of the current one if no name is given. Fails for a name that there is not. */
export function settingsOf(file: ConfigFile, name: string | undefined): CLIConfig {
  if (isCurrent(file, name)) return currentSettings(file);
  const { contexts = {} } = file;
  const settings = name !== undefined && Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (settings === undefined) throw unknownContext(file, name ?? '');
  return settings;
}

/** The file with other settings for a context, which may be a new one. */
export function withSettings(file: ConfigFile, name: string | undefined, settings: CLIConfig): ConfigFile {
  const { currentContext, contexts = {} } = file;
  if (isCurrent(file, name)) return { ...settings, currentContext, contexts };
  checkName(name ?? '');
  return { ...currentSettings(file), currentContext, contexts: { ...contexts, [name ?? '']: settings } };
}

/** The file with another current context. Fails for a name that there is not. */
export function withCurrent(file: ConfigFile, name: string): ConfigFile {
  if (isCurrent(file, name)) return { ...file, currentContext: name };
  const settings = settingsOf(file, name);
  const before = currentSettings(file);
  const { [name]: _, ...others } = file.contexts ?? {};
  const kept = Object.keys(before).length === 0 ? others : { ...others, [file.currentContext ?? UNNAMED]: before };
  return { ...settings, currentContext: name, contexts: kept };
}

/** The file without a context, the current one if no name is given. Fails for a name that there is not. */
export function withoutContext(file: ConfigFile, name: string | undefined): ConfigFile {
  const { currentContext, contexts = {} } = file;
  // Without a name, what is left of the current one would be taken for the context `default`, and hide it.
  if (isCurrent(file, name)) return Object.hasOwn(contexts, UNNAMED) ? { currentContext, contexts } : { contexts };
  settingsOf(file, name);
  const { [name ?? '']: _, ...others } = contexts;
  return { ...file, contexts: others };
}

/** The file with another name for a context. Fails for names that there are not, or are already. */
export function withRenamed(file: ConfigFile, from: string, to: string): ConfigFile {
  const settings = settingsOf(file, from);
  checkName(to);
  if (contextsOf(file).some(({ name }) => name === to))
    throw new CLIError('Usage', `there is a context ${JSON.stringify(to)} already`);
  if (isCurrent(file, from)) return { ...file, currentContext: to };
  const { [from]: _, ...others } = file.contexts ?? {};
  return { ...file, contexts: { ...others, [to]: settings } };
}

/** Fails for what cannot name a context. */
export function checkName(name: string): void {
  if (!/^[^\s/]{1,253}$/.test(name) || name === '__proto__')
    throw new CLIError(
      'Usage',
      `${JSON.stringify(name)} cannot name a context: it takes up to 253 characters without blanks and slashes`,
    );
}

function isCurrent({ currentContext = UNNAMED }: ConfigFile, name: string | undefined): boolean {
  return name === undefined || name === currentContext;
}

function currentSettings({ currentContext: _name, contexts: _contexts, ...settings }: ConfigFile): CLIConfig {
  return settings;
}

function unknownContext(file: ConfigFile, name: string): CLIError {
  const known = contextsOf(file).map((each) => each.name);
  const others = known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`;
  return new CLIError(
    'Configuration',
    `there is no context ${JSON.stringify(name)}; ${others}; \`kargo login --context\` makes one`,
  );
}
