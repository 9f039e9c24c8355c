import { CLIError } from '../cli-error.ts';
import type { ConfigStore } from './config-store.ts';
import type { CLIConfig } from './contexts.ts';

/** Where the API is and who calls it. */
export interface Connection {
  /** Base URL without a trailing slash; may have a path. */
  address: string;
  /** Empty for a server that asks for none. */
  token: string;
  insecure: boolean;
  /** Only from the file: what can renew an expired token. */
  stored?: CLIConfig | undefined;
  /** Name of the context that `stored` is of. */
  context?: string | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Whether the environment names both address and token, so that the file is left alone. */
export function isEnvironmentMode(env: Env): boolean {
  return (env['KARGO_API_ADDRESS'] ?? '') !== '' && (env['KARGO_API_TOKEN'] ?? '') !== '';
}

/** The context that a flag or, without one, `KARGO_CONTEXT` chooses; undefined for the current one. */
export function chosenContext(env: Env, flag: string | undefined): string | undefined {
  const chosen = flag ?? env['KARGO_CONTEXT'] ?? '';
  return chosen === '' ? undefined : chosen;
}

/** The connection that environment or file describe; an explicit context beats the environment. Fails when neither does. */
export async function resolveConnection(env: Env, store: ConfigStore, flag?: string): Promise<Connection> {
  if (flag === undefined && isEnvironmentMode(env)) {
    return {
      address: normaliseAddress(env['KARGO_API_ADDRESS'] ?? ''),
      token: env['KARGO_API_TOKEN'] ?? '',
      insecure: env['KARGO_INSECURE_SKIP_TLS_VERIFY'] === 'true',
    };
  }
  // By its name from here on: another process may choose another context before something is saved to this one.
  const context = chosenContext(env, flag) ?? (await store.current());
  const stored = await store.load(context);
  if (stored.apiAddress === undefined || stored.apiAddress === '') throw await notLoggedInTo(store);
  return {
    address: normaliseAddress(stored.apiAddress),
    token: stored.bearerToken ?? '',
    insecure: stored.insecureSkipTLSVerify === true,
    stored,
    context,
  };
}

async function notLoggedInTo(store: ConfigStore): Promise<CLIError> {
  const others = (await store.contexts()).map(({ name }) => name);
  const error = notLoggedIn();
  return others.length === 0
    ? error
    : new CLIError('NotLoggedIn', `${error.message}; or choose one of ${others.join(', ')} with \`kargo config use-context\``);
}

/** The failure of a command that needs a server and knows none. */
export function notLoggedIn(): CLIError {
  return new CLIError(
    'NotLoggedIn',
    'seems like you are not logged in; please use `kargo login` to authenticate, or set both KARGO_API_ADDRESS and KARGO_API_TOKEN',
  );
}

/** An address as a base URL: blanks trimmed, `https://` where no scheme is given, no trailing slash. Fails for what is no URL. */
export function normaliseAddress(text: string): string {
  const trimmed = text.trim();
  const withScheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(trimmed) ? trimmed : `https://${trimmed}`;
  if (!URL.canParse(withScheme)) throw new CLIError('Usage', `${JSON.stringify(text)} is not the address of a server`);
  return withScheme.replace(/\/+$/, '');
}
