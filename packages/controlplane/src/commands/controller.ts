import { defineCommand, type CommandDefinition } from '@kargo/cli';
import { COMPONENTS, type Component } from '../components.ts';
import { ConfigError } from '../config.ts';
import { runComponent } from '../run-component.ts';
import { runControllers, type ControllerConfig } from '../run-controllers.ts';
import { clusterFlags, explained, sharedConfig, sharedFlags, systemNamespaceOf, type Given } from './shared-flags.ts';

interface Options extends Given {
  kubeconfig?: string;
  context?: string;
  components?: string;
  shardName?: string;
  default?: boolean;
  namespace?: string;
  systemNamespace?: string;
  gitopsAgent?: boolean;
  analysis: boolean;
  leaderElection: boolean;
}

const SHARED = [
  'argocd-namespace',
  'gitops-directory',
  'shared-namespace',
  'git-name',
  'git-email',
  'minimum-interval',
  'allow-credentials-over-http',
  'log-level',
  'log-format',
] as const;

/** `kargo controller`: the controllers alone, against an API elsewhere. */
export const controller: CommandDefinition = defineCommand<Options>({
  configure: (command) =>
    sharedFlags(
      clusterFlags(command)
        .option('--data <DIR>', 'folder for mirrors and workspaces', './kargo-controller-data')
        .option('--namespace <NAME>', 'namespace of the installation, where Leases are (default "kargo")')
        .option('--system-namespace <NAME>', 'namespace of system resources (default "kargo-system-resources")')
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
        ),
      SHARED,
    ),
  run: async ({ options, context }) => {
    const { env, stderr } = context.io;
    const config = explained('controller', () => configOf(options, env));
    await runComponent({ config, stderr }, (log, signal) => runControllers({ config, log, env }, signal));
  },
});

/** What flags and environment make. Fails with {@link ConfigError}. */
export function configOf(options: Options, env: Readonly<Record<string, string | undefined>>): ControllerConfig {
  const { jobExecutor = 'cluster' } = options;
  const given = { ...options, jobExecutor: jobExecutor === 'cluster' ? undefined : jobExecutor };
  const shared = sharedConfig(given, env, ['data', 'job-executor', ...SHARED]);
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
    systemNamespace: systemNamespaceOf(options, env),
    leaderElection: options.leaderElection,
    heartbeatTTL: seconds(env, 'HEARTBEAT_TTL_SECONDS', { usually: 120, least: 1 }),
    leaseDuration: seconds(env, 'LEASE_DURATION_SECONDS', { usually: 15, least: 3 }),
  };
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

/** A setting in whole seconds, in milliseconds. */
function seconds(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  { usually, least }: { usually: number; least: number },
): number {
  const text = env[name] ?? '';
  if (text === '') return usually * 1000;
  if (!/^\d{1,6}$/.test(text) || Number(text) < least)
    throw new ConfigError(`${name} must be a whole number of seconds, at least ${least}; found ${JSON.stringify(text)}`);
  return Number(text) * 1000;
}
