import { timestamp } from '@kargo/kube';
import { GitError } from '../../git/git-error.ts';
import type {
  Clone,
  CloneOptions,
  CommitInfo,
  Git,
  GitIdentity,
  GitRemote,
  HistoryCommit,
  HistoryOptions,
  RemoteRefs,
  TagInfo,
  WorkTree,
  WorkTreeSpec,
} from '../../git/port.ts';
import { checkBranch } from '../../git/real-work-tree.ts';
import { cleanRemote } from '../../git/remote-url.ts';
import type { CleanRemote } from '../../git/remote-url.ts';
import { checkSparse, isInCone } from '../../git/sparse.ts';
import { makeCommit, treeId } from './git-objects.ts';
import type { SimulatedCommit } from './git-objects.ts';
import { aborted, performRemote } from './perform-remote.ts';
import type { SimulatedGitParts } from './perform-remote.ts';
import type { SimulatedRemote, SimulatedRemotes } from './remotes.ts';
import { SimulatedWorkTree } from './work-tree.ts';
import type { TreeState } from './work-tree.ts';
import { writeTree } from './write-tree.ts';

/** Git in memory, with git's own commit ids. Ignore files, submodules and merges within a file are beyond it. */
export function simulatedGit(parts: SimulatedGitParts): Git {
  return new SimulatedGit(parts);
}

class SimulatedGit implements Git {
  readonly #parts: SimulatedGitParts;
  readonly #trees = new Map<string, TreeState>();
  /** Paths where a work tree was begun: what lies there may be replaced. */
  readonly #begun = new Set<string>();

  constructor(parts: SimulatedGitParts) {
    this.#parts = parts;
  }

