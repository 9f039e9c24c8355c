import { relative } from 'node:path/posix';
import type { Application, ApplicationSource } from '@kargo/api';
import { getChartDependencies } from '@kargo/promotion';
import type { Credentials, Http, Renderer, Workspace } from '@kargo/integrations';
import { stringify } from 'yaml';
import { buildVariables } from './build-variables.ts';
import { editKustomization, KUSTOMIZATION_FILES } from './kustomize-options.ts';
import { placeOf, valuesFiles } from './lenders.ts';
import { plainManifests } from './plain-manifests.ts';
import { withOverrides } from './source-overrides.ts';

/** How a source is rendered, in Argo CD's words. */
export type SourceType = 'Helm' | 'Kustomize' | 'Directory';

export interface RenderFolderDeps {
  workspace: Workspace;
  renderer: Renderer;
  credentials: Credentials;
  http: Http;
  signal: AbortSignal;
}

export interface SourceFolder {
  app: Application;
  source: ApplicationSource;
  revision: string;
  /** Where the source lies in the workspace. */
  folder: string;
}

/** Renders what lies in a folder, with the tool that the source names or that fits the folder. Throws with the tool's own words. */
export async function renderFolder(
  { app, source: declared, revision, folder }: SourceFolder,
  deps: RenderFolderDeps,
): Promise<{ text: string; type: SourceType }> {
  const { workspace, renderer, signal } = deps;
  if (!(await workspace.exists(folder)))
    throw new Error(`path ${declared.path ?? '.'} does not exist at this revision of ${declared.repoURL}`);
  const source = await withOverrides(declared, app.metadata.name ?? '', folder, workspace);
  const substitute = buildVariables(app, source, revision);
  const type = typeOf(source, new Set((await workspace.list(folder)).map(({ name }) => name)));
  const path = await workspace.resolve(folder);
  switch (type) {
    case 'Kustomize': {
      await editKustomization(workspace, folder, source.kustomize ?? {}, substitute);
      return { type, text: await renderer.kustomize({ path, root: workspace.root, signal }) };
    }
    case 'Helm':
      return { type, text: await helm({ app, source, revision, folder: path }, substitute, deps) };
    case 'Directory':
      return { type, text: await plainManifests(workspace, folder, source.directory ?? {}) };
  }
}

function typeOf(source: ApplicationSource, names: ReadonlySet<string>): SourceType {
  const blocks = (['helm', 'kustomize', 'directory'] as const).filter((block) => source[block] !== undefined);
  if (blocks.length > 1) throw new Error(`multiple application sources defined: ${blocks.join(', ')}`);
  const [block] = blocks;
  if (block !== undefined) return block === 'helm' ? 'Helm' : block === 'kustomize' ? 'Kustomize' : 'Directory';
  if (KUSTOMIZATION_FILES.some((name) => names.has(name))) return 'Kustomize';
  return names.has('Chart.yaml') ? 'Helm' : 'Directory';
}

interface HelmOptions {
  releaseName?: string;
  valueFiles?: string[];
  values?: string;
  valuesObject?: unknown;
  parameters?: { name: string; value?: string; forceString?: boolean }[];
  fileParameters?: { name: string; path: string }[];
  skipCrds?: boolean;
  skipTests?: boolean;
  ignoreMissingValueFiles?: boolean;
  kubeVersion?: string;
  apiVersions?: string[];
  namespace?: string;
}

const MAX_PARAMETER_FILE = 1_000_000;

async function helm(
  { app, source, folder: path }: SourceFolder,
  substitute: (text: string) => string,
  deps: RenderFolderDeps,
): Promise<string> {
  const { workspace, renderer, signal } = deps;
  const options = (source.helm ?? {}) as HelmOptions;
  const { valueFiles, parameters = [], fileParameters = [] } = options;
  await addMissingDependencies(relative(workspace.root, path), deps);
  const files = await Promise.all(
    fileParameters.map(async ({ name, path: file }) => {
      const place = placeOf(substitute(file), relative(workspace.root, path));
      const content = await workspace.readFile(place, { maxBytes: MAX_PARAMETER_FILE });
      return { name, value: new TextDecoder().decode(content), literal: true };
    }),
  );
  return renderer.helm({
    path,
    root: workspace.root,
    releaseName: options.releaseName || (app.metadata.name ?? ''),
    namespace: options.namespace ?? app.spec.destination.namespace ?? 'default',
    valuesFiles: await valuesFiles(
      { ...options, ...(valueFiles === undefined ? {} : { valueFiles: valueFiles.map(substitute) }) },
      path,
      workspace,
    ),
    values: options.valuesObject === undefined ? options.values : stringify(options.valuesObject),
    set: [...parameters.map(({ name, value, forceString }) => ({ name, value: substitute(value ?? ''), forceString })), ...files],
    includeCRDs: options.skipCrds !== true,
    ...(options.skipTests === true ? { skipTests: true } : {}),
    kubeVersion: options.kubeVersion,
    apiVersions: options.apiVersions,
    signal,
  });
}

/** Gets what a chart depends on and does not bring along. */
async function addMissingDependencies(folder: string, deps: RenderFolderDeps): Promise<void> {
  const { workspace } = deps;
  const chart = new TextDecoder().decode(await workspace.readFile(`${folder}/Chart.yaml`, { maxBytes: MAX_PARAMETER_FILE }));
  if (!/^dependencies:/m.test(chart) && !(await workspace.exists(`${folder}/requirements.yaml`))) return;
  if (await workspace.exists(`${folder}/charts`)) return;
  await getChartDependencies(folder, 'build', { project: '', workspace, signal: deps.signal }, deps);
}
