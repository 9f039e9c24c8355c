import { CLIError } from '@kargo/cli';
import { ConfigError, parseUpConfig, SYSTEM_NAMESPACE, type UpConfig } from '../config.ts';

/** The part of commander's `Command` that flags are declared with. */
interface Flagged {
  option(flags: string, description: string, otherwise?: string): Flagged;
}

/** Flags that several components have, by their names; they mean the same to `kargo up`. */
const FLAGS = {
  'argocd-namespace': ['<NAME>', 'namespace of Argo CD Applications (default "argocd")'],
  'gitops-directory': ['<DIR>', 'folder below which Applications with dir:// destinations are written'],
  'shared-namespace': ['<NAME>', 'namespace of shared resources (default "kargo-shared-resources")'],
  'git-name': ['<NAME>', 'author of commits (default "Kargo")'],
  'git-email': ['<ADDRESS>', 'e-mail address of the author (default "no-reply@kargo.io")'],
  'minimum-interval': ['<DURATION>', 'shortest time between two looks of a Warehouse (default "0s")'],
  'allow-credentials-over-http': ['', 'send credentials over plain HTTP'],
  'log-level': ['<LEVEL>', 'discard, error, info or debug (default "info")'],
  'log-format': ['<FORMAT>', 'console or json (default "console")'],
} as const;

/** Those that have been declared elsewhere, because they have defaults of their own. */
type SharedFlag = keyof typeof FLAGS | 'data' | 'listen' | 'job-executor';

/** What commander makes of flags. */
export type Given = Readonly<Record<string, string | boolean | undefined>>;

/** How a component finds its API. */
export function clusterFlags<C extends Flagged>(command: C): C {
  command
    .option('--kubeconfig <FILE>', 'how to reach the API; without it, the cluster that this process runs in')
    .option('--context <NAME>', 'context of the kubeconfig (default: the current one)');
  return command;
}

export function sharedFlags<C extends Flagged>(command: C, names: readonly (keyof typeof FLAGS)[]): C {
  for (const name of names) {
    const [value, description] = FLAGS[name];
    command.option(`--${name}${value === '' ? '' : ` ${value}`}`, description);
  }
  return command;
}

/** The configuration that shared flags and the environment make. Fails with {@link ConfigError} where `kargo up` would. */
export function sharedConfig(
  given: Given,
  env: Readonly<Record<string, string | undefined>>,
  names: readonly SharedFlag[],
): UpConfig {
  const args = names.flatMap((name) => {
    const value = given[name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    return typeof value === 'string' ? [`--${name}`, value] : value === true ? [`--${name}`] : [];
  });
  const config = parseUpConfig(args, env);
  if (config === undefined) throw new Error('programmer error: help was not asked for');
  return config;
}

/** Where what belongs to the installation itself is kept, which its components have to agree about. */
export function systemNamespaceOf(
  { systemNamespace }: { systemNamespace?: string | undefined },
  env: Readonly<Record<string, string | undefined>>,
): string {
  return systemNamespace ?? (env['SYSTEM_RESOURCES_NAMESPACE'] || SYSTEM_NAMESPACE);
}

/** Says mistakes of a configuration in the name of the command that was called. */
export function explained<T>(command: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof ConfigError) throw new CLIError('Usage', error.message.replace('kargo up', `kargo ${command}`), error);
    throw error;
  }
}
