import { CLIError, defineCommand, type CommandDefinition } from '@kargo/cli';
import { COMPONENTS, type Component } from '../components.ts';
import { ConfigError, parseUpConfig } from '../config.ts';
import { runComponent } from '../run-component.ts';
import { runControllers, type ControllerConfig } from '../run-controllers.ts';

interface Options {
  kubeconfig?: string;
  context?: string;
  components?: string;
  shardName?: string;
  default?: boolean;
  namespace?: string;
  gitopsAgent?: boolean;
  analysis: boolean;
  leaderElection: boolean;
  [flag: string]: string | boolean | undefined;
}

/** Flags that `kargo up` has too, with what they are called in the options. */
const SHARED: Readonly<Record<string, string>> = {
  data: 'data',
  'argocd-namespace': 'argocdNamespace',
  'gitops-directory': 'gitopsDirectory',
  'shared-namespace': 'sharedNamespace',
  'git-name': 'gitName',
  'git-email': 'gitEmail',
  'minimum-interval': 'minimumInterval',
  'log-level': 'logLevel',
  'log-format': 'logFormat',
};

/** `kargo controller`: the controllers alone, against an API elsewhere. */
export const controller: CommandDefinition = defineCommand<Options>({
  configure: (command) =>
    command
      .option('--kubeconfig <FILE>', 'how to reach the API; without it, the cluster that this process runs in')
      .option('--context <NAME>', 'context of the kubeconfig (default: the current one)')
      .option('--data <DIR>', 'folder for mirrors and workspaces', './kargo-controller-data')
      .option('--namespace <NAME>', 'namespace of the installation, where Leases are (default "kargo")')
      .option('--shard-name <NAME>', 'handle Warehouses, Stages and Promotions of this shard; without it, those of no shard')
      .option('--default', 'with --shard-name: handle those of no shard too')
      .option(
        '--components <LIST>',
        `what runs, separated by commas: ${COMPONENTS.join(', ')} (default: all but gitops-agent; of a shard, promotion)`,
      )
      .option('--gitops-agent', 'deploy Applications with the embedded agent too; not where Argo CD runs')
      .option('--no-analysis', 'leave AnalysisRuns to Argo Rollouts')
      .option('--no-leader-election', 'run at once; only where no other process runs the controllers')
      .option(
        '--job-executor <KIND>',
        'what runs Jobs of verifications: cluster, where the API belongs to one; against kargo up: auto, container, local-process or none (default "cluster")',
      )
      .option('--argocd-namespace <NAME>', 'namespace of Argo CD Applications (default "argocd")')
      .option('--gitops-directory <DIR>', 'folder below which Applications with dir:// destinations are written')
      .option('--shared-namespace <NAME>', 'namespace of shared resources (default "kargo-shared-resources")')
      .option('--git-name <NAME>', 'author of commits (default "Kargo")')
      .option('--git-email <ADDRESS>', 'e-mail address of the author (default "no-reply@kargo.io")')
      .option('--minimum-interval <DURATION>', 'shortest time between two looks of a Warehouse (default "0s")')
      .option('--allow-credentials-over-http', 'send credentials over plain HTTP')
      .option('--log-level <LEVEL>', 'discard, error, info or debug (default "info")')
      .option('--log-format <FORMAT>', 'console or json (default "console")'),
  run: async ({ options, context }) => {
    const { env, stderr } = context.io;
    const config = configOf(options, env);
    await runComponent({ config, stderr }, (log, signal) => runControllers({ config, log, env }, signal));
  },
});

function configOf(options: Options, env: Readonly<Record<string, string | undefined>>): ControllerConfig {
  const args = Object.entries(SHARED).flatMap(([flag, name]) => {
    const value = options[name];
    return typeof value === 'string' ? [`--${flag}`, value] : [];
  });
  const { jobExecutor = 'cluster' } = options;
  if (jobExecutor !== 'cluster') args.push('--job-executor', String(jobExecutor));
  if (options['allowCredentialsOverHttp'] === true) args.push('--allow-credentials-over-http');
  try {
    const shared = parseUpConfig(args, env);
    if (shared === undefined) throw new Error('programmer error: help was not asked for');
    const name = options.shardName ?? env['SHARD_NAME'] ?? '';
    const isDefault = name === '' || options.default === true || env['IS_DEFAULT_CONTROLLER'] === 'true';
    checkShardName(name);
    return {
      ...shared,
      jobExecutor: jobExecutor === 'cluster' ? jobExecutor : shared.jobExecutor,
      kubeconfig: options.kubeconfig ?? env['KUBECONFIG'],
      context: options.context,
      components: componentsOf(options, isDefault),
      shard: { name, isDefault },
      namespace: options.namespace ?? env['KARGO_NAMESPACE'] ?? 'kargo',
      leaderElection: options.leaderElection,
      heartbeatTTL: heartbeatTTL(env['HEARTBEAT_TTL_SECONDS'] ?? '120'),
    };
  } catch (error) {
    if (error instanceof ConfigError) throw new CLIError('Usage', error.message.replace('kargo up', 'kargo controller'), error);
    throw error;
  }
}

/** It is the value of a label and part of names of Leases. */
function checkShardName(name: string): void {
  if (name !== '' && !/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(name))
    throw new ConfigError(
      `--shard-name must have at most 40 lower-case letters, digits and hyphens, such as eu-west; found ${JSON.stringify(name)}`,
    );
}

function componentsOf({ components, gitopsAgent = false, analysis }: Options, isDefault: boolean): Component[] {
  const usual: Component[] = isDefault ? ['management', 'promotion', 'analysis'] : ['promotion'];
  const wanted = components === undefined ? usual : listOf(components);
  if (gitopsAgent && !wanted.includes('gitops-agent')) wanted.push('gitops-agent');
  return wanted.filter((component) => analysis || component !== 'analysis');
}

function listOf(text: string): Component[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(COMPONENTS as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new ConfigError(`--components may list ${COMPONENTS.join(', ')}; found ${JSON.stringify(unknown.join(','))}`);
  return COMPONENTS.filter((component) => names.includes(component));
}

function heartbeatTTL(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new ConfigError(`HEARTBEAT_TTL_SECONDS must be a positive number of seconds; found ${JSON.stringify(text)}`);
  return Number(text) * 1000;
}
