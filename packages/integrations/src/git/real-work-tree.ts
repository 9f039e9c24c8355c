import { join } from 'node:path';
import type { KeyedMutex } from '../concurrency/mutex.ts';
import { isRefName } from './branch-name.ts';
import { GitError } from './git-error.ts';
import type { GitCommand, GitRunner } from './git-runner.ts';
import type { GitIdentity, PushOptions, WorkTree } from './port.ts';
import type { CleanRemote } from './remote-url.ts';
import { readLooseRef, readTextIfPresent } from './repository-files.ts';
import type { GitTimeouts } from './timeouts.ts';
import type { TreeRecord } from './tree-record.ts';

/** Where {@link RealWorkTree.rebaseOnto} keeps what it fetched. */
const ONTO = 'refs/kargo/onto';

/** A work tree whose repository is `gitDir`; the `.git` file within the tree is for people and never believed. */
export class RealWorkTree implements WorkTree {
  readonly path: string;
  readonly remoteURL: string;
  readonly #runner: GitRunner;
  readonly #gitDir: string;
  readonly #author: GitIdentity;
  readonly #remote: CleanRemote;
  readonly #timeouts: GitTimeouts;
  readonly #pushes: KeyedMutex;

  constructor(options: {
    runner: GitRunner;
    gitDir: string;
    record: TreeRecord;
    remote: CleanRemote;
    timeouts: GitTimeouts;
    pushes: KeyedMutex;
  }) {
    this.path = options.record.path;
    this.remoteURL = options.record.remoteURL;
    this.#runner = options.runner;
    this.#gitDir = options.gitDir;
    this.#author = options.record.author;
    this.#remote = options.remote;
    this.#timeouts = options.timeouts;
    this.#pushes = options.pushes;
  }

  async head(): Promise<string> {
    const head = await this.#headText();
    const ref = symbolic(head);
    const commit = ref === undefined ? head : await readLooseRef(this.#gitDir, ref);
    if (commit !== undefined && /^[0-9a-f]{40,64}$/.test(commit)) return commit;
    const result = await this.#git('find HEAD', ['rev-parse', '--verify', 'HEAD^{commit}']);
    return result.stdout.trim();
  }

  async branch(): Promise<string | undefined> {
    const ref = symbolic(await this.#headText());
    return ref?.startsWith('refs/heads/') === true ? ref.slice('refs/heads/'.length) : undefined;
  }

  async clear(): Promise<void> {
    // Staged first, so that the ignore rules of this moment decide about everything; removing then takes all of it.
    await this.#git('clear', ['add', '--all', '.']);
    await this.#git('clear', ['rm', '-r', '-f', '-q', '--ignore-unmatch', '.']);
  }

  async stage(): Promise<boolean> {
    await this.#git('stage the changes', ['add', '--all', '.']);
    const result = await this.#git('compare with HEAD', ['diff', '--cached', '--quiet', '--no-ext-diff', 'HEAD'], {
      accept: [0, 1],
    });
    return result.exitCode === 1;
  }

  async commit(options: { message: string; date: number; author?: GitIdentity | undefined }): Promise<string> {
    await this.#git(
      'commit',
      ['commit', '--quiet', '--allow-empty', '--allow-empty-message', '--no-verify', '--cleanup=whitespace', '--file=-'],
      {
        identity: options.author ?? this.#author,
        date: options.date,
        input: options.message,
      },
    );
    return this.head();
  }

  async push(options: PushOptions): Promise<void> {
    checkBranch(options.branch);
    await this.#pushes.run(`${this.remoteURL}\n${options.branch}`, () =>
      this.#git(
        `push to branch ${options.branch} of ${this.remoteURL}`,
        [
          'push',
          '--porcelain',
          '--no-verify',
          '--no-progress',
          ...(options.force === true ? ['--force'] : []),
          this.#remote.url,
          `HEAD:refs/heads/${options.branch}`,
        ],
        { remote: this.#remote, timeout: this.#timeouts.push, signal: options.signal },
      ),
    );
  }

  async rebaseOnto(branch: string, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    checkBranch(branch);
    const { signal } = options;
    try {
      await this.#git(
        `fetch branch ${branch} of ${this.remoteURL}`,
        [
          'fetch',
          '--quiet',
          '--no-tags',
          '--no-write-fetch-head',
          '--no-auto-maintenance',
          this.#remote.url,
          `+refs/heads/${branch}:${ONTO}`,
        ],
        { remote: this.#remote, timeout: this.#timeouts.fetch, signal },
      );
    } catch (error) {
      if (error instanceof GitError && /couldn't find remote ref/i.test(error.message)) return;
      throw error;
    }
    const contained = await this.#git('compare the histories', ['merge-base', '--is-ancestor', ONTO, 'HEAD'], {
      accept: [0, 1],
      signal,
    });
    if (contained.exitCode === 0) return;
    try {
      // The committer date stays the author's, so that a rebased commit is reproducible as well.
      await this.#git(
        `rebase onto branch ${branch} of ${this.remoteURL}`,
        ['rebase', '--quiet', '--committer-date-is-author-date', '--no-verify', '--empty=drop', '--no-stat', ONTO],
        { identity: this.#author, signal },
      );
    } catch (error) {
      await this.abandonRebase();
      if (error instanceof GitError && error.code === 'failed' && /could not apply|conflict/i.test(error.message)) {
        throw new GitError('conflict', error.message, { cause: error });
      }
      throw error;
    }
  }

  /** Returns to the state before an unfinished rebase, if there is one. */
  async abandonRebase(): Promise<void> {
    for (const folder of ['rebase-merge', 'rebase-apply']) {
      if ((await readTextIfPresent(join(this.#gitDir, folder, 'head-name'))) === undefined) continue;
      await this.#git('abandon the rebase', ['rebase', '--abort']);
    }
  }

  async #headText(): Promise<string> {
    const text = await readTextIfPresent(join(this.#gitDir, 'HEAD'));
    if (text === undefined)
      throw new GitError('notFound', `the work tree of ${this.remoteURL} has lost its repository; clone it again`);
    return text.trim();
  }

  #git(action: string, args: readonly string[], options: Partial<GitCommand> = {}) {
    return this.#runner.run({
      action: action.includes(this.remoteURL) ? action : `${action} in the work tree of ${this.remoteURL}`,
      args,
      cwd: this.path,
      gitDir: this.#gitDir,
      workTree: this.path,
      timeout: this.#timeouts.local,
      ...options,
    });
  }
}

/** Fails with `invalid` for what cannot be the name of a branch. */
export function checkBranch(branch: string): void {
  if (!isRefName(branch)) throw new GitError('invalid', `${JSON.stringify(branch)} cannot be the name of a branch`);
}

function symbolic(head: string): string | undefined {
  return head.startsWith('ref: ') ? head.slice('ref: '.length).trim() : undefined;
}
