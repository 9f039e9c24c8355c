import type { Application, ApplicationSource, KubeObject } from '@kargo/api';
import type { Charts, Credentials, Git, GitRemote, Http, Renderer, Workspaces } from '@kargo/integrations';
import { parseManifests } from '../manifest.ts';
import { sourcesOf } from '../source.ts';
import { chartOf, chartVersion, fetchChart } from './chart-source.ts';
import { lendersOf, type Lender } from './lenders.ts';
import { applicationCredentials } from './project-credentials.ts';
import { renderFolder, type SourceType } from './render-folder.ts';
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

const CACHE_ENTRIES = 200;

interface RenderedText {
  text: string;
  type: SourceType;
}

/** Resolves and renders the sources of Applications with the real tools. What was rendered is remembered by revision, path and options. */
export class ManifestRenderer {
  readonly #deps: ManifestRendererDeps;
  /** Oldest first. */
  readonly #cache = new Map<string, RenderedText>();

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
      if (source.ref !== undefined && source.path === undefined && chartOf(source) === undefined) {
        out.types.push(''); // Only lends files to other sources.
        continue;
      }
      const lent = lendersOf(app, source, revisions);
      const { targetRevision: _, ...fixed } = source;
      const key = JSON.stringify([
        fixed,
        revision,
        lent.map(({ source: lender, revision: at }) => [lender.repoURL, at]),
        app.metadata.name,
        app.spec.project,
        app.spec.destination.namespace,
      ]);
      let rendered = options.hard ? undefined : this.#cache.get(key);
      if (rendered === undefined) {
        rendered = await this.#renderSource(app, source, { revision, lent, signal: options.signal });
        this.#remember(key, rendered);
      }
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

  #remember(key: string, rendered: RenderedText): void {
    this.#cache.delete(key);
    this.#cache.set(key, rendered);
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= CACHE_ENTRIES) break;
      this.#cache.delete(oldest);
    }
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

function refusePlugins({ plugin }: ApplicationSource): void {
  if (plugin === undefined) return;
  const { name } = plugin as { name?: unknown };
  throw new Error(
    `the source is rendered by the plugin ${typeof name === 'string' && name !== '' ? name : 'that fits it'}: the embedded GitOps agent runs no plugins; render it before it is committed, or use a cluster with Argo CD`,
  );
}
