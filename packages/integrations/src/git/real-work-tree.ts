import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyedMutex } from '../concurrency/mutex.ts';
import { isRefName } from './branch-name.ts';
import { clearFiles } from './clear-files.ts';
import { GitError } from './git-error.ts';
import type { GitCommand, GitRunner } from './git-runner.ts';
import { abandonIntegration, integrateOnto } from './integrate-onto.ts';
import type { Landings } from './landing.ts';
import { localCommits } from './local-commits.ts';
import { shareObjects } from './object-sharing.ts';
import type {
  CommitOptions,
  GitIdentity,
  GitLine,
  Integration,
  IntegrationPolicy,
  Landing,
  LandOptions,
  LocalCommit,
  PushOptions,
  TagOptions,
  WorkTree,
} from './port.ts';
import type { CleanRemote } from './remote-url.ts';
import { readLooseRef, readTextIfPresent } from './repository-files.ts';
import type { GitTimeouts } from './timeouts.ts';
import type { TreeRecord } from './tree-record.ts';
import { makeComparable, writeStart } from './shallow-history.ts';
import { checkTag, fetchTag, makeTag, tagToPush, type InWorkTree } from './work-tree-tags.ts';

/** Where {@link RealWorkTree.rebaseOnto} keeps what it fetched. */
const ONTO = 'refs/kargo/onto';

/** What a {@link RealWorkTree} is made of. */
export interface RealWorkTreeParts {
  runner: GitRunner;
  gitDir: string;
  record: TreeRecord;
  author: GitIdentity;
  remote: CleanRemote;
  timeouts: GitTimeouts;
  pushes: KeyedMutex;
  landings: Landings;
}

/** A work tree whose repository is `gitDir`; the `.git` file within the tree is for people and never believed. */
export class RealWorkTree implements WorkTree {
  readonly path: string;
  readonly remoteURL: string;
  readonly #parts: RealWorkTreeParts;
  readonly #runner: GitRunner;
  readonly #gitDir: string;
  readonly #author: GitIdentity;
  readonly #sparse: boolean;
  readonly #blobless: boolean;
  readonly #depth: number | undefined;
  readonly #remote: CleanRemote;
  readonly #timeouts: GitTimeouts;
  readonly #pushes: KeyedMutex;
  readonly #landings: Landings;
  readonly #run: InWorkTree = (action, args, options) => this.#git(action, args, options);

  constructor(options: RealWorkTreeParts) {
    this.#parts = options;
    this.path = options.record.path;
    this.remoteURL = options.record.remoteURL;
    this.#runner = options.runner;
    this.#gitDir = options.gitDir;
    this.#author = options.author;
    this.#sparse = options.record.sparse !== undefined;
    this.#blobless = options.record.blobless === true;
    this.#depth = options.record.depth;
    this.#remote = options.remote;
    this.#timeouts = options.timeouts;
    this.#pushes = options.pushes;
    this.#landings = options.landings;
  }

  /** Folder of its repository. */
  get gitDir(): string {
    return this.#gitDir;
  }

  get remote(): CleanRemote {
    return this.#remote;
  }

