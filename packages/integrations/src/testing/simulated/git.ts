import { timestamp } from '@kargo/kube';
import { GitError } from '../../git/git-error.ts';
import type {
  Clone,
  CloneOptions,
  CommitInfo,
  Git,
  GitIdentity,
  GitRemote,
  PushOptions,
  RemoteRefs,
  WorkTree,
  WorkTreeSpec,
} from '../../git/port.ts';
import { checkBranch } from '../../git/real-work-tree.ts';
import { cleanRemote } from '../../git/remote-url.ts';
import type { CleanRemote } from '../../git/remote-url.ts';
import type { SimulatedFileSystem } from './file-system.ts';
import { cleanMessage, makeCommit, sameTree } from './git-objects.ts';
import type { Tree } from './git-objects.ts';
import type { Operations } from './operations.ts';
import { SimulatedRemotes } from './remotes.ts';
import type { SimulatedRemote } from './remotes.ts';

/** What lies on the simulated disk behind a work tree. */
interface TreeState {
  path: string;
  home: string;
  remote: CleanRemote;
  author: GitIdentity;
  head: string;
  branch: string | undefined;
  staged: Tree;
}

/** What simulated git stands on. */
export interface SimulatedGitParts {
  files: SimulatedFileSystem;
  operations: Operations;
  remotes: SimulatedRemotes;
}

/** Git in memory, with git's own commit ids. Ignore files and merges within a file are beyond it. */
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
      tags: new Map(found.tags),
    }));
  }

  async commits(
    remote: GitRemote,
    options: { branch?: string | undefined; limit: number; signal?: AbortSignal | undefined },
  ): Promise<CommitInfo[]> {
    const clean = cleanRemote(remote);
    if (options.branch !== undefined) checkBranch(options.branch);
    return performRemote(this.#parts, 'git.fetch', clean, options.signal, (found) => {
      const id = found.branches.get(options.branch ?? found.defaultBranch);
      if (id === undefined) throw new GitError('notFound', `${clean.url} has no branch ${options.branch ?? found.defaultBranch}`);
      return this.#parts.remotes
        .history(id)
        .slice(0, options.limit)
        .map((commit) => {
          const who = `${commit.author.name} <${commit.author.email}>`;
          const subject = (commit.message.split('\n')[0] ?? '').trim();
          return { id: commit.id, subject, author: who, committer: who, committedAt: timestamp(commit.date) };
        });
    });
  }

  async clone(options: CloneOptions): Promise<Clone> {
    const remote = cleanRemote(options.remote);
    const found = await performRemote(this.#parts, 'git.fetch', remote, options.signal, snapshot);
    this.#parts.files.makeFolder(options.home);
    return {
      addWorkTree: (spec, { signal } = {}) => this.#addWorkTree(options, remote, found, spec, signal),
    };
  }

  async open(path: string, options: { remote?: GitRemote | undefined; home: string }): Promise<WorkTree> {
    const state = this.#trees.get(path);
    if (state === undefined || state.home !== options.home || !this.#parts.files.isFile(`${path}/.git`)) {
      throw new GitError('notFound', 'there is no work tree in this folder; clone the repository into it first');
    }
    const given = options.remote === undefined ? undefined : cleanRemote(options.remote);
    return new SimulatedWorkTree(this.#parts, state, { ...state.remote, credentials: given?.credentials ?? {} });
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
        const common = { path, home: options.home, remote, author: options.author };
        if ('commit' in start) {
          const { tree } = remotes.get(start.commit);
          writeTree(files, path, new Map(), tree);
          const state: TreeState = { ...common, head: start.commit, branch: start.branch, staged: tree };
          this.#trees.set(path, state);
          return new SimulatedWorkTree(this.#parts, state, remote);
        }
        const first = makeCommit({
          tree: new Map(),
          parents: [],
          author: options.author,
          date: spec.createDate ?? 0,
          message: 'Initial commit\n',
        });
        remotes.add(first);
        const state: TreeState = { ...common, head: first.id, branch: start.orphan, staged: first.tree };
        const tree = new SimulatedWorkTree(this.#parts, state, remote);
        if (spec.pushCreated !== false) await tree.push({ branch: start.orphan, signal });
        this.#trees.set(path, state);
        return tree;
      },
    );
  }
}

class SimulatedWorkTree implements WorkTree {
  readonly path: string;
  readonly remoteURL: string;
  readonly #parts: SimulatedGitParts;
  readonly #state: TreeState;
  readonly #remote: CleanRemote;

  constructor(parts: SimulatedGitParts, state: TreeState, remote: CleanRemote) {
    this.path = state.path;
    this.remoteURL = state.remote.url;
    this.#parts = parts;
    this.#state = state;
    this.#remote = remote;
  }

  head = async (): Promise<string> => this.#state.head;

  branch = async (): Promise<string | undefined> => this.#state.branch;

  async clear(): Promise<void> {
    await this.#local('git.clear', () => {
      writeTree(this.#parts.files, this.path, this.#onDisk(), new Map());
      this.#state.staged = new Map();
    });
  }

  async stage(): Promise<boolean> {
    return this.#local('git.stage', () => {
      this.#state.staged = this.#onDisk();
      return !sameTree(this.#state.staged, this.#parts.remotes.get(this.#state.head).tree);
    });
  }

  async commit(options: { message: string; date: number; author?: GitIdentity | undefined }): Promise<string> {
    return this.#local('git.commit', () => {
      const commit = makeCommit({
        tree: this.#state.staged,
        parents: [this.#state.head],
        author: options.author ?? this.#state.author,
        date: options.date,
        message: cleanMessage(options.message),
      });
      this.#parts.remotes.add(commit);
      this.#state.head = commit.id;
      return commit.id;
    });
  }

  async push(options: PushOptions): Promise<void> {
    const { branch } = options;
    checkBranch(branch);
    const { remotes, operations } = this.#parts;
    const what = `could not push to branch ${branch} of ${this.remoteURL}`;
    await performRemote(
      this.#parts,
      'git.push',
      this.#remote,
      options.signal,
      (found) => {
        const from = found.branches.get(branch);
        const to = this.#state.head;
        if (from === to) return;
        if (options.force !== true && from !== undefined && !remotes.ancestors(to).has(from)) {
          throw new GitError('rejected', `${what}: the remote branch has moved; integrate its commits and push again`);
        }
        if (found.refusal !== undefined) {
          throw new GitError(
            'refused',
            `${what}: the remote refuses this push; check its branch protection and hooks; git said: ${found.refusal}`,
          );
        }
        found.branches.set(branch, to);
        operations.effect('git.push', { url: this.remoteURL, branch, from, to });
      },
      branch,
    );
  }

  async rebaseOnto(branch: string, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    checkBranch(branch);
    const { remotes, files } = this.#parts;
    const onto = await performRemote(
      this.#parts,
      'git.fetch',
      this.#remote,
      options.signal,
      (found) => found.branches.get(branch),
      branch,
    );
    if (onto === undefined || remotes.ancestors(this.#state.head).has(onto)) return;
    const theirs = remotes.ancestors(onto);
    const own = remotes.history(this.#state.head).filter(({ id }) => !theirs.has(id));
    let head = remotes.get(onto);
    for (const commit of own.toReversed()) {
      const parent = commit.parents[0];
      const merged = SimulatedRemotes.merge(parent === undefined ? new Map() : remotes.get(parent).tree, head.tree, commit.tree);
      if ('conflict' in merged) {
        throw new GitError(
          'conflict',
          `could not rebase onto branch ${branch} of ${this.remoteURL}: ${merged.conflict} was changed on both sides`,
        );
      }
      if (sameTree(merged.tree, head.tree)) continue;
      head = makeCommit({ ...commit, tree: merged.tree, parents: [head.id] });
      remotes.add(head);
    }
    const rebased = head;
    await this.#local('git.rebase', () => {
      writeTree(files, this.path, this.#onDisk(), rebased.tree);
      this.#state.staged = rebased.tree;
      this.#state.head = rebased.id;
    });
  }

  #onDisk(): Tree {
    const tree = this.#parts.files.tree(this.path);
    for (const path of tree.keys()) if (path === '.git' || path.split('/').includes('.git')) tree.delete(path);
    return tree;
  }

  #local<T>(operation: string, action: () => T): Promise<T> {
    return this.#parts.operations.perform(`${operation} ${this.remoteURL}`, {}, action);
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
    const commit = found.tags.get(ref.tag);
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
  const named = found.branches.get(revision === 'HEAD' ? found.defaultBranch : revision) ?? found.tags.get(revision);
  if (named !== undefined) return named;
  if (/^[0-9a-f]{7,40}$/.test(revision)) {
    const matching = [...remotes.reachable(found)].filter((id) => id.startsWith(revision));
    if (matching.length === 1 && matching[0] !== undefined) return matching[0];
  }
  throw new GitError('notFound', `${remote.url} has no branch, tag or commit ${JSON.stringify(revision)}`);
}

