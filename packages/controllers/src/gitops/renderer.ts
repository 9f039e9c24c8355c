import { annotations, parseAuthorizedStages, type Application, type ApplicationSource, type KubeObject } from '@kargo/api';
import type { Credentials, Git, GitRemote, Renderer, Workspace, Workspaces } from '@kargo/integrations';
import { stringify } from 'yaml';
import { parseManifests } from './manifest.ts';
import { sourcesOf } from './source.ts';
import { mayBeRange, tagOfRange } from './target-revision.ts';

export interface ManifestRendererDeps {
  git: Git;
  renderer: Renderer;
  credentials: Credentials;
  workspaces: Workspaces;
  /** Applications here belong to whoever runs the agent: they may also use the credentials of the Projects whose Stages they admit. */
  argoCDNamespace?: string | undefined;
}

const CACHE_ENTRIES = 200;
const MAX_FILE_BYTES = 10_000_000;
const KUSTOMIZATION_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const OVERLAY = '.kargo-overlay';

/** Resolves and renders the sources of Applications with the real tools. What was rendered is remembered by commit, path and options. */
export class ManifestRenderer {
  readonly #deps: ManifestRendererDeps;
  /** Rendered text by commit, path and options; oldest first. */
  readonly #cache = new Map<string, string>();

  constructor(deps: ManifestRendererDeps) {
    this.#deps = deps;
  }

  /** The commit each source stands at now. */
  async resolve(app: Application, signal: AbortSignal): Promise<string[]> {
    const revisions: string[] = [];
    for (const source of sourcesOf(app)) {
      refuseCharts(source);
      const { git } = this.#deps;
      const remote = await this.#remote(app, source);
      const target = source.targetRevision || 'HEAD';
      const tag = mayBeRange(target) ? tagOfRange(target, (await git.remoteRefs(remote, { signal })).tags.keys()) : undefined;
      revisions.push(await git.resolve(remote, tag ?? target, { signal }));
    }
    return revisions;
  }

  /** The objects of all sources at the given commits. Throws with the tool's own words. `hard` renders anew. */
  async render(
    app: Application,
    revisions: readonly string[],
    options: { hard: boolean; signal: AbortSignal },
  ): Promise<KubeObject[]> {
    const out: KubeObject[] = [];
    for (const [index, source] of sourcesOf(app).entries()) {
      const revision = revisions[index];
      if (revision === undefined) throw new Error(`source ${index + 1} (${source.repoURL}) has no resolved revision`);
      if (source.ref !== undefined && source.path === undefined) continue; // Only lends files to other sources.
      const key = JSON.stringify([
        source.repoURL,
        revision,
        source.path,
        source.kustomize,
        source.helm,
        source.directory,
        app.metadata.name,
        app.spec.destination.namespace,
      ]);
      let text = options.hard ? undefined : this.#cache.get(key);
      if (text === undefined) {
        text = await this.#renderSource(app, source, revision, options.signal);
        this.#remember(key, text);
      }
      out.push(...parseManifests(text));
    }
    return out;
  }

  #remember(key: string, text: string): void {
    this.#cache.delete(key);
    this.#cache.set(key, text);
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= CACHE_ENTRIES) break;
      this.#cache.delete(oldest);
    }
  }

  async #remote(app: Application, source: ApplicationSource): Promise<GitRemote> {
    const { repoURL } = source;
    for (const project of projectsOf(app, this.#deps.argoCDNamespace)) {
      const credentials = await this.#deps.credentials.find({ project, type: 'git', repoURL });
      if (credentials !== undefined) return { url: repoURL, credentials };
    }
    return { url: repoURL };
  }

  async #renderSource(app: Application, source: ApplicationSource, revision: string, signal: AbortSignal): Promise<string> {
    const id = `gitops-${app.metadata.uid ?? app.metadata.name ?? ''}`;
    await this.#deps.workspaces.remove(id);
    const { workspace } = await this.#deps.workspaces.open(id);
    try {
      const root = await workspace.resolve('source');
      await this.#deps.git.export(await this.#remote(app, source), revision, root, { signal });
      return await this.#renderFolder(app, source, workspace, `source/${source.path ?? '.'}`, signal);
    } finally {
      await this.#deps.workspaces.remove(id);
    }
  }

  async #renderFolder(
    app: Application,
    source: ApplicationSource,
    workspace: Workspace,
    folder: string,
    signal: AbortSignal,
  ): Promise<string> {
    if (!(await workspace.exists(folder)))
      throw new Error(`path ${source.path ?? '.'} does not exist at this revision of ${source.repoURL}`);
    const path = await workspace.resolve(folder);
    const names = new Set((await workspace.list(folder)).map(({ name }) => name));
    const blocks = (['helm', 'kustomize', 'directory'] as const).filter((block) => source[block] !== undefined);
    if (blocks.length > 1) throw new Error(`multiple application sources defined: ${blocks.join(', ')}`);
    const kustomize = blocks[0] === 'kustomize' || (blocks.length === 0 && KUSTOMIZATION_FILES.some((name) => names.has(name)));
    if (kustomize) {
      const target = await overlay(workspace, folder, source.kustomize ?? {});
      return this.#deps.renderer.kustomize({ path: target ?? path, root: workspace.root, signal });
    }
    if (blocks[0] === 'helm' || (blocks.length === 0 && names.has('Chart.yaml')))
      return this.#helm(app, source, path, workspace.root, signal);
    return directory(workspace, folder, (source.directory?.['recurse'] as boolean | undefined) ?? false);
  }

  #helm(app: Application, source: ApplicationSource, path: string, root: string, signal: AbortSignal): Promise<string> {
    const helm = (source.helm ?? {}) as {
      releaseName?: string;
      valueFiles?: string[];
      values?: string;
      valuesObject?: unknown;
      parameters?: { name: string; value?: string; forceString?: boolean }[];
      skipCrds?: boolean;
      kubeVersion?: string;
      apiVersions?: string[];
      namespace?: string;
    };
    return this.#deps.renderer.helm({
      path,
      root,
      releaseName: helm.releaseName ?? app.metadata.name ?? '',
      namespace: helm.namespace ?? app.spec.destination.namespace ?? 'default',
      valuesFiles: helm.valueFiles,
      values: helm.valuesObject === undefined ? helm.values : stringify(helm.valuesObject),
      set: (helm.parameters ?? []).map(({ name, value, forceString }) => ({ name, value: value ?? '', forceString })),
      includeCRDs: helm.skipCrds !== true,
      kubeVersion: helm.kubeVersion,
      apiVersions: helm.apiVersions,
      signal,
    });
  }
}