  async remoteRefs(remote: GitRemote, options: { signal?: AbortSignal | undefined } = {}): Promise<RemoteRefs> {
    const clean = cleanRemote(remote);
    return performRemote(this.#parts, 'git.remoteRefs', clean, options.signal, (found) => ({
      defaultBranch: found.branches.has(found.defaultBranch) ? found.defaultBranch : undefined,
      branches: new Map(found.branches),
      tags: new Map([...found.tags].map(([name, { commit }]) => [name, commit])),
    }));
  }

  async commits(remote: GitRemote, { branch, head, limit, paths = false, signal }: HistoryOptions): Promise<HistoryCommit[]> {
    const clean = cleanRemote(remote);
    if (branch !== undefined) checkBranch(branch);
    const { remotes } = this.#parts;
    const found = await performRemote(this.#parts, 'git.fetch', clean, signal, ({ branches, defaultBranch }) => {
      const id = head ?? branches.get(branch ?? defaultBranch);
      if (id === undefined) throw new GitError('notFound', `${clean.url} has no branch ${branch ?? defaultBranch}`);
      return remotes.history(id).slice(0, limit);
    });
    const changed = paths
      ? await this.changedPaths(
          remote,
          found.map(({ id }) => id),
        )
      : undefined;
    return found.map((commit) => ({
      ...described(commit),
      committedAt: timestamp(commit.date),
      ...(commit.parents[0] === undefined ? {} : { parent: commit.parents[0] }),
      ...(changed === undefined ? {} : { paths: changed.get(commit.id) ?? [] }),
    }));
  }

  async describe(remote: GitRemote, revision: string, options: { signal?: AbortSignal | undefined } = {}) {
    const id = await this.resolve(remote, revision, options);
    const { tree, message } = this.#parts.remotes.get(id);
    return { id, tree: treeId(tree), message };
  }

  async tags(remote: GitRemote, options: { signal?: AbortSignal | undefined } = {}): Promise<TagInfo[]> {
    const { remotes } = this.#parts;
    return performRemote(this.#parts, 'git.fetch', cleanRemote(remote), options.signal, (found) =>
      [...found.tags]
        .map(([name, { commit, annotation }]) => ({
          name,
          ...described(remotes.get(commit)),
          createdAt: timestamp(annotation?.date ?? remotes.get(commit).date),
          ...(annotation === undefined
            ? {}
            : { tagger: `${annotation.tagger.name} <${annotation.tagger.email}>`, annotation: annotation.message }),
        }))
        .toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt) || (a.name < b.name ? -1 : 1)),
    );
  }

  async changedPaths(_: GitRemote, commits: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const { remotes } = this.#parts;
    return new Map(
      commits.map((id) => {
        const { tree, parents } = remotes.get(id);
        const before = parents[0] === undefined ? new Map<string, string>() : remotes.get(parents[0]).tree;
        const paths = [...new Set([...before.keys(), ...tree.keys()])];
        return [id, paths.filter((path) => before.get(path) !== tree.get(path)).toSorted()];
      }),
    );
  }

  async differingPaths(_: GitRemote, { from, to }: { from: string; to: string }): Promise<readonly string[] | undefined> {
    const { remotes } = this.#parts;
    if (!remotes.has(from) || !remotes.has(to)) return undefined;
    const [before, after] = [remotes.get(from).tree, remotes.get(to).tree];
    const paths = [...new Set([...before.keys(), ...after.keys()])];
    return paths.filter((path) => before.get(path) !== after.get(path)).toSorted();
  }

  async clone(options: CloneOptions): Promise<Clone> {
    const remote = cleanRemote(options.remote);
    const found = await performRemote(this.#parts, 'git.fetch', remote, options.signal, snapshot);
    this.#parts.files.makeFolder(options.home);
    return {
      addWorkTree: (spec, { signal } = {}) => this.#addWorkTree(options, remote, found, spec, signal),
    };
  }

  async open(
    path: string,
    options: { remote?: GitRemote | undefined; home: string; author?: GitIdentity | undefined },
  ): Promise<WorkTree> {
    const state = this.#trees.get(path);
    if (state === undefined || state.home !== options.home || !this.#parts.files.isFile(`${path}/.git`)) {
      throw new GitError('notFound', 'there is no work tree in this folder; clone the repository into it first');
    }
    const given = options.remote === undefined ? undefined : cleanRemote(options.remote);
    const credentials = given?.credentials ?? {};
    return new SimulatedWorkTree(this.#parts, state, { ...state.remote, credentials }, options.author ?? state.author);
  }

  async resolve(remote: GitRemote, revision: string, options: { signal?: AbortSignal | undefined } = {}): Promise<string> {
    const clean = cleanRemote(remote);
    return performRemote(this.#parts, 'git.fetch', clean, options.signal, (found) =>
      resolveIn(this.#parts.remotes, clean, found, revision),
    );
  }

  async export(
    remote: GitRemote,
    commit: string,
    directory: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const id = await this.resolve(remote, commit, options);
    this.#parts.files.remove(directory);
    writeTree(this.#parts.files, directory, new Map(), this.#parts.remotes.get(id).tree);
  }

  async #addWorkTree(
    options: CloneOptions,
    remote: CleanRemote,
    found: SimulatedRemote,
    spec: WorkTreeSpec,
    signal: AbortSignal | undefined,
  ): Promise<WorkTree> {
    const { files, operations, remotes } = this.#parts;
    const { ref, path } = spec;
    const start = startOf(remotes, remote, found, spec);
    const sparse = spec.sparse === undefined ? undefined : checkSparse(spec.sparse);
    if (!this.#begun.has(path) && files.list(path).length > 0) {
      throw new GitError(
        'invalid',
        `cannot check out ${remote.url}: the folder for it is not empty; choose another path or empty it`,
      );
    }
    return operations.perform(
      `git.checkout ${remote.url} ${JSON.stringify(ref)}`,
      { signal, aborted: aborted(remote) },
      async () => {
        this.#begun.add(path);
        this.#trees.delete(path);
        files.remove(path);
        files.write(`${path}/.git`, 'simulated\n');
        const { name, email } = options.author;
        const common = {
          path,
          home: options.home,
          remote,
          author: { name, email },
          sparse,
          tags: new Map(found.tags),
          replaced: new Map<string, never>(),
        };
        if ('commit' in start) {
          const { tree } = remotes.get(start.commit);
          const shown = [...tree].filter(([file]) => sparse === undefined || isInCone(sparse, file));
          writeTree(files, path, new Map(), new Map(shown));
          const state: TreeState = { ...common, head: start.commit, branch: start.branch, staged: tree };
          this.#trees.set(path, state);
          return new SimulatedWorkTree(this.#parts, state, remote, options.author);
        }
        const first = makeCommit({
          tree: new Map(),
          parents: [],
          author: options.author,
          date: spec.createDate ?? 0,
          message: 'Initial commit\n',
          signedWith: options.author.signingKey,
        });
        remotes.add(first);
        const state: TreeState = { ...common, head: first.id, branch: start.orphan, staged: first.tree };
        const tree = new SimulatedWorkTree(this.#parts, state, remote, options.author);
        if (spec.pushCreated !== false) await tree.push({ branch: start.orphan, signal });
        this.#trees.set(path, state);
        return tree;
      },
    );
  }
}

/** Where a work tree starts; the same choices and errors as the real one. */
function startOf(
  remotes: SimulatedRemotes,
  remote: CleanRemote,
  found: SimulatedRemote,
  spec: WorkTreeSpec,
): { commit: string; branch?: string | undefined } | { orphan: string } {
  const { ref } = spec;
  if ('default' in ref) {
    const commit = found.branches.get(found.defaultBranch);
    if (commit === undefined) throw new GitError('notFound', `${remote.url} has no default branch, perhaps because it is empty`);
    return { commit, branch: found.defaultBranch };
  }
  if ('commit' in ref) return { commit: resolveIn(remotes, remote, found, ref.commit) };
  if ('tag' in ref) {
    const commit = found.tags.get(ref.tag)?.commit;
    if (commit === undefined) throw new GitError('notFound', `${remote.url} has no tag ${ref.tag}`);
    return { commit };
  }
  checkBranch(ref.branch);
  const commit = found.branches.get(ref.branch);
  if (commit !== undefined) return { commit, branch: ref.branch };
  if (spec.create === true) return { orphan: ref.branch };
  throw new GitError(
    'notFound',
    `${remote.url} has no branch ${ref.branch}; create it, or set create: true to start an empty one`,
  );
}

function resolveIn(remotes: SimulatedRemotes, remote: CleanRemote, found: SimulatedRemote, revision: string): string {
  const named = found.branches.get(revision === 'HEAD' ? found.defaultBranch : revision) ?? found.tags.get(revision)?.commit;
  if (named !== undefined) return named;
  if (/^[0-9a-f]{7,40}$/.test(revision)) {
    const matching = [...remotes.reachable(found)].filter((id) => id.startsWith(revision));
    if (matching.length === 1 && matching[0] !== undefined) return matching[0];
  }
  throw new GitError('notFound', `${remote.url} has no branch, tag or commit ${JSON.stringify(revision)}`);
}

function described(commit: SimulatedCommit): Pick<CommitInfo, 'id' | 'subject' | 'author' | 'committer'> {
  const who = `${commit.author.name} <${commit.author.email}>`;
  return { id: commit.id, subject: (commit.message.split('\n')[0] ?? '').trim(), author: who, committer: who };
}

function snapshot(remote: SimulatedRemote): SimulatedRemote {
  return { ...remote, branches: new Map(remote.branches), tags: new Map(remote.tags) };
}
