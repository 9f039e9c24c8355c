import type { Application, ApplicationSource, KubeObject } from '@kargo/api';
import type { Charts, Credentials, Git, GitRemote, Http, Renderer, Workspaces } from '@kargo/integrations';
import { equal } from '@kargo/kube';
import { parseManifests } from '../manifest.ts';
import { shownRevisions, sourcesOf } from '../source.ts';
import { chartOf, chartVersion, fetchChart } from './chart-source.ts';
import { lendersOf, type Lender } from './lenders.ts';
import { applicationCredentials } from './project-credentials.ts';
import { hasManifestPaths, readingsOf } from './manifest-paths.ts';
import { renderFolder, type SourceType } from './render-folder.ts';
import { RenderedTexts, type RenderedText } from './rendered-texts.ts';
import { mayBeRange, tagOfRange } from './target-revision.ts';

export interface ManifestRendererDeps {
  git: Git;
  renderer: Renderer;
  credentials: Credentials;
  workspaces: Workspaces;
  /** Repositories of charts. */
  charts: Charts;
  /** Asks registries whether they speak TLS. */
  http: Http;
  /** Applications here belong to whoever runs the agent: they may also use the credentials of the Projects whose Stages they admit. */
  argoCDNamespace?: string | undefined;
}

/** What the sources of an Application come to. */
export interface Rendered {
  objects: KubeObject[];
  /** The tool of each source, in order; empty for sources that only lend files. */
  types: (SourceType | '')[];
}

/** Resolves and renders the sources of Applications with the real tools. What was rendered is remembered by revision, path and options. */
export class ManifestRenderer {
  readonly #deps: ManifestRendererDeps;
  readonly #cache = new RenderedTexts();

  constructor(deps: ManifestRendererDeps) {
    this.#deps = deps;
  }

  /** The commit, or version of a chart, that each source stands at now. */
  async resolve(app: Application, signal: AbortSignal): Promise<string[]> {
    const revisions: string[] = [];
    for (const source of sourcesOf(app)) {
      refusePlugins(source);
      revisions.push(await this.#resolveSource(app, source, signal));
    }
    return revisions;
  }

  /** The objects of all sources at the given revisions. Throws with the tool's own words. `hard` renders anew. */
  async render(
    app: Application,
    revisions: readonly string[],
    options: { hard: boolean; signal: AbortSignal },
  ): Promise<Rendered> {
    const out: Rendered = { objects: [], types: [] };
    for (const [index, source] of sourcesOf(app).entries()) {
      refusePlugins(source);
      const revision = revisions[index];
      if (revision === undefined) throw new Error(`source ${index + 1} (${source.repoURL}) has no resolved revision`);
      if (onlyLends(source)) {
        out.types.push('');
        continue;
      }
      const key = keyOf(app, source, revisions);
      let rendered = options.hard
        ? undefined
        : (this.#cache.get(key) ?? (await this.#earlier(app, index, revisions, options.signal)));
      rendered ??= await this.#renderSource(app, source, {
        revision,
        lent: lendersOf(app, source, revisions),
        signal: options.signal,
      });
      this.#cache.set(key, rendered);
      out.objects.push(...parseManifests(rendered.text));
      out.types.push(rendered.type);
    }
    return out;
  }