function performRemote<T>(
  parts: SimulatedGitParts,
  operation: string,
  remote: CleanRemote,
  signal: AbortSignal | undefined,
  action: (found: SimulatedRemote) => T,
  detail?: string,
): Promise<T> {
  const name = detail === undefined ? `${operation} ${remote.url}` : `${operation} ${remote.url} ${detail}`;
  return parts.operations.perform(name, { signal, aborted: aborted(remote), remote: true }, () => {
    const found = parts.remotes.find(remote.url);
    if (found === undefined) {
      throw new GitError(
        'notFound',
        `could not reach ${remote.url}: check the URL, and whether the credentials may see the repository`,
      );
    }
    const { username, password } = remote.credentials;
    if (found.auth !== undefined && (found.auth.username !== username || found.auth.password !== password)) {
      throw new GitError('authentication', `could not reach ${remote.url}: check the credentials of this repository`);
    }
    return action(found);
  });
}

function aborted(remote: CleanRemote): (cause: unknown) => Error {
  return (cause) => new GitError('aborted', `could not finish the work on ${remote.url}: the operation was cancelled`, { cause });
}

function snapshot(remote: SimulatedRemote): SimulatedRemote {
  return { ...remote, branches: new Map(remote.branches), tags: new Map(remote.tags) };
}

/** Turns the files of `from` below `folder` into those of `to`. */
function writeTree(files: SimulatedFileSystem, folder: string, from: Tree, to: Tree): void {
  for (const path of from.keys()) {
    if (to.has(path)) continue;
    files.remove(`${folder}/${path}`);
    // Git knows no empty folders.
    for (
      let parent = parentOf(path);
      parent !== '' && files.list(`${folder}/${parent}`).length === 0;
      parent = parentOf(parent)
    ) {
      files.remove(`${folder}/${parent}`);
    }
  }
  for (const [path, content] of to) if (from.get(path) !== content) files.write(`${folder}/${path}`, content);
  files.makeFolder(folder);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}
