import { SYSTEM_NAMESPACE } from '../config.ts';
import { CLIError, defineCommand, type CommandDefinition } from '@kargo/cli';
import { stringify } from 'yaml';
import { clusterManifests } from '../manifests.ts';

interface Options {
  namespace: string;
  sharedNamespace: string;
  systemNamespace: string;
  argocdNamespace: string;
  image: string;
  replicas: string;
  shards?: string;
  crds: boolean;
  webhooks: boolean;
  analysis?: boolean;
  gitopsAgent?: boolean;
  env: string[];
}

/** `kargo manifests`: what an installation on a cluster consists of. */
export const manifests: CommandDefinition = defineCommand<Options>({
  configure: (command) =>
    command
      .option('--namespace <NAME>', 'namespace of the installation', 'kargo')
      .option('--shared-namespace <NAME>', 'namespace of resources shared by all Projects', 'kargo-shared-resources')
      .option('--system-namespace <NAME>', 'namespace of resources of the system', SYSTEM_NAMESPACE)
      .option('--argocd-namespace <NAME>', 'namespace of Argo CD Applications', 'argocd')
      .option('--image <IMAGE>', 'image that holds this program', 'kargo:latest')
      .option('--replicas <NUMBER>', 'processes of each component; more than one stand by for each other', '2')
      .option('--shards <LIST>', 'shards that get a controller of their own, separated by commas')
      .option(
        '--env <NAME=VALUE>',
        'environment variable of every component, for instance IMAGE_REGISTRY_RATE_LIMIT=50; may be repeated. What is secret belongs into a Secret with the name of the component',
        (value: string, given: string[]) => [...given, value],
        [] as string[],
      )
      .option('--no-crds', 'without the definitions of kinds')
      .option('--no-webhooks', 'without admission: nothing checks or completes what is written with other tools')
      .option('--analysis', 'with the kinds of Argo Rollouts for analysis, where that is not installed')
      .option('--gitops-agent', 'with the kind Application and an agent that deploys it, where Argo CD is not installed'),
  run: ({ options, context }) => {
    const { analysis = false, gitopsAgent = false, argocdNamespace, replicas, shards = '', env, ...rest } = options;
    if (!/^[1-9]\d{0,2}$/.test(replicas))
      throw new CLIError('Usage', `--replicas must be a positive number; found ${JSON.stringify(replicas)}`);
    const objects = clusterManifests({
      ...rest,
      argoCDNamespace: argocdNamespace,
      analysis,
      gitOpsAgent: gitopsAgent,
      replicas: Number(replicas),
      shards: shardsOf(shards),
      environment: environmentOf(env),
    });
    context.io.stdout.write(objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n'));
    return Promise.resolve();
  },
});

function environmentOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text): [string, string] => {
      const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
      if (name === undefined || value === undefined)
        throw new CLIError(
          'Usage',
          `--env must be NAME=VALUE, such as IMAGE_REGISTRY_RATE_LIMIT=50; found ${JSON.stringify(text)}`,
        );
      return [name, value];
    }),
  );
}

function shardsOf(text: string): string[] {
  const names = text.split(',').flatMap((name) => name.trim() || []);
  const wrong = names.find((name) => !/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(name));
  if (wrong !== undefined)
    throw new CLIError(
      'Usage',
      `--shards must list names of at most 40 lower-case letters, digits and hyphens; found ${JSON.stringify(wrong)}`,
    );
  return [...new Set(names)];
}
