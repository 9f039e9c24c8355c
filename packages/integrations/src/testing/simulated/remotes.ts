import type { GitCredentials } from '../../git/port.ts';
import { displayURL } from '../../git/remote-url.ts';
import type { SeedCommit } from '../fast-import.ts';
import type { LoggedCommit } from '../git-server.ts';
import { makeCommit } from './git-objects.ts';
import type { SimulatedCommit, SimulatedTag, Tree } from './git-objects.ts';

/** One repository of the simulated world. */
export interface SimulatedRemote {
  branches: Map<string, string>;
  tags: Map<string, SimulatedTag>;
  /** References beside branches and tags. */
  refs: Map<string, string>;
  defaultBranch: string;
  /** Credentials that are needed; none if absent. */
  auth?: GitCredentials | undefined;
  /** Message with which pushes are refused. */
  refusal?: string | undefined;
}

/** The git servers of a simulated world, as somebody who stands in front of them sees and changes them. */
export class SimulatedRemotes {
  readonly #remotes = new Map<string, SimulatedRemote>();
  readonly #commits = new Map<string, SimulatedCommit>();

  /** Makes a repository, with one commit of `files` on `main` if given. Returns its URL. Does nothing if it exists. */
  create(url: string, files?: Readonly<Record<string, string>>, options: { auth?: GitCredentials | undefined } = {}): string {
    if (!this.#remotes.has(url)) {
      this.#remotes.set(url, {
        branches: new Map(),
        tags: new Map(),
        refs: new Map(),
        defaultBranch: 'main',
        auth: options.auth,
      });
      if (files !== undefined) this.commit(url, { files, message: 'Add the first files' });
    }
    return url;
  }

  /** Adds a commit on top of a branch and returns its id. */
  commit(url: string, seed: SeedCommit): string {
    const remote = this.remote(url);
    const branch = seed.branch ?? 'main';
    const parent = remote.branches.get(branch);
    const tree = new Map(parent === undefined ? [] : this.get(parent).tree);
    for (const [path, content] of Object.entries(seed.files ?? {})) {
      if (content === null) tree.delete(path);
      else tree.set(path, content);
    }
    const commit = makeCommit({
      tree,
      parents: parent === undefined ? [] : [parent],
      author: seed.author ?? { name: 'Developer', email: 'developer@example.com' },
      date: seed.date ?? 1_700_000_000_000,
      message: seed.message,
    });
    this.add(commit);
    remote.branches.set(branch, commit.id);
    return commit.id;
  }

  /** Makes a tag, an annotated one if `annotation` is given. */
  tag(url: string, tag: string, revision: string, annotation?: SimulatedTag['annotation']): void {
    const remote = this.remote(url);
    remote.tags.set(tag, {
      commit: remote.branches.get(revision) ?? revision,
      ...(annotation === undefined ? {} : { annotation }),
    });
  }

  /** URLs of all repositories. */
  urls(): string[] {
    return [...this.#remotes.keys()];
  }

  /** A copy of everything as it is now, which goes its own way from then on. */
  fork(): SimulatedRemotes {
    const copy = new SimulatedRemotes();
    for (const [url, remote] of this.#remotes)
      copy.#remotes.set(url, {
        ...remote,
        branches: new Map(remote.branches),
        tags: new Map(remote.tags),
        refs: new Map(remote.refs),
      });
    for (const [id, commit] of this.#commits) copy.#commits.set(id, commit);
    return copy;
  }

  branches(url: string): Record<string, string> {
    return Object.fromEntries([...this.remote(url).branches].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** First-parent history of a branch or commit, newest first. */
  log(url: string, revision: string): LoggedCommit[] {
    return this.history(this.remote(url).branches.get(revision) ?? revision).map(({ id, parents, author, date, message }) => {
      const who = `${author.name} <${author.email}>`;
      return { id, parents: [...parents], author: who, committer: who, date, message: message.trimEnd() };
    });
  }

  files(url: string, revision: string): Record<string, string> {
    return Object.fromEntries(this.get(this.remote(url).branches.get(revision) ?? revision).tree);
  }

  /** Makes a repository refuse all pushes with this message; undefined accepts them again. */
  refusePushes(url: string, message: string | undefined): void {
    this.remote(url).refusal = message;
  }

  /** The repository behind a URL; fails if there is none. */
  remote(url: string): SimulatedRemote {
    const found = this.find(url);
    if (found === undefined) throw new Error(`there is no simulated repository ${displayURL(url)}; make it with remotes.create`);
    return found;
  }

  find(url: string): SimulatedRemote | undefined {
    return this.#remotes.get(url);
  }

  get(id: string): SimulatedCommit {
    const commit = this.#commits.get(id);
    if (commit === undefined) throw new Error(`there is no simulated commit ${id}`);
    return commit;
  }

  has(id: string): boolean {
    return this.#commits.has(id);
  }

  add(commit: SimulatedCommit): void {
    this.#commits.set(commit.id, commit);
  }

  /** First-parent history, newest first. */
  history(id: string): SimulatedCommit[] {
    const out: SimulatedCommit[] = [];
    for (let next: string | undefined = id; next !== undefined; next = out.at(-1)?.parents[0]) out.push(this.get(next));
    return out;
  }

  /** The commit and all its ancestors. */
  ancestors(id: string): Set<string> {
    const seen = new Set<string>();
    const pending = [id];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      pending.push(...this.get(next).parents);
    }
    return seen;
  }

  /** Commits that some branch or tag of the repository leads to. */
  reachable(remote: SimulatedRemote): Set<string> {
    const out = new Set<string>();
    for (const id of [...remote.branches.values(), ...[...remote.tags.values()].map(({ commit }) => commit)])
      for (const found of this.ancestors(id)) out.add(found);
    return out;
  }

  /** `theirs` relative to `base`, applied to `ours`; the first path changed on both sides as a conflict. */
  static merge(base: Tree, ours: Tree, theirs: Tree): { tree: Tree } | { conflict: string } {
    const tree = new Map(ours);
    for (const path of new Set([...base.keys(), ...theirs.keys()])) {
      const before = base.get(path);
      const after = theirs.get(path);
      if (before === after) continue;
      const mine = ours.get(path);
      if (mine !== before && mine !== after) return { conflict: path };
      if (after === undefined) tree.delete(path);
      else tree.set(path, after);
    }
    return { tree };
  }
}
