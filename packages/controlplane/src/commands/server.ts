import { CLIError, defineCommand, type CommandDefinition } from '@kargo/cli';
import { ConfigError, parseUpConfig } from '../config.ts';
import { runComponent } from '../run-component.ts';
import { runServer, type ServerConfig } from '../run-server.ts';

interface Options {
  kubeconfig?: string;
  context?: string;
  namespace?: string;
  systemNamespace?: string;
  [flag: string]: string | boolean | undefined;
}

/** Flags that `kargo up` has too, with what they are called in the options. */
const SHARED: Readonly<Record<string, string>> = {
  data: 'data',
  listen: 'listen',
  'argocd-namespace': 'argocdNamespace',
  'shared-namespace': 'sharedNamespace',
  'git-name': 'gitName',
  'git-email': 'gitEmail',
  'log-level': 'logLevel',
  'log-format': 'logFormat',
};

/** `kargo server`: REST API and UI, over the API of a cluster. */
export const server: CommandDefinition = defineCommand<Options>({
  configure: (command) =>
    command
      .option('--kubeconfig <FILE>', 'how to reach the API; without it, the cluster that this process runs in')
      .option('--context <NAME>', 'context of the kubeconfig (default: the current one)')
      .option('--listen <HOST:PORT>', 'address to listen on', '0.0.0.0:8080')
      .option('--data <DIR>', 'folder for mirrors and workspaces of previews', './kargo-server-data')
      .option('--namespace <NAME>', 'namespace of the installation (default "kargo")')
      .option('--shared-namespace <NAME>', 'namespace of shared resources (default "kargo-shared-resources")')
      .option('--system-namespace <NAME>', 'namespace of system resources (default "kargo-system-resources")')
      .option('--argocd-namespace <NAME>', 'namespace of Argo CD Applications (default "argocd")')
      .option('--git-name <NAME>', 'author of commits in previews (default "Kargo")')
      .option('--git-email <ADDRESS>', 'e-mail address of the author (default "no-reply@kargo.io")')
      .option('--allow-credentials-over-http', 'send credentials over plain HTTP')
      .option('--log-level <LEVEL>', 'discard, error, info or debug (default "info")')
      .option('--log-format <FORMAT>', 'console or json (default "console")'),
  run: async ({ options, context }) => {
    const { env, stderr } = context.io;
    const config = configOf(options, env);
    await runComponent({ config, stderr }, (log, signal) => runServer({ config, log, env }, signal));
  },
});

function configOf(options: Options, env: Readonly<Record<string, string | undefined>>): ServerConfig {
  const args = Object.entries(SHARED).flatMap(([flag, name]) => {
    const value = options[name];
    return typeof value === 'string' ? [`--${flag}`, value] : [];
  });
  if (options['allowCredentialsOverHttp'] === true) args.push('--allow-credentials-over-http');
  try {
    const shared = parseUpConfig(args, env);
    if (shared === undefined) throw new Error('programmer error: help was not asked for');
    return {
      ...shared,
      kubeconfig: options.kubeconfig ?? env['KUBECONFIG'],
      context: options.context,
      namespace: options.namespace ?? env['KARGO_NAMESPACE'] ?? 'kargo',
      systemNamespace: options.systemNamespace ?? env['SYSTEM_RESOURCES_NAMESPACE'] ?? 'kargo-system-resources',
    };
  } catch (error) {
    if (error instanceof ConfigError) throw new CLIError('Usage', error.message.replace('kargo up', 'kargo server'), error);
    throw error;
  }
}