  /** This work tree as the author of another one sees it: what he commits here bears his name and key. */
  as(other: RealWorkTree): RealWorkTree {
    return new RealWorkTree({ ...this.#parts, author: other.#author });
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
    if (!this.#sparse) {
      const listed = await this.#git('clear', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
      const paths = new Set(listed.stdout.split('\0').filter((path) => path !== ''));
      if (await clearFiles(this.path, [...paths])) {
        // Nothing is staged without an index.
        await rm(join(this.#gitDir, 'index'), { force: true });
        return;
      }
    }
    // Staged first, so that the ignore rules of this moment decide about everything; removing then takes all of it.
    await this.#add('clear');
    if (!this.#sparse) {
      await this.#git('clear', ['rm', '-r', '-f', '-q', '--ignore-unmatch', '.']);
      return;
    }
    // What a sparse checkout leaves out stays, and git marks it with S.
    const listed = await this.#git('clear', ['ls-files', '-t', '-z']);
    const here = listed.stdout.split('\0').filter((entry) => entry !== '' && !entry.startsWith('S '));
    if (here.length === 0) return;
    await this.#git('clear', ['rm', '-f', '-q', '--sparse', '--pathspec-from-file=-', '--pathspec-file-nul'], {
      input: here.map((entry) => entry.slice(2)).join('\0'),
      env: { GIT_LITERAL_PATHSPECS: '1' },
    });
  }

  async stage(): Promise<boolean> {
    await this.#add('stage the changes');
    return this.#differs();
  }

  /** Whether what is staged differs from HEAD. */
  async #differs(): Promise<boolean> {
    const result = await this.#git('compare with HEAD', ['diff', '--cached', '--quiet', '--no-ext-diff', 'HEAD'], {
      accept: [0, 1],
    });
    return result.exitCode === 1;
  }

  async commitChanges(options: CommitOptions): Promise<string | undefined> {
    await this.#add('stage the changes');
    const result = await this.#commit(options, { accept: [0, 1] });
    // Git ends with 1 where nothing differs; that nothing else was the reason is seen by asking.
    if (result.exitCode === 0) return this.head();
    if (!(await this.#differs())) return undefined;
    return this.commit(options);
  }

  async commit(options: CommitOptions): Promise<string> {
    await this.#commit(options, { args: ['--allow-empty'] });
    return this.head();
  }

  #commit(
    { message, date, author }: CommitOptions,
    { args = [], accept }: { args?: readonly string[] | undefined; accept?: readonly number[] | undefined },
  ) {
    return this.#git(
      'commit',
      ['commit', '--quiet', ...args, '--allow-empty-message', '--no-verify', '--cleanup=whitespace', '--file=-'],
      { identity: author ?? this.#author, date, input: message, accept },
    );
  }

  async tree(tag?: string): Promise<string> {
    if (tag !== undefined) checkTag(tag);
    const revision = tag === undefined ? 'HEAD' : `refs/tags/${tag}`;
    return (await this.#git(`find the tree of ${revision}`, ['rev-parse', '--verify', `${revision}^{tree}`])).stdout.trim();
  }

  push(options: PushOptions): Promise<void> {
    return this.#pushBranch('HEAD', options);
  }

  /** As {@link push}, of another commit. */
  pushCommit(commit: string, branch: string): Promise<void> {
    return this.#pushBranch(commit, { branch });
  }

  async land(options: LandOptions): Promise<Landing> {
    checkBranch(options.branch);
    const { username = '', password = '', sshPrivateKey = '', identity } = this.#remote.credentials;
    const who = identity === undefined ? [username, password, sshPrivateKey] : [identity];
    const key = JSON.stringify([this.remoteURL, options.branch, ...who]);
    return this.#landings.land(key, this, options);
  }

  /** As {@link land}, with nobody else. */
  async landAlone({ branch, trees, signal, onLine, ...how }: LandOptions): Promise<Landing> {
    for (const attempt of ['push', 'integrate']) {
      // Mostly the remote has not moved since the clone: then there is nothing to integrate, and the remote itself refuses if there is.
      if (attempt === 'integrate' && (await this.integrate(branch, { ...how, signal })) === 'unsafe') return 'unsafe';
      const tree = trees === undefined ? undefined : await this.tree();
      if (tree !== undefined && trees?.has(tree) === false) {
        // What was planned may be what comes of integrating.
        if (attempt === 'push') continue;
        if (trees.size === 0 && (await this.fetch(branch, { signal })) === (await this.head())) return 'landed';
        throw this.#unplanned(branch, tree, trees);
      }
      try {
        await this.push({ branch, signal, onLine });
        return 'landed';
      } catch (error) {
        if (!(error instanceof GitError) || error.code !== 'rejected') throw error;
      }
    }
    return 'moved';
  }

  /** As {@link integrate}, of the commits up to `head` on `onto`, both here already. HEAD must be detached. */
  async integrateFrom(head: string, onto: string, options: LandOptions): Promise<Integration> {
    await this.#git('prepare the replay', ['reset', '--hard', '--quiet', head]);
    const { branch, policy, date } = options;
    return integrateOnto(this.#run, { onto, branch, policy, date }, this.#integrating());
  }

  /** Moves HEAD, index and files to a commit that the repository `from` has. Local changes stay; fails if they are in the way. */
  async moveTo(commit: string, from: string): Promise<void> {
    if ((await this.head()) === commit) return;
    await shareObjects(from, this.#gitDir);
    await this.#git(`check out what was pushed to ${this.remoteURL}`, ['reset', '--keep', '--quiet', commit]);
  }

  async rebaseOnto(branch: string, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.integrate(branch, { policy: 'AlwaysRebase', date: undefined, signal: options.signal });
  }

  async integrate(
    branch: string,
    options: { policy: IntegrationPolicy; date: number | undefined; signal?: AbortSignal | undefined },
  ): Promise<Integration> {
    if (!(await this.#fetchOnto(branch, options.signal))) return 'current';
    await this.#comparable(ONTO, options.signal);
    return integrateOnto(this.#run, { onto: ONTO, branch, ...options }, this.#integrating());
  }

  #integrating() {
    return { gitDir: this.#gitDir, author: this.#author, remoteURL: this.remoteURL };
  }

  async fetch(branch: string, options: { signal?: AbortSignal | undefined } = {}): Promise<string | undefined> {
    if (!(await this.#fetchOnto(branch, options.signal))) return undefined;
    return (await this.#git('find the fetched commit', ['rev-parse', '--verify', `${ONTO}^{commit}`])).stdout.trim();
  }

  async localCommits(base: string | undefined): Promise<LocalCommit[]> {
    await this.#comparable(base);
    return localCommits(this.#run, base, this.#author);
  }

  async resetTo(branch: string, options: { signal?: AbortSignal | undefined } = {}): Promise<string> {
    if (!(await this.#fetchOnto(branch, options.signal)))
      throw new GitError('notFound', `${this.remoteURL} has no branch ${branch}`);
    await this.#git(`check out branch ${branch} of ${this.remoteURL}`, ['reset', '--hard', '--quiet', ONTO], {
      signal: options.signal,
    });
    const head = await this.head();
    if (this.#depth !== undefined) await writeStart(this.#gitDir, head);
    return head;
  }

  /** Whatever is read off HEAD and another commit is what the whole history says. */
  async #comparable(other: string | undefined, signal?: AbortSignal): Promise<void> {
    if (this.#depth === undefined) return;
    const fetch = { remote: this.#remote, timeout: this.#timeouts.fetch, signal };
    const from = this.#blobless ? ['--filter=blob:none', 'origin'] : [this.#remote.url];
    await makeComparable(this.#run, { gitDir: this.#gitDir, other, remoteURL: this.remoteURL, from, fetch });
  }

  async tag(options: TagOptions): Promise<void> {
    checkTag(options.name);
    if (this.#depth !== undefined)
      await fetchTag(this.#run, options.name, {
        url: this.#remote.url,
        fetch: { remote: this.#remote, timeout: this.#timeouts.fetch },
      });
    await makeTag(this.#run, options, { head: await this.head(), author: this.#author, remoteURL: this.remoteURL });
  }

  async pushTag(name: string, options: { signal?: AbortSignal | undefined; onLine?: GitLine | undefined } = {}): Promise<void> {
    const { flags, refspec } = await tagToPush(this.#run, name, this.remoteURL);
    await this.#push(`push tag ${name} to ${this.remoteURL}`, flags, refspec, options);
  }

  async pushRef(ref: string, options: { create: boolean; signal?: AbortSignal | undefined }): Promise<void> {
    if (!/^refs\/(?!heads\/|tags\/)/.test(ref) || !isRefName(ref))
      throw new GitError('invalid', `${JSON.stringify(ref)} is not a reference beside branches and tags`);
    const action = `${options.create ? 'push to' : 'delete'} ${ref} of ${this.remoteURL}`;
    await this.#push(action, ['--force'], `${options.create ? 'HEAD' : ''}:${ref}`, options);
  }

  /** Returns to the state before an unfinished rebase or merge, if there is one. */
  abandonIntegration(): Promise<void> {
    return abandonIntegration(this.#run, this.#gitDir);
  }

  #unplanned(branch: string, tree: string, trees: ReadonlySet<string>): GitError {
    return new GitError(
      'unplanned',
      `did not push to branch ${branch} of ${this.remoteURL}: the plan is to push the files of tree ${[...trees].join(' or ') || '(none)'}, but by now they would be those of tree ${tree}; make a new plan`,
    );
  }

  async #pushBranch(what: string, { branch, force, ...how }: PushOptions): Promise<void> {
    checkBranch(branch);
    await this.#pushes.run(`${this.remoteURL}\n${branch}`, () =>
      this.#push(
        `push to branch ${branch} of ${this.remoteURL}`,
        force === true ? ['--force'] : [],
        `${what}:refs/heads/${branch}`,
        how,
      ),
    );
  }

  /** False if the remote has no such branch. */
  async #fetchOnto(branch: string, signal: AbortSignal | undefined): Promise<boolean> {
    checkBranch(branch);
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
      return true;
    } catch (error) {
      if (error instanceof GitError && /couldn't find remote ref/i.test(error.message)) return false;
      throw error;
    }
  }

  /** Stages everything, also what was written outside of a sparse checkout. */
  async #add(action: string): Promise<void> {
    await this.#git(action, ['add', '--all', ...(this.#sparse ? ['--sparse'] : []), '.']);
  }

  #push(
    action: string,
    flags: readonly string[],
    refspec: string,
    { signal, onLine }: { signal?: AbortSignal | undefined; onLine?: GitLine | undefined },
  ) {
    return this.#git(action, ['push', '--porcelain', '--no-verify', '--no-progress', ...flags, this.#remote.url, refspec], {
      remote: this.#remote,
      timeout: this.#timeouts.push,
      signal,
      onLine,
    });
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
      // What is missing is fetched when a command needs it.
      ...(this.#blobless ? { remote: this.#remote, timeout: this.#timeouts.fetch } : { timeout: this.#timeouts.local }),
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
