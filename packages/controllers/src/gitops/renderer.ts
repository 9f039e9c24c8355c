import { annotations, parseAuthorizedStages, type Application, type ApplicationSource, type KubeObject } from '@kargo/api';
import type { Credentials, Git, GitRemote, Renderer, Workspace, Workspaces } from '@kargo/integrations';
import { join, relative } from 'node:path/posix';
import { compileGlob } from '@kargo/gocompat';
import { parseAllDocuments, stringify } from 'yaml';
import { parseManifests } from './manifest.ts';
import { withOverrides } from './source-overrides.ts';
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
        lenders(app, source, revisions).map(({ source: lender, revision: at }) => [lender.repoURL, at]),
        source.kustomize,
        source.helm,
        source.directory,
        app.metadata.name,
        app.spec.destination.namespace,
      ]);
      let text = options.hard ? undefined : this.#cache.get(key);
      if (text === undefined) {
        text = await this.#renderSource(app, source, revision, lenders(app, source, revisions), options.signal);
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

  async #renderSource(
    app: Application,
    source: ApplicationSource,
    revision: string,
    lent: readonly Lender[],
    signal: AbortSignal,
  ): Promise<string> {
    const id = `gitops-${app.metadata.uid ?? app.metadata.name ?? ''}`;
    await this.#deps.workspaces.remove(id);
    const { workspace } = await this.#deps.workspaces.open(id);
    try {
      const root = await workspace.resolve('source');
      await this.#deps.git.export(await this.#remote(app, source), revision, root, { signal });
      for (const { source: lender, revision: at } of lent) {
        const folder = await workspace.resolve(`refs/${lender.ref}`);
        await this.#deps.git.export(await this.#remote(app, lender), at, folder, { signal });
      }
      return await this.#renderFolder(app, source, workspace, `source/${source.path ?? '.'}`, signal);
    } finally {
      await this.#deps.workspaces.remove(id);
    }
  }

  async #renderFolder(
    app: Application,
    declared: ApplicationSource,
    workspace: Workspace,
    folder: string,
    signal: AbortSignal,
  ): Promise<string> {
    if (!(await workspace.exists(folder)))
      throw new Error(`path ${declared.path ?? '.'} does not exist at this revision of ${declared.repoURL}`);
    const source = await withOverrides(declared, app.metadata.name ?? '', folder, workspace);
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
      return this.#helm(app, source, { path, workspace, signal });
    return plainManifests(workspace, folder, source.directory ?? {});
  }

  async #helm(
    app: Application,
    source: ApplicationSource,
    { path, workspace, signal }: { path: string; workspace: Workspace; signal: AbortSignal },
  ): Promise<string> {
    const { root } = workspace;
    const helm = (source.helm ?? {}) as {
      releaseName?: string;
      valueFiles?: string[];
      values?: string;
      valuesObject?: unknown;
      parameters?: { name: string; value?: string; forceString?: boolean }[];
      skipCrds?: boolean;
      skipTests?: boolean;
      ignoreMissingValueFiles?: boolean;
      kubeVersion?: string;
      apiVersions?: string[];
      namespace?: string;
    };
    return this.#deps.renderer.helm({
      path,
      root,
      releaseName: helm.releaseName ?? app.metadata.name ?? '',
      namespace: helm.namespace ?? app.spec.destination.namespace ?? 'default',
      valuesFiles: await valuesFiles(helm, path, workspace),
      values: helm.valuesObject === undefined ? helm.values : stringify(helm.valuesObject),
      set: (helm.parameters ?? []).map(({ name, value, forceString }) => ({ name, value: value ?? '', forceString })),
      includeCRDs: helm.skipCrds !== true,
      ...(helm.skipTests === true ? { skipTests: true } : {}),
      kubeVersion: helm.kubeVersion,
      apiVersions: helm.apiVersions,
      signal,
    });
  }
}

/** A source that lends files to another one, by its `ref`. */
interface Lender {
  source: ApplicationSource;
  revision: string;
}

