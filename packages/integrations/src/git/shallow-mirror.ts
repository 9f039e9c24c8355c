import { copyFile, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@kargo/kube';
import { Mutex } from '../concurrency/mutex.ts';
import type { ProcessResult } from '../process/port.ts';
import type { CloneSource } from './clone-source.ts';
import { GitError } from './git-error.ts';
import type { GitCommand, GitRunner } from './git-runner.ts';
import { isMirrorDamaged, makeMirrorAnew, openMirrorFolder } from './mirror-folder.ts';
import { FETCH_CONTENTS, missingContents } from './missing-contents.ts';
import { shareObjects } from './object-sharing.ts';
import type { RemoteRefs } from './port.ts';
import type { MirrorRefs } from './refs.ts';
import type { CleanRemote } from './remote-url.ts';
import { isPresent, readLooseRef, removeStaleLocks } from './repository-files.ts';
import type { GitTimeouts } from './timeouts.ts';

/** Commits that are kept: those that were checked out last. */
const MAX_KEPT = 24;
/** Where they are. */
const KEPT = 'refs/kargo/kept';

/** What a {@link ShallowMirror} is made of. */
export interface ShallowMirrorParts {
  runner: GitRunner;
  folder: string;
  remote: CleanRemote;
  /** Commits of the history of each that is checked out. */
  depth: number;
  timeouts: GitTimeouts;
  clock: Clock;
  /** The references of the remote as they are now. */
  listRemote(signal?: AbortSignal): Promise<RemoteRefs & { head?: string | undefined }>;
}

/**
 * The bare copy of a remote of which only the newest commits are kept: what branches and tags name is asked every time, and each commit
 * that is to be checked out is fetched with so many of its ancestors. What is not to be had like this is fetched with the whole history.
 */
export class ShallowMirror implements CloneSource {
  readonly #parts: ShallowMirrorParts;
  #remote: CleanRemote;
  /** Held while objects may appear or vanish. */
  readonly #objects = new Mutex();
  #opened = false;

  constructor(parts: ShallowMirrorParts) {
    this.#parts = parts;
    this.#remote = parts.remote;
  }

  get gitDir(): string {
    return join(this.#parts.folder, 'repo.git');
  }

  /** Takes over credentials that were renewed. */
  renew(remote: CleanRemote): void {
    this.#remote = remote;
  }

  async refresh(signal?: AbortSignal): Promise<MirrorRefs> {
    const { branches, tags } = await this.remoteRefs(signal);
    return { branches, tags, tagObjects: new Map() };
  }

  remoteRefs(signal?: AbortSignal): Promise<RemoteRefs & { head?: string | undefined }> {
    return this.#parts.listRemote(signal);
  }

  async has(commit: string, signal?: AbortSignal): Promise<boolean> {
    return this.#objects.run(async () => {
      await this.#open();
      return this.#has(commit, signal);
    });
  }

  async fetchCommit(commit: string, signal?: AbortSignal): Promise<void> {
    await this.#objects.run(async () => {
      await this.#open();
      await this.#fetch(commit, signal);
    });
  }

  async fetchContents(commit: string, sparse: readonly string[] | undefined, signal?: AbortSignal): Promise<void> {
    await this.#objects.run(async () => {
      await this.#open();
      if (!(await this.#has(commit, signal))) await this.#fetch(commit, signal);
      if (!this.#remote.blobless) return;
      const wanted = await missingContents((action, args) => this.#git(action, args, { signal }), commit, sparse);
      if (wanted.length === 0) return;
      await this.#git('fetch contents', FETCH_CONTENTS, { ...this.#connected(signal), input: `${wanted.join('\n')}\n` });
    });
  }

  async complete(signal?: AbortSignal): Promise<void> {
    await this.#objects.run(async () => {
      await this.#open();
      await this.#fetchAll(signal);
    });
  }

  read(
    action: string,
    args: readonly string[],
    options: { accept?: readonly number[]; input?: string; signal?: AbortSignal | undefined } = {},
  ): Promise<ProcessResult> {
    return this.#git(action, args, options);
  }

  /** Also tells it where the history ends. */
  async share(gitDir: string): Promise<void> {
    await this.#objects.run(async () => {
      await shareObjects(this.gitDir, gitDir);
      const file = join(this.gitDir, 'shallow');
      if (await isPresent(file)) await copyFile(file, join(gitDir, 'shallow'));
    });
  }

  async repairIfDamaged(signal?: AbortSignal): Promise<boolean> {
    return this.#objects.run(async () => {
      await this.#open();
      if (!(await isMirrorDamaged((action, args, more) => this.#git(action, args, { ...more, signal })))) return false;
      await makeMirrorAnew(this.#parts.folder, this.#remote);
      return true;
    });
  }

  /** Once per process: clears away what an earlier one left when it was killed. */
  async #open(): Promise<void> {
    const { folder, clock } = this.#parts;
    const now = new Date(clock.now());
    if (!this.#opened) await openMirrorFolder(folder);
    this.#opened = true;
    if (!(await isPresent(this.gitDir))) await makeMirrorAnew(folder, this.#remote);
    // Tells when it was last of use.
    await utimes(folder, now, now);
  }

  async #has(commit: string, signal: AbortSignal | undefined): Promise<boolean> {
    const kept = `${KEPT}/${commit}`;
    if ((await readLooseRef(this.gitDir, kept)) === commit) {
      // Whoever asks is about to check it out: it must not be what makes room for the next one.
      const now = new Date(this.#parts.clock.now());
      await utimes(join(this.gitDir, kept), now, now);
      return true;
    }
    const looked = await this.#git('look for a commit', ['cat-file', '-e', `${commit}^{commit}`], {
      accept: [0, 1, 128],
      // A repository without contents would fetch the commit, and all that is behind it.
      env: { GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none' },
      signal,
    });
    return looked.exitCode === 0;
  }

  /** Fails with `notFound` if the remote does not hand it out. */
  async #fetch(commit: string, signal: AbortSignal | undefined): Promise<void> {
    await this.#makeRoom(signal);
    try {
      await this.#fetchAfterKills([`--depth=${this.#parts.depth}`, ...this.#from(), `+${commit}:${KEPT}/${commit}`], signal);
    } catch (error) {
      if (!(error instanceof GitError) || (error.code !== 'failed' && error.code !== 'notFound')) throw error;
      // Older servers give only what a branch or a tag names.
      await this.#fetchAll(signal);
      if (await this.#has(commit, signal)) return;
      throw new GitError('notFound', `${this.#remote.url} has no commit ${commit}, or does not hand it out`, { cause: error });
    }
  }

  async #fetchAll(signal: AbortSignal | undefined): Promise<void> {
    const shallow = await isPresent(join(this.gitDir, 'shallow'));
    const all = ['+refs/heads/*:refs/kargo/all/heads/*', '+refs/tags/*:refs/kargo/all/tags/*'];
    await this.#fetchAfterKills([...(shallow ? ['--unshallow'] : []), '--prune', ...this.#from(), ...all], signal);
  }

  #from(): string[] {
    return this.#remote.blobless ? ['--filter=blob:none', 'origin'] : [this.#remote.url];
  }

  /** A git that was killed leaves locks behind. Nobody else is at work here, so they can go. */
  async #fetchAfterKills(args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const fetch = () => this.#git('fetch', [...FETCH, ...args], this.#connected(signal));
    try {
      await fetch();
    } catch (error) {
      await removeStaleLocks(this.gitDir);
      if (!(error instanceof GitError) || error.code !== 'failed' || !/\.lock'|cannot lock/i.test(error.message)) throw error;
      await fetch();
    }
  }

  /** What was checked out longest ago goes once there is too much. */
  async #makeRoom(signal: AbortSignal | undefined): Promise<void> {
    const folder = join(this.gitDir, KEPT);
    const names = (await isPresent(folder)) ? await readdir(folder) : [];
    if (names.length < 2 * MAX_KEPT) return;
    const kept = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })));
    for (const { name } of kept.toSorted((a, b) => b.at - a.at).slice(MAX_KEPT)) await rm(join(folder, name), { force: true });
    await this.#git('repack', ['repack', '-a', '-d', '-q'], { signal });
    // Also forgets where histories ended that are gone.
    if (!this.#remote.blobless) await this.#git('tidy up', ['prune', '--expire=now'], { signal });
  }

  #connected(signal: AbortSignal | undefined): Partial<GitCommand> {
    return { remote: this.#remote, timeout: this.#parts.timeouts.fetch, signal };
  }

  #git(action: string, args: readonly string[], options: Partial<GitCommand> = {}): Promise<ProcessResult> {
    return this.#parts.runner.run({
      action: `${action} in the shallow mirror of ${this.#remote.url}`,
      args,
      cwd: this.gitDir,
      gitDir: this.gitDir,
      timeout: this.#parts.timeouts.local,
      ...options,
    });
  }
}

const FETCH: readonly string[] = [
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-auto-maintenance',
  '--no-show-forced-updates',
];
