import type { Step, StepContext } from '../../step.ts';
import { getDependencies } from '../helm-update-chart/dependencies.ts';
import { flag, list, object, optionalText, text } from '../schema.ts';
import { flatFiles, renderedTemplates } from './rendered-files.ts';

export interface HelmTemplateConfig {
  path: string;
  outPath: string;
  outLayout?: 'helm' | 'flat' | undefined;
  releaseName: string;
  useReleaseName?: boolean | undefined;
  namespace?: string | undefined;
  valuesFiles?: string[] | undefined;
  ignoreMissingValueFiles?: boolean | undefined;
  setValues?: { key: string; value: string; literal?: boolean | undefined }[] | undefined;
  buildDependencies?: boolean | undefined;
  includeCRDs?: boolean | undefined;
  disableHooks?: boolean | undefined;
  skipTests?: boolean | undefined;
  kubeVersion?: string | undefined;
  apiVersions?: string[] | undefined;
}

/**
 * Renders a chart to one file (`outPath` ends in .yaml or .yml) or to a folder: as Helm does, with a file per template, or flat, with a
 * file per resource. Nothing but the chart and the given values plays a part.
 */
export const helmTemplate: Step<HelmTemplateConfig> = {
  name: 'helm-template',
  configSchema: object(
    {
      path: text('Folder of the chart.'),
      outPath: text('Where the manifests go: a file if it ends in .yaml or .yml, else a folder.'),
      outLayout: {
        type: 'string',
        description: 'What the folder holds: `helm`, a file per template, or `flat`, a file per resource.',
        enum: ['helm', 'flat'],
      },
      releaseName: text('Name of the release.'),
      useReleaseName: flag('Put what Helm writes into a folder named as the release.', { default: false }),
      namespace: optionalText('Namespace of the release; that of the project if absent.'),
      valuesFiles: list(text('A file with values.'), 'Files with values; later ones win.'),
      ignoreMissingValueFiles: flag('Leave out files with values that do not exist.', { default: false }),
      setValues: list(
        object(
          {
            key: text('Path of the value, such as `image.tag`.'),
            value: { type: 'string', description: 'The value.' },
            literal: flag('Take the value as it stands, as text.', { default: false }),
          },
          ['key', 'value'],
        ),
        'Values that win over those of files; literal ones are set last.',
      ),
      buildDependencies: flag('Get what the chart depends on first, as Chart.lock says, or anew without one.', {
        default: false,
      }),
      includeCRDs: flag('Render definitions of resources too.', { default: false }),
      disableHooks: flag('Leave out hooks.', { default: false }),
      skipTests: flag('Leave out hooks that are tests.', { default: false }),
      kubeVersion: optionalText('Version of Kubernetes to render for.'),
      apiVersions: list(text('An API version.'), 'API versions that count as available.'),
    },
    ['outPath', 'path', 'releaseName'],
    { title: 'HelmTemplateConfig' },
  ),

  async run(context, ports) {
    const { config, workspace, signal } = context;
    if (config.buildDependencies === true) await getDependencies(config.path, 'build', context, ports);
    const output = await ports.renderer.helm({
      path: await workspace.resolve(config.path),
      root: workspace.root,
      releaseName: config.releaseName,
      namespace: given(config.namespace) ?? context.project,
      valuesFiles: await valuesFiles(context),
      set: (config.setValues ?? []).map(({ key, value, literal }) => ({ name: key, value, literal })),
      includeCRDs: config.includeCRDs,
      disableHooks: config.disableHooks,
      skipTests: config.skipTests,
      kubeVersion: given(config.kubeVersion),
      apiVersions: config.apiVersions,
      signal,
    });
    await write(context, output);
    return { status: 'Succeeded' };
  },
};

async function write({ config, workspace }: StepContext<HelmTemplateConfig>, output: string): Promise<void> {
  const { outPath, outLayout, useReleaseName, releaseName } = config;
  if (/\.ya?ml$/i.test(outPath)) {
    await workspace.writeFile(outPath, `${output.trim()}\n`);
  } else if (outLayout === 'flat') {
    for (const [name, content] of flatFiles(output)) await workspace.writeFile(`${outPath}/${name}`, content);
  } else {
    const folder = useReleaseName === true ? `${outPath}/${releaseName}` : outPath;
    for (const { path, text: content } of renderedTemplates(output)) {
      if (path.split('/').includes('..')) throw new Error(`the template ${path} would be written outside ${outPath}`);
      await workspace.writeFile(`${folder}/${path}`, content);
    }
  }
}

async function valuesFiles({ config, workspace }: StepContext<HelmTemplateConfig>): Promise<string[]> {
  const out: string[] = [];
  for (const file of config.valuesFiles ?? []) {
    if (await workspace.exists(file)) out.push(await workspace.resolve(file));
    else if (config.ignoreMissingValueFiles !== true)
      throw new Error(`the values file ${file} does not exist; check the path, or set \`ignoreMissingValueFiles: true\``);
  }
  return out;
}

function given(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}
