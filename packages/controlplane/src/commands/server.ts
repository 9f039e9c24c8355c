import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineCommand, type CommandDefinition } from '@kargo/cli';
import { ConfigError, parseListen } from '../config.ts';
import { runComponent } from '../run-component.ts';
import { runServer, type ServerConfig } from '../run-server.ts';
import { clusterFlags, explained, sharedConfig, sharedFlags, systemNamespaceOf, type Given } from './shared-flags.ts';

interface Options extends Given {
  kubeconfig?: string;
  context?: string;
  listen?: string;
  address?: string;
  data?: string;
  namespace?: string;
  kargoNamespace?: string;
  systemNamespace?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const SHARED = [
  'shared-namespace',
  'argocd-namespace',
  'git-name',
  'git-email',
  'allow-credentials-over-http',
  'log-level',
  'log-format',
] as const;

/** `kargo server`: REST API and UI over the API of a cluster, for everybody or, at their own machine, for one person. */
export const server: CommandDefinition = defineCommand<Options>({
  configure: (command) =>
    sharedFlags(
      clusterFlags(command)
        .option('--listen <HOST:PORT>', 'address to listen on; everybody has to sign in (default in a cluster: "0.0.0.0:8080")')
        .option(
          '--address <HOST:PORT>',
          'address of this machine to listen on, for you alone: nobody signs in, and your kubeconfig decides what may be done (default outside a cluster: "127.0.0.1:0")',
        )
        .option(
          '--data <DIR>',
          'folder for mirrors and workspaces of previews (default "./kargo-server-data"; with --address, a temporary one)',
        )
        .option('--namespace <NAME>', 'namespace of the installation (default "kargo")')
        .option('--kargo-namespace <NAME>', 'the same as --namespace')
        .option('--system-namespace <NAME>', 'namespace of system resources (default "kargo-system-resources")'),
      SHARED,
    ),
  run: async ({ options, context }) => {
    const { env, stderr, stdout } = context.io;
    const asked = explained('server', () => configOf(options, env));
    // What nobody has named is this person's alone, and of no use to anybody afterwards.
    const temporary =
      asked.isLocal === true && options.data === undefined ? await mkdtemp(join(tmpdir(), 'kargo-server-')) : undefined;
    const config = temporary === undefined ? asked : { ...asked, data: temporary };
    const onListening = (port: number): void => {
      if (config.isLocal === true)
        stdout.write(`kargo is listening on http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}\n`);
    };
    try {
      await runComponent({ config, stderr }, (log, signal) => runServer({ config, log, env, onListening }, signal));
    } finally {
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
    }
  },
});

/** What flags and environment say. */
export function configOf(options: Options, env: Environment): ServerConfig {
  if (options.address !== undefined && options.listen !== undefined)
    throw new ConfigError('--address is for you alone, --listen for everybody: give one of them');
  const isInCluster = (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
  const isLocal = options.address !== undefined || (options.listen === undefined && !isInCluster);
  const { BIND_ADDRESS: host = '', PORT: port = '' } = env;
  const listen = isLocal
    ? (options.address ?? '127.0.0.1:0')
    : (options.listen ?? `${bracketed(host || '0.0.0.0')}:${port || '8080'}`);
  const data = options.data ?? './kargo-server-data';
  const shared = sharedConfig({ ...options, data, listen }, env, ['data', 'listen', ...SHARED]);
  if (isLocal) requireLoopback(parseListen(listen).host);
  return {
    ...shared,
    isLocal,
    kubeconfig:
      options.kubeconfig ??
      (env['KUBECONFIG'] || (isLocal ? join(env['HOME'] ?? env['USERPROFILE'] ?? '.', '.kube/config') : undefined)),
    context: options.context,
    namespace: options.namespace ?? options.kargoNamespace ?? (env['KARGO_NAMESPACE'] || 'kargo'),
    systemNamespace: systemNamespaceOf(options, env),
  };
}

/** A server that asks nobody who they are must not be reached by others. */
function requireLoopback(host: string): void {
  if (host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)) return;
  throw new ConfigError(
    `--address must be one of this machine itself, such as 127.0.0.1:0, because nobody has to sign in there; found ${JSON.stringify(host)}. For others too, use --listen`,
  );
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