  async #resolveSource(app: Application, source: ApplicationSource, signal: AbortSignal): Promise<string> {
    const chart = chartOf(source);
    if (chart !== undefined)
      return chartVersion(chart, source.targetRevision ?? '', { ...this.#deps, credentials: this.#credentials(app), signal });
    const { git } = this.#deps;
    const remote = await this.#remote(app, source);
    const target = source.targetRevision || 'HEAD';
    const tag = mayBeRange(target) ? tagOfRange(target, (await git.remoteRefs(remote, { signal })).tags.keys()) : undefined;
    return git.resolve(remote, tag ?? target, { signal });
  }

  /**
   * Whether the Application is rendered from other files at some revisions than at earlier ones, as far as the annotation
   * `argocd.argoproj.io/manifest-generate-paths` tells; without it, whether they are others.
   */
  async differs(app: Application, from: readonly string[], to: readonly string[], signal: AbortSignal): Promise<boolean> {
    if (from.length !== to.length || !hasManifestPaths(app)) return !equal(from, to);
    for (const [index, source] of sourcesOf(app).entries())
      if (!onlyLends(source) && (await this.#sourceDiffers(app, index, { from, to, signal }))) return true;
    return false;
  }

  async #sourceDiffers(
    app: Application,
    index: number,
    { from, to, signal }: { from: readonly string[]; to: readonly string[]; signal: AbortSignal },
  ): Promise<boolean> {
    for (const { source: at, includes } of readingsOf(app, index)) {
      const [source, before = '', after = ''] = [sourcesOf(app)[at], from[at], to[at]];
      if (before === after) continue;
      if (source === undefined || includes === undefined) return true;
      const paths = await this.#deps.git.differingPaths(await this.#remote(app, source), { from: before, to: after }, { signal });
      if (paths === undefined || paths.some(includes)) return true;
    }
    return false;
  }

  /** What a source was rendered to at the revisions that the Application shows, if that still holds. */
  async #earlier(
    app: Application,
    index: number,
    revisions: readonly string[],
    signal: AbortSignal,
  ): Promise<RenderedText | undefined> {
    const source = sourcesOf(app)[index];
    const shown = shownRevisions(app);
    if (source === undefined || shown.length !== revisions.length || !hasManifestPaths(app)) return undefined;
    const earlier = this.#cache.get(keyOf(app, source, shown));
    if (earlier === undefined || (await this.#sourceDiffers(app, index, { from: shown, to: revisions, signal })))
      return undefined;
    return earlier;
  }

  #credentials(app: Application): Credentials {
    return applicationCredentials(app, this.#deps.credentials, this.#deps.argoCDNamespace);
  }

  async #remote(app: Application, { repoURL }: ApplicationSource): Promise<GitRemote> {
    const credentials = await this.#credentials(app).find({ project: '', type: 'git', repoURL });
    return credentials === undefined ? { url: repoURL } : { url: repoURL, credentials };
  }

  async #renderSource(
    app: Application,
    source: ApplicationSource,
    { revision, lent, signal }: { revision: string; lent: readonly Lender[]; signal: AbortSignal },
  ): Promise<RenderedText> {
    const { workspaces, git } = this.#deps;
    const id = `gitops-${app.metadata.uid ?? app.metadata.name ?? ''}`;
    await workspaces.remove(id);
    const { workspace } = await workspaces.open(id);
    try {
      const deps = { ...this.#deps, credentials: this.#credentials(app), workspace, signal };
      const chart = chartOf(source);
      if (chart === undefined) {
        const root = await workspace.resolve('source');
        await git.export(await this.#remote(app, source), revision, root, { signal });
      } else await fetchChart(chart, revision, 'source', deps);
      for (const { source: lender, revision: at } of lent)
        await git.export(await this.#remote(app, lender), at, await workspace.resolve(`refs/${lender.ref}`), { signal });
      const folder = chart === undefined ? `source/${source.path ?? '.'}` : 'source';
      return await renderFolder({ app, source, revision, folder }, deps);
    } finally {
      await workspaces.remove(id);
    }
  }
}

/** Names what is rendered: everything it depends on is in it. */
function keyOf(app: Application, source: ApplicationSource, revisions: readonly string[]): string {
  const { targetRevision: _, ...fixed } = source;
  return JSON.stringify([
    fixed,
    revisions[sourcesOf(app).indexOf(source)],
    lendersOf(app, source, revisions).map(({ source: lender, revision }) => [lender.repoURL, revision]),
    // Credentials belong to namespaces: nobody gets what others could read.
    app.metadata.namespace,
    app.metadata.name,
    app.spec.project,
    app.spec.destination.namespace,
  ]);
}

/** Whether a source has no manifests of its own, only files for other sources. */
function onlyLends(source: ApplicationSource): boolean {
  return source.ref !== undefined && source.path === undefined && chartOf(source) === undefined;
}

function refusePlugins({ plugin }: ApplicationSource): void {
  if (plugin === undefined) return;
  const { name } = plugin as { name?: unknown };
  throw new Error(
    `the source is rendered by the plugin ${typeof name === 'string' && name !== '' ? name : 'that fits it'}: the embedded GitOps agent runs no plugins; render it before it is committed, or use a cluster with Argo CD`,
  );
}