function refuseCharts(source: ApplicationSource): void {
  if (source.chart === undefined || source.chart === '') return;
  throw new Error(
    `source ${source.repoURL} names the chart ${source.chart}: the embedded GitOps agent renders charts from git only; commit the chart, or use a cluster with Argo CD`,
  );
}

/** Puts an Application's own kustomize options over a folder, as a kustomization that builds on it. Nothing without options. */
async function overlay(workspace: Workspace, folder: string, options: Record<string, unknown>): Promise<string | undefined> {
  const { images, namePrefix, nameSuffix, namespace, commonLabels, commonAnnotations, replicas, patches, components } = options;
  const kustomization = {
    ...(namePrefix === undefined ? {} : { namePrefix }),
    ...(nameSuffix === undefined ? {} : { nameSuffix }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(commonLabels === undefined ? {} : { commonLabels }),
    ...(commonAnnotations === undefined ? {} : { commonAnnotations }),
    ...(replicas === undefined ? {} : { replicas }),
    ...(patches === undefined ? {} : { patches }),
    ...(components === undefined ? {} : { components }),
    ...(images === undefined ? {} : { images: (images as string[]).map(kustomizeImage) }),
  };
  if (Object.keys(kustomization).length === 0) return undefined;
  await workspace.writeFile(
    `${OVERLAY}/kustomization.yaml`,
    stringify({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: [`../${folder}`],
      ...kustomization,
    }),
  );
  return workspace.resolve(OVERLAY);
}

/** `name=newName:tag`, `name:tag` or `name@digest` as an entry of a kustomization. */
export function kustomizeImage(text: string): { name: string; newName?: string; newTag?: string; digest?: string } {
  const [left = '', right] = text.split('=', 2);
  const reference = right ?? left;
  const at = reference.indexOf('@');
  const colon = reference.lastIndexOf(':');
  const tagged = at === -1 && colon > reference.lastIndexOf('/');
  const repository = at !== -1 ? reference.slice(0, at) : tagged ? reference.slice(0, colon) : reference;
  return {
    name: right === undefined ? repository : left,
    ...(right === undefined ? {} : { newName: repository }),
    ...(at !== -1 ? { digest: reference.slice(at + 1) } : tagged ? { newTag: reference.slice(colon + 1) } : {}),
  };
}

async function directory(workspace: Workspace, folder: string, recurse: boolean): Promise<string> {
  const texts: string[] = [];
  for (const { name, type } of (await workspace.list(folder)).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (type === 'directory' && recurse && name !== '.git') texts.push(await directory(workspace, `${folder}/${name}`, true));
    if (type !== 'file' || !/\.(ya?ml|json)$/.test(name)) continue;
    const text = new TextDecoder().decode(await workspace.readFile(`${folder}/${name}`, { maxBytes: MAX_FILE_BYTES }));
    if (!text.includes('+argocd:skip-file-rendering')) texts.push(text);
  }
  return texts.join('\n---\n');
}

/** Where credentials for the sources of an Application are looked for, in order. */
function projectsOf({ metadata }: Application, argoCDNamespace: string | undefined): string[] {
  const own = metadata.namespace ?? '';
  const admitted = parseAuthorizedStages(metadata.annotations?.[annotations.authorizedStage] ?? '');
  if (own !== argoCDNamespace || admitted.kind === 'invalid') return [own];
  return [...new Set([own, ...admitted.stages.map(({ project }) => project)])];
}
