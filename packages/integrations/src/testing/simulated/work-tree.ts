import { isInCone } from '../../git/sparse.ts';
import { timestamp } from '@kargo/kube';
import { GitError } from '../../git/git-error.ts';
import type {
  CommitOptions,
  GitIdentity,
  Integration,
  IntegrationPolicy,
  Landing,
  LandOptions,
  LocalCommit,
  PushOptions,
  TagOptions,
  WorkTree,
} from '../../git/port.ts';
import { checkBranch } from '../../git/real-work-tree.ts';
import { checkTag } from '../../git/work-tree-tags.ts';
import type { CleanRemote } from '../../git/remote-url.ts';
import { performRemote } from './perform-remote.ts';
import type { SimulatedGitParts } from './perform-remote.ts';
import { cleanMessage, makeCommit, sameTree, treeId } from './git-objects.ts';
import type { SimulatedCommit, SimulatedTag, Tree } from './git-objects.ts';
import { SimulatedRemotes } from './remotes.ts';
import { writeTree } from './write-tree.ts';

/** What lies on the simulated disk behind a work tree. */
export interface TreeState {
  path: string;
  home: string;
  remote: CleanRemote;
  author: GitIdentity;
  head: string;
  branch: string | undefined;
  staged: Tree;
  /** Directories of a sparse checkout. */
  sparse?: readonly string[] | undefined;
  tags: Map<string, SimulatedTag>;
  /** Tags that were replaced here and not pushed yet, as they were. */
  replaced: Map<string, SimulatedTag>;
}

/** A work tree in memory. Ignore files and merges within a file are beyond it; signatures are only noted. */
export class SimulatedWorkTree implements WorkTree {
  readonly path: string;
  readonly remoteURL: string;
  readonly #parts: SimulatedGitParts;
  readonly #state: TreeState;
  readonly #remote: CleanRemote;
  readonly #author: GitIdentity;

  constructor(parts: SimulatedGitParts, state: TreeState, remote: CleanRemote, author: GitIdentity) {
    this.path = state.path;
    this.remoteURL = state.remote.url;
    this.#parts = parts;
    this.#state = state;
    this.#remote = remote;
    this.#author = author;
  }

  head = async (): Promise<string> => this.#state.head;

  branch = async (): Promise<string | undefined> => this.#state.branch;

