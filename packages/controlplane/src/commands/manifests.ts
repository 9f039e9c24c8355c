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
}

/** `kargo manifests`: what an installation on a cluster consists of. */
export const manifests: CommandDefinition = defineCommand<Options>({
  configure: (command) =>
    command
      .option('--namespace <NAME>', 'namespace of the installation', 'kargo')
      .option('--shared-namespace <NAME>', 'namespace of resources shared by all Projects', 'kargo-shared-resources')
      .option('--system-namespace <NAME>', 'namespace of resources of the system', 'kargo-system-resources')
      .option('--argocd-namespace <NAME>', 'namespace of Argo CD Applications', 'argocd')
      .option('--image <IMAGE>', 'image that holds this program', 'kargo:latest')
      .option('--replicas <NUMBER>', 'processes of each component; more than one stand by for each other', '2')
      .option('--shards <LIST>', 'shards that get a controller of their own, separated by commas')
      .option('--no-crds', 'without the definitions of kinds')
      .option('--no-webhooks', 'without admission: nothing checks or completes what is written with other tools')
      .option('--analysis', 'with the kinds of Argo Rollouts for analysis, where that is not installed')
      .option('--gitops-agent', 'with the kind Application and an agent that deploys it, where Argo CD is not installed'),
  run: ({ options, context }) => {
    const { analysis = false, gitopsAgent = false, argocdNamespace, replicas, shards = '', ...rest } = options;
    if (!/^[1-9]\d{0,2}$/.test(replicas))
      throw new CLIError('Usage', `--replicas must be a positive number; found ${JSON.stringify(replicas)}`);
    const objects = clusterManifests({
      ...rest,
      argoCDNamespace: argocdNamespace,
      analysis,
      gitOpsAgent: gitopsAgent,
      replicas: Number(replicas),
      shards: shardsOf(shards),
    });
    context.io.stdout.write(objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n'));
    return Promise.resolve();
  },
});

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
