import { CLIError, defineCommand, type CommandDefinition } from '@kargo/cli';
import { ConfigError, parseListen, parseUpConfig } from '../config.ts';
import { runComponent } from '../run-component.ts';
import { runWebhooks } from '../run-webhooks.ts';

interface Options {
  kubeconfig?: string;
  context?: string;
  listen: string;
  namespace?: string;
  hosts?: string;
  logLevel?: string;
  logFormat?: string;
}

/** `kargo webhooks`: admission of a cluster, over TLS. */
export const webhooks: CommandDefinition = defineCommand<Options>({
  configure: (command) =>
    command
      .option('--kubeconfig <FILE>', 'how to reach the API; without it, the cluster that this process runs in')
      .option('--context <NAME>', 'context of the kubeconfig (default: the current one)')
      .option('--listen <HOST:PORT>', 'address to listen on', '0.0.0.0:9443')
      .option('--namespace <NAME>', 'namespace of the installation (default "kargo")')
      .option('--hosts <LIST>', 'further names or addresses of the webhooks, separated by commas, besides those of their Service')
      .option('--log-level <LEVEL>', 'discard, error, info or debug (default "info")')
      .option('--log-format <FORMAT>', 'console or json (default "console")'),
  run: async ({ options, context }) => {
    const { env, stderr } = context.io;
    const { config, logging } = configOf(options, env);
    await runComponent({ config: logging, stderr }, (log, signal) => runWebhooks({ config, log, env }, signal));
  },
});

function configOf(
  { kubeconfig, context, listen, namespace, hosts = '', logLevel, logFormat }: Options,
  env: Readonly<Record<string, string | undefined>>,
): { config: Parameters<typeof runWebhooks>[0]['config']; logging: Parameters<typeof runComponent>[0]['config'] } {
  const args = [
    ...(logLevel === undefined ? [] : ['--log-level', logLevel]),
    ...(logFormat === undefined ? [] : ['--log-format', logFormat]),
  ];
  try {
    const logging = parseUpConfig(args, env);
    if (logging === undefined) throw new Error('programmer error: help was not asked for');
    return {
      logging,
      config: {
        ...parseListen(listen),
        kubeconfig: kubeconfig ?? env['KUBECONFIG'],
        context,
        namespace: namespace ?? env['KARGO_NAMESPACE'] ?? 'kargo',
        images: logging.images,
        hosts: hosts.split(',').flatMap((host) => host.trim() || []),
      },
    };
  } catch (error) {
    if (error instanceof ConfigError) throw new CLIError('Usage', error.message.replace('kargo up', 'kargo webhooks'), error);
    throw error;
  }
}