  async clear(): Promise<void> {
    await this.#local('git.clear', () => {
      writeTree(this.#parts.files, this.path, this.#onDisk(), new Map());
      this.#state.staged = this.#leftOut();
    });
  }

  async stage(): Promise<boolean> {
    return this.#local('git.stage', () => {
      this.#state.staged = new Map([...this.#leftOut(), ...this.#onDisk()]);
      return !sameTree(this.#state.staged, this.#parts.remotes.get(this.#state.head).tree);
    });
  }

  async commitChanges(options: CommitOptions): Promise<string | undefined> {
    return (await this.stage()) ? this.commit(options) : undefined;
  }

  async commit(options: CommitOptions): Promise<string> {
    return this.#local('git.commit', () => {
      const author = options.author ?? this.#author;
      const commit = makeCommit({
        tree: this.#state.staged,
        parents: [this.#state.head],
        author,
        date: options.date,
        message: cleanMessage(options.message),
        signedWith: keyOf(author),
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

  async tree(tag?: string): Promise<string> {
    const commit = tag === undefined ? this.#state.head : this.#state.tags.get(tag)?.commit;
    if (commit === undefined) throw new GitError('failed', `could not find the tree of refs/tags/${tag}: there is no such tag`);
    return treeId(this.#parts.remotes.get(commit).tree);
  }

  async land({ branch, trees, signal, ...how }: LandOptions): Promise<Landing> {
    for (const attempt of ['push', 'integrate']) {
      if (attempt === 'integrate' && (await this.integrate(branch, { ...how, signal })) === 'unsafe') return 'unsafe';
      const tree = await this.tree();
      if (trees?.has(tree) === false) {
        if (attempt === 'push') continue;
        if (trees.size === 0 && (await this.fetch(branch, { signal })) === this.#state.head) return 'landed';
        const what = `did not push to branch ${branch} of ${this.remoteURL}: tree ${tree} is not planned`;
        throw new GitError('unplanned', `${what}; make a new plan`);
      }
      try {
        await this.push({ branch, signal });
        return 'landed';
      } catch (error) {
        if (!(error instanceof GitError) || error.code !== 'rejected') throw error;
      }
    }
    return 'moved';
  }

  async rebaseOnto(branch: string, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.integrate(branch, { policy: 'AlwaysRebase', date: 0, signal: options.signal });
  }

  async integrate(
    branch: string,
    options: { policy: IntegrationPolicy; date: number; signal?: AbortSignal | undefined },
  ): Promise<Integration> {
    const { policy, date, signal } = options;
    const { remotes } = this.#parts;
    const onto = await this.#fetch(branch, signal);
    if (onto === undefined || remotes.ancestors(this.#state.head).has(onto)) return 'current';
    const own = this.#own(onto);
    const wanted = keyOf(this.#author) === undefined ? 'unsigned' : 'trusted';
    const safe =
      policy === 'AlwaysRebase' || (policy !== 'AlwaysMerge' && own.every((commit) => this.#signature(commit) === wanted));
    if (!safe && policy === 'RebaseOrFail') return 'unsafe';
    const head = safe ? this.#replay(own, onto, branch) : own.length === 0 ? remotes.get(onto) : this.#merge(onto, branch, date);
    await this.#local(safe ? 'git.rebase' : 'git.merge', () => this.#moveTo(head));
    return safe ? 'rebased' : 'merged';
  }

  fetch(branch: string, options: { signal?: AbortSignal | undefined } = {}): Promise<string | undefined> {
    return this.#fetch(branch, options.signal);
  }

  async localCommits(base: string | undefined): Promise<LocalCommit[]> {
    return this.#own(base).map((commit) => ({
      id: commit.id,
      parents: commit.parents,
      tree: treeId(commit.tree),
      message: commit.message,
      author: { name: commit.author.name, email: commit.author.email },
      committer: { name: commit.author.name, email: commit.author.email },
      authoredAt: timestamp(commit.date),
      committedAt: timestamp(commit.date),
      signature: this.#signature(commit),
    }));
  }

  async resetTo(branch: string, options: { signal?: AbortSignal | undefined } = {}): Promise<string> {
    const onto = await this.#fetch(branch, options.signal);
    if (onto === undefined) throw new GitError('notFound', `${this.remoteURL} has no branch ${branch}`);
    await this.#local('git.reset', () => this.#moveTo(this.#parts.remotes.get(onto)));
    return onto;
  }

  async tag(options: TagOptions): Promise<void> {
    const { name, message, force = false } = options;
    checkTag(name);
    await this.#local('git.tag', () => {
      const old = this.#state.tags.get(name);
      const same = old?.annotation?.message.trim() === message.trim() && old.commit === this.#state.head;
      if (same) return;
      if (old !== undefined && !force)
        throw new GitError('invalid', `tag ${name} exists in ${this.remoteURL} already; choose another name, or set force: true`);
      if (old !== undefined) this.#state.replaced.set(name, old);
      const { name: who, email } = this.#author;
      this.#state.tags.set(name, {
        commit: this.#state.head,
        annotation: { message: message.trim(), tagger: { name: who, email }, date: options.date },
      });
    });
  }

  async pushTag(name: string, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    checkTag(name);
    const tag = this.#state.tags.get(name);
    if (tag === undefined)
      throw new GitError('notFound', `the work tree of ${this.remoteURL} has no tag ${name}; make it with git-tag first`);
    await performRemote(
      this.#parts,
      'git.pushTag',
      this.#remote,
      options.signal,
      (found) => {
        const there = found.tags.get(name);
        const text = JSON.stringify(tag);
        if (JSON.stringify(there) === text) return;
        const what = `could not push tag ${name} to ${this.remoteURL}: the remote refuses this push`;
        if (there !== undefined && JSON.stringify(there) !== JSON.stringify(this.#state.replaced.get(name)))
          throw new GitError('refused', `${what}; it has another tag of this name already`);
        if (found.refusal !== undefined) throw new GitError('refused', `${what}; git said: ${found.refusal}`);
        found.tags.set(name, tag);
        this.#parts.operations.effect('git.pushTag', { url: this.remoteURL, tag: name, to: tag.commit });
      },
      name,
    );
  }

  async pushRef(ref: string, options: { create: boolean; signal?: AbortSignal | undefined }): Promise<void> {
    if (!/^refs\/(?!heads\/|tags\/)/.test(ref))
      throw new GitError('invalid', `${JSON.stringify(ref)} is not a reference beside branches and tags`);
    await performRemote(
      this.#parts,
      'git.pushRef',
      this.#remote,
      options.signal,
      (found) => {
        if (options.create) found.refs.set(ref, this.#state.head);
        else found.refs.delete(ref);
        this.#parts.operations.effect('git.pushRef', {
          url: this.remoteURL,
          ref,
          to: options.create ? this.#state.head : undefined,
        });
      },
      ref,
    );
  }

  async #fetch(branch: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    checkBranch(branch);
    return performRemote(this.#parts, 'git.fetch', this.#remote, signal, (found) => found.branches.get(branch), branch);
  }

  /** Commits of HEAD that `base` does not contain, oldest first. */
  #own(base: string | undefined): SimulatedCommit[] {
    const { remotes } = this.#parts;
    const theirs = base === undefined ? new Set<string>() : remotes.ancestors(base);
    return remotes
      .history(this.#state.head)
      .filter(({ id }) => !theirs.has(id))
      .toReversed();
  }

  #replay(own: readonly SimulatedCommit[], onto: string, branch: string): SimulatedCommit {
    const { remotes } = this.#parts;
    let head = remotes.get(onto);
    for (const commit of own) {
      const parent = commit.parents[0];
      const merged = SimulatedRemotes.merge(parent === undefined ? new Map() : remotes.get(parent).tree, head.tree, commit.tree);
      if ('conflict' in merged) throw this.#conflict('rebase onto', branch, merged.conflict);
      if (sameTree(merged.tree, head.tree)) continue;
      head = makeCommit({ ...commit, tree: merged.tree, parents: [head.id], signedWith: keyOf(this.#author) });
      remotes.add(head);
    }
    return head;
  }

  #merge(onto: string, branch: string, date: number): SimulatedCommit {
    const { remotes } = this.#parts;
    const ours = remotes.get(this.#state.head);
    const theirs = remotes.get(onto);
    const known = remotes.ancestors(onto);
    const base = remotes.history(ours.id).find(({ id }) => known.has(id));
    const merged = SimulatedRemotes.merge(base?.tree ?? new Map(), ours.tree, theirs.tree);
    if ('conflict' in merged) throw this.#conflict('merge', branch, merged.conflict);
    const commit = makeCommit({
      tree: merged.tree,
      parents: [ours.id, onto],
      author: this.#author,
      date,
      message: `Merge branch '${branch}'\n`,
      signedWith: keyOf(this.#author),
    });
    remotes.add(commit);
    return commit;
  }

  #conflict(action: string, branch: string, path: string): GitError {
    return new GitError(
      'conflict',
      `could not ${action} branch ${branch} of ${this.remoteURL}: ${path} was changed on both sides`,
    );
  }

  #moveTo(commit: SimulatedCommit): void {
    const { sparse } = this.#state;
    const shown = sparse === undefined ? commit.tree : new Map([...commit.tree].filter(([path]) => isInCone(sparse, path)));
    writeTree(this.#parts.files, this.path, this.#onDisk(), shown);
    this.#state.staged = commit.tree;
    this.#state.head = commit.id;
  }

  #signature(commit: SimulatedCommit): LocalCommit['signature'] {
    if (commit.signedWith === undefined) return 'unsigned';
    return commit.signedWith === keyOf(this.#author) ? 'trusted' : 'untrusted';
  }

  /** What a sparse checkout keeps out of sight. */
  #leftOut(): Tree {
    const { sparse, staged } = this.#state;
    return sparse === undefined ? new Map() : new Map([...staged].filter(([path]) => !isInCone(sparse, path)));
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

function keyOf(identity: GitIdentity): string | undefined {
  return identity.signingKey === '' ? undefined : identity.signingKey;
}
