import { parseAllDocuments } from 'yaml';
import type { Workspace } from '@kargo/integrations';
import type { Step } from '../../step.ts';
import { list, object, optionalText, text } from '../schema.ts';
import { fileNames, identityOfResource, OUTPUT_FORMATS, type OutputFormat } from './file-names.ts';

export interface KustomizeBuildConfig {
  path: string;
  outPath: string;
  outputFormat?: OutputFormat | undefined;
  plugin?: { helm?: { apiVersions?: string[] | undefined; kubeVersion?: string | undefined } | undefined } | undefined;
}

/** Renders a kustomization to one file (`outPath` ends in .yaml or .yml) or to a folder with one file per resource. */
export const kustomizeBuild: Step<KustomizeBuildConfig> = {
  name: 'kustomize-build',
  configSchema: object(
    {
      path: text('Folder with the kustomization.'),
      outPath: text('File or folder the manifests are written to.'),
      outputFormat: { type: 'string', description: 'How the files of a folder are named. Default kargo.', enum: OUTPUT_FORMATS },
      plugin: object(
        {
          helm: object(
            {
              apiVersions: list(text('An API version, e.g. apps/v1.'), 'API versions that charts are told are available.'),
              kubeVersion: optionalText('Version of Kubernetes that charts are told of.'),
            },
            [],
            { description: 'How charts are inflated.' },
          ),
        },
        [],
        { description: 'Settings of the plugins of Kustomize.' },
      ),
    },
    ['path', 'outPath'],
    { title: 'KustomizeBuildConfig' },
  ),

  async run({ config, workspace, signal }, { renderer }) {
    const manifests = await renderer.kustomize({
      path: await workspace.resolve(config.path),
      root: workspace.root,
      helm: config.plugin?.helm,
      signal,
    });
    if (/\.ya?ml$/.test(config.outPath)) await workspace.writeFile(config.outPath, manifests);
    else await writeFolder(workspace, config.outPath, manifests, config.outputFormat ?? 'kargo');
    return { status: 'Succeeded' };
  },
};

async function writeFolder(workspace: Workspace, outPath: string, manifests: string, format: OutputFormat): Promise<void> {
  const documents = parseAllDocuments(manifests).filter((document) => document.contents !== null);
  const names = fileNames(
    documents.map((document) => identityOfResource(document.toJS())),
    format,
  );
  for (const [index, document] of documents.entries())
    await workspace.writeFile(
      `${outPath.replace(/\/+$/, '')}/${names[index]}`,
      document.toString({ directives: false, lineWidth: 0 }),
    );
}
