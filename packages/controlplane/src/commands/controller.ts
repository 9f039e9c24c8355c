import { CLIError, defineCommand, type CommandDefinition } from '@kargo/cli';
import { KubeconfigError, systemClock } from '@kargo/kube';
import { ConfigError, parseUpConfig } from '../config.ts';
import { DataFolderInUseError } from '../data-lock.ts';
import { createLog } from '../log.ts';
import { runControllers, type ControllerConfig } from '../run-controllers.ts';

interface Options {
  kubeconfig?: string;
  context?: string;
  gitopsAgent?: boolean;
  analysis: boolean;
  leaderElection: boolean;
  [flag: string]: string | boolean | undefined;
}

/** Flags that `kargo up` has too, with what they are called in the options. */
const SHARED: Readonly<Record<string, string>> = {
  data: 'data',
  'job-executor': 'jobExecutor',
  'argocd-namespace': 'argocdNamespace',
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
      .option('--gitops-agent', 'deploy Applications with the embedded agent; not where Argo CD runs')
      .option('--no-analysis', 'leave AnalysisRuns to Argo Rollouts')
      .option('--no-leader-election', 'run at once; only where no other process runs the controllers')
      .option('--job-executor <KIND>', 'what runs Jobs: auto, container, local-process or none (default "auto")')
      .option('--argocd-namespace <NAME>', 'namespace of Argo CD Applications (default "argocd")')
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
    const log = createLog({
      level: config.logLevel,
      format: config.logFormat,
      clock: systemClock,
      write: (line) => stderr.write(line),
    });
    const stopping = new AbortController();
    const stop = (): void => stopping.abort(new Error('the process was told to stop'));
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
    // Timers do not keep a process alive.
    const alive = setInterval(() => undefined, 2 ** 30);
    try {
      await runControllers({ config, log, env }, stopping.signal);
    } catch (error) {
      if (error instanceof KubeconfigError || error instanceof DataFolderInUseError)
        throw new CLIError('Configuration', error.message, error);
      throw error;
    } finally {
      clearInterval(alive);
    }
  },
});

function configOf(options: Options, env: Readonly<Record<string, string | undefined>>): ControllerConfig {
  const args = Object.entries(SHARED).flatMap(([flag, name]) => {
    const value = options[name];
    return typeof value === 'string' ? [`--${flag}`, value] : [];
  });
  if (options['allowCredentialsOverHttp'] === true) args.push('--allow-credentials-over-http');
  try {
    const shared = parseUpConfig(args, env);
    if (shared === undefined) throw new Error('programmer error: help was not asked for');
    const { kubeconfig, context, gitopsAgent = false, analysis, leaderElection } = options;
    return {
      ...shared,
      kubeconfig: kubeconfig ?? env['KUBECONFIG'],
      context,
      gitOpsAgent: gitopsAgent,
      analysis,
      leaderElection,
    };
  } catch (error) {
    if (error instanceof ConfigError) throw new CLIError('Usage', error.message.replace('kargo up', 'kargo controller'), error);
    throw error;
  }
}