/** The sources whose files the values files of a chart name as `$ref/path`. Throws if a name belongs to no source. */
function lenders(app: Application, { helm }: ApplicationSource, revisions: readonly string[]): Lender[] {
  const files = (helm as { valueFiles?: string[] } | undefined)?.valueFiles ?? [];
  const names = new Set(files.flatMap((file) => /^\$([^/]+)\//.exec(file)?.[1] ?? []));
  return [...names].map((name) => {
    const index = sourcesOf(app).findIndex(({ ref }) => ref === name);
    const [source, revision] = [sourcesOf(app)[index], revisions[index]];
    if (source === undefined || revision === undefined || !/^[a-zA-Z0-9_-]+$/.test(name))
      throw new Error(`a values file names $${name}, but no source of the Application has the ref ${JSON.stringify(name)}`);
    return { source, revision };
  });
}

/** Where values files are, from the folder of the chart. Those that may be missing, and are, are left out. */
async function valuesFiles(
  { valueFiles = [], ignoreMissingValueFiles = false }: { valueFiles?: string[]; ignoreMissingValueFiles?: boolean },
  path: string,
  workspace: Workspace,
): Promise<string[]> {
  const out: string[] = [];
  for (const file of valueFiles) {
    const lent = /^\$([^/]+)\/(.*)$/.exec(file);
    const chart = relative(workspace.root, path);
    const inWorkspace = lent === null ? join(chart, file) : join('refs', lent[1] ?? '', lent[2] ?? '');
    if (ignoreMissingValueFiles && !(await workspace.exists(inWorkspace))) continue;
    out.push(lent === null ? file : relative(chart, inWorkspace));
  }
  return out;
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

interface DirectoryOptions {
  recurse?: boolean;
  include?: string;
  exclude?: string;
}

/** The manifests of a folder as one text: YAML and JSON files whose path from the folder is included and not excluded, by globs. */
async function plainManifests(workspace: Workspace, folder: string, options: DirectoryOptions): Promise<string> {
  const included = (options.include ?? '') === '' ? undefined : compileGlob(options.include ?? '');
  const excluded = (options.exclude ?? '') === '' ? undefined : compileGlob(options.exclude ?? '');
  const texts: string[] = [];
  let bytes = 0;
  const visit = async (path: string): Promise<void> => {
    const entries = await workspace.list(path === '' ? folder : `${folder}/${path}`);
    for (const { name, type } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = path === '' ? name : `${path}/${name}`;
      if (type === 'directory' && options.recurse === true && name !== '.git') await visit(file);
      if (type !== 'file' || !/\.(ya?ml|json)$/.test(name) || name.startsWith('.argocd-source')) continue;
      if (included?.matches(file) === false || excluded?.matches(file) === true) continue;
      const content = await workspace.readFile(`${folder}/${file}`, { maxBytes: MAX_FILE_BYTES });
      bytes += content.byteLength;
      if (bytes > MAX_FILE_BYTES)
        throw new Error(`the manifests of ${folder} have more than ${MAX_FILE_BYTES / 1_000_000} MB together`);
      const text = new TextDecoder().decode(content);
      if (!text.includes('+argocd:skip-file-rendering') && isManifest(text)) texts.push(text);
    }
  };
  await visit('');
  return texts.join('\n---\n');
}

/** A file that cannot be read and does not look like a manifest either is none: values of a chart, say. */
function isManifest(text: string): boolean {
  if (/^\s*["']?(apiVersion|kind|metadata)["']?\s*:/m.test(text) || text.trim() === '') return true;
  return parseAllDocuments(text).every((document) => document.errors.length === 0);
}

/** Where credentials for the sources of an Application are looked for, in order. */
function projectsOf({ metadata }: Application, argoCDNamespace: string | undefined): string[] {
  const own = metadata.namespace ?? '';
  const admitted = parseAuthorizedStages(metadata.annotations?.[annotations.authorizedStage] ?? '');
  if (own !== argoCDNamespace || admitted.kind === 'invalid') return [own];
  return [...new Set([own, ...admitted.stages.map(({ project }) => project)])];
}
