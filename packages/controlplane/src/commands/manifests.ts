import { defineCommand, type CommandDefinition } from '@kargo/cli';
import { stringify } from 'yaml';
import { clusterManifests } from '../manifests.ts';

interface Options {
  namespace: string;
  image: string;
  crds: boolean;
  analysis?: boolean;
}

/** `kargo manifests`: what a cluster needs for the controllers. */
export const manifests: CommandDefinition = defineCommand<Options>({
  configure: (command) =>
    command
      .option('--namespace <NAME>', 'namespace of the controllers', 'kargo')
      .option('--image <IMAGE>', 'image that holds this program', 'kargo:latest')
      .option('--no-crds', 'without the definitions of kinds')
      .option('--analysis', 'with the kinds of Argo Rollouts for analysis, where that is not installed'),
  run: ({ options: { namespace, image, crds, analysis = false }, context }) => {
    const objects = clusterManifests({ namespace, image, crds, analysis });
    context.io.stdout.write(objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n'));
    return Promise.resolve();
  },
});
