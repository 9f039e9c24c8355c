import { defineCommand, type CommandDefinition } from '@kargo/cli';
import { parseListen } from '../config.ts';
import { runComponent } from '../run-component.ts';
import { runWebhooks } from '../run-webhooks.ts';
import { clusterFlags, explained, sharedConfig, sharedFlags, type Given } from './shared-flags.ts';

interface Options extends Given {
  kubeconfig?: string;
  context?: string;
  listen: string;
  namespace?: string;
  hosts?: string;
}

const SHARED = ['log-level', 'log-format'] as const;

/** `kargo webhooks`: admission of a cluster, over TLS. */
export const webhooks: CommandDefinition = defineCommand<Options>({
  configure: (command) =>
    sharedFlags(
      clusterFlags(command)
        .option('--listen <HOST:PORT>', 'address to listen on', '0.0.0.0:9443')
        .option('--namespace <NAME>', 'namespace of the installation (default "kargo")')
        .option(
          '--hosts <LIST>',
          'further names or addresses of the webhooks, separated by commas, besides those of their Service',
        ),
      SHARED,
    ),
  run: async ({ options, context }) => {
    const { env, stderr } = context.io;
    const { config, logging } = explained('webhooks', () => configOf(options, env));
    await runComponent({ config: logging, stderr }, (log, signal) => runWebhooks({ config, log, env }, signal));
  },
});

function configOf(
  { listen, namespace, hosts = '', ...options }: Options,
  env: Readonly<Record<string, string | undefined>>,
): { config: Parameters<typeof runWebhooks>[0]['config']; logging: Parameters<typeof runComponent>[0]['config'] } {
  const logging = sharedConfig(options, env, SHARED);
  return {
    logging,
    config: {
      ...parseListen(listen),
      kubeconfig: options.kubeconfig ?? env['KUBECONFIG'],
      context: options.context,
      namespace: namespace ?? env['KARGO_NAMESPACE'] ?? 'kargo',
      images: logging.images,
      hosts: hosts.split(',').flatMap((host) => host.trim() || []),
    },
  };
}
