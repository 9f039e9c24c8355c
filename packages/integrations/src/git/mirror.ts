import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@kargo/kube';
import type { Http } from '../http/port.ts';
import { Mutex } from '../concurrency/mutex.ts';
import { SharedRuns } from '../concurrency/shared-runs.ts';
import type { CloneSource } from './clone-source.ts';
import { CommitHistory } from './commit-history.ts';
import { refsAfterFetch } from './fetch-report.ts';
import { GitError } from './git-error.ts';
import type { GitRunner } from './git-runner.ts';
import { shareObjects } from './object-sharing.ts';
import type { HistoryBudget } from './history-budget.ts';
import { parseTags, TAG_FORMAT } from './history.ts';
import type { RemoteRefs, TagInfo } from './port.ts';
import { FOR_EACH_REF_FORMAT, parseForEachRef, parseLsRemote, type MirrorRefs } from './refs.ts';
import type { CleanRemote } from './remote-url.ts';
import { FETCH_CONTENTS, missingContents } from './missing-contents.ts';
import { isMirrorDamaged, makeMirrorAnew, openMirrorFolder, repackIfScattered } from './mirror-folder.ts';
import { quickFetch } from './quick-fetch.ts';
import { isPresent, removeStaleLocks } from './repository-files.ts';
import type { GitTimeouts } from './timeouts.ts';
import { UploadPack } from './upload-pack.ts';

/** Milliseconds in which nothing is fetched in the quick way after that was impossible. */
const SLOW_FOR = 300_000;

/**
 * The bare copy of one remote, as one set of credentials sees it. It is fetched incrementally, repaired by cloning it anew, and never
 * lent out: work trees get the objects by {@link shareObjects}.
 */
export class Mirror implements CloneSource {
  readonly #runner: GitRunner;
  readonly #folder: string;
  #remote: CleanRemote;
  readonly #timeouts: GitTimeouts;
  readonly #clock: Clock;
  /** Held while packs may appear or vanish. */
  readonly #packs = new Mutex();
  readonly #refreshes = new SharedRuns<MirrorRefs>((signal) => this.#packs.run(() => this.#refresh(signal)));
  readonly #listings = new SharedRuns<RemoteRefs & { head?: string | undefined }>((signal) => this.#listRemote(signal));
  /** What those who wait for the next run lack. */
  #lacking: ((refs: MirrorRefs | undefined) => Promise<boolean>)[] = [];
  readonly #completions = new SharedRuns<MirrorRefs>((signal) => this.#packs.run(() => this.#complete(signal)));
  readonly #presence = new Map<string, Promise<boolean>>();
  /** Tags as they were read at certain references. */
  #tags: { refs: MirrorRefs; list: Promise<TagInfo[]> } | undefined;
  readonly history: CommitHistory;
  readonly #seed: ((gitDir: string) => Promise<void>) | undefined;
  #refs: MirrorRefs | undefined;
  #opened = false;
  readonly #uploadPack: UploadPack | undefined;
  #quickAfter = Number.NEGATIVE_INFINITY;

  constructor(options: {
    runner: GitRunner;
    folder: string;
    remote: CleanRemote;
    timeouts: GitTimeouts;
    clock: Clock;
    histories: HistoryBudget;
    /** Fills a new repository with most of what the remote has, so that little is left to be fetched. */
    seed?: ((gitDir: string) => Promise<void>) | undefined;
    /** With it, small changes are fetched without starting a program for it. */
    http?: Http | undefined;
  }) {
    const isHTTP = options.remote.httpHost !== undefined && !options.remote.blobless;
    this.#uploadPack = options.http === undefined || !isHTTP ? undefined : new UploadPack(options.http);
    this.#seed = options.seed;
    this.#runner = options.runner;
    this.#folder = options.folder;
    this.#remote = options.remote;
    this.#timeouts = options.timeouts;
    this.#clock = options.clock;
    const read = async (args: readonly string[], signal: AbortSignal | undefined): Promise<string> =>
      (await this.read('read the history', args, { signal })).stdout;
    this.history = new CommitHistory(read, options.histories);
  }

  /** Takes over credentials that were renewed. */
  renew(remote: CleanRemote): void {
    this.#remote = remote;
  }

  /** Path of the bare repository. */
  get gitDir(): string {
    return join(this.#folder, 'repo.git');
  }

  /** Brings the mirror to a state of the remote not older than this call. Concurrent callers share one fetch. */
  async refresh(signal?: AbortSignal): Promise<MirrorRefs> {
    return this.#shared(this.#refreshes.join(signal), 'fetch', signal);
  }

  /** The remote's branches, tags and default branch, not older than this call, without fetching. Concurrent callers share one listing. */
  async remoteRefs(signal?: AbortSignal): Promise<RemoteRefs & { head?: string | undefined }> {
    return this.#shared(this.#listings.join(signal), 'list the branches and tags of', signal);
  }

  /** Brings the mirror to where it has a commit, if it can: without asking the remote if it has it already. False if it cannot. */
  async ensureCommit(commit: string, signal?: AbortSignal): Promise<boolean> {
    const lacks = async (): Promise<boolean> => !this.#isHead(commit) && !(await this.#present(commit));
    if (!(await this.#ensure(lacks, signal))) return true;
    return this.#isHead(commit) || this.#present(commit);
  }

  #isHead(commit: string): boolean {
    for (const head of this.#refs?.branches.values() ?? []) if (head === commit) return true;
    return false;
  }

  /** As {@link has}; those who ask at the same time share the answer. */
  #present(commit: string): Promise<boolean> {
    const asked = this.#presence.get(commit);
    if (asked !== undefined) return asked;
    const asking = this.has(commit).finally(() => this.#presence.delete(commit));
    this.#presence.set(commit, asking);
    return asking;
  }

  /** The tags that lead to commits, newest first; the mirror is brought to where it has those of `wanted`, or to now without them. */
  async tags(wanted: ReadonlyMap<string, string> | undefined, signal?: AbortSignal): Promise<readonly TagInfo[]> {
    const lacks = (refs: MirrorRefs | undefined): Promise<boolean> =>
      Promise.resolve(wanted === undefined || refs === undefined || !isSame(refs.tags, wanted));
    if (wanted === undefined) await this.refresh(signal);
    else await this.#ensure(lacks, signal);
    const refs = this.#refs ?? (await this.#knownRefs(signal));
    if (refs === undefined) return [];
    if (this.#tags?.refs !== refs) {
      const list = this.#readTags();
      this.#tags = { refs, list };
      list.catch(() => {
        if (this.#tags?.list === list) this.#tags = undefined;
      });
    }
    return this.#tags.list;
  }

  async #readTags(): Promise<TagInfo[]> {
    const args = ['for-each-ref', '--sort=refname', '--sort=-creatordate', `--format=${TAG_FORMAT}`, 'refs/tags'];
    return parseTags((await this.read('read the tags', args)).stdout);
  }

  /** Runs one completion for all who lack something. True if something was lacking. */
  async #ensure(lacks: (refs: MirrorRefs | undefined) => Promise<boolean>, signal?: AbortSignal): Promise<boolean> {
    if (!(await lacks(await this.#knownRefs(signal)))) return false;
    this.#lacking.push(lacks);
    await this.#shared(this.#completions.join(signal), 'fetch', signal);
    return true;
  }

  /** Fetches, unless what was lacking has come meanwhile. */
  async #complete(signal: AbortSignal): Promise<MirrorRefs> {
    const lacking = this.#lacking;
    this.#lacking = [];
    for (const lacks of lacking) if (await lacks(this.#refs)) return this.#refresh(signal);
    return this.#refs ?? this.#refresh(signal);
  }

  /** The references of the mirror as it is, without fetching. Absent if there is no mirror yet. */
  async #knownRefs(signal?: AbortSignal): Promise<MirrorRefs | undefined> {
    if (this.#refs !== undefined) return this.#refs;
    return this.#packs.run(async () => {
      if (this.#refs !== undefined) return this.#refs;
      await this.#open();
      if (await isPresent(this.gitDir)) this.#refs = await this.#listRefs(signal);
      return this.#refs;
    });
  }

  async #shared<T>(run: Promise<T>, doing: string, signal: AbortSignal | undefined): Promise<T> {
    try {
      return await run;
    } catch (error) {
      if (signal?.aborted !== true || error instanceof GitError) throw error;
      throw new GitError('aborted', `could not ${doing} ${this.#remote.url}: the operation was cancelled`, { cause: error });
    }
  }

  async #listRemote(signal: AbortSignal): Promise<RemoteRefs & { head?: string | undefined }> {
    const result = await this.#runner.run({
      action: `list the branches and tags of ${this.#remote.url}`,
      args: ['ls-remote', '--symref', '--', this.#remote.url, 'HEAD', 'refs/heads/*', 'refs/tags/*'],
      cwd: '/',
      remote: this.#remote,
      timeout: this.#timeouts.listing,
      signal,
    });
    return parseLsRemote(result.stdout);
  }

  /** Gives the repository `gitDir` all objects of the mirror. */
  async share(gitDir: string): Promise<void> {
    await this.#packs.run(() => shareObjects(this.gitDir, gitDir));
  }

  /** Whether the mirror has the commit already. */
  async has(commit: string, signal?: AbortSignal): Promise<boolean> {
    if (!(await isPresent(this.gitDir))) return false;
    const result = await this.#git('look for a commit', ['cat-file', '-e', `${commit}^{commit}`], {
      accept: [0, 1, 128],
      signal,
    });
    return result.exitCode === 0;
  }

  /** Runs a reading command in the mirror. */
  async read(
    action: string,
    args: readonly string[],
    options: { accept?: readonly number[]; input?: string; signal?: AbortSignal | undefined } = {},
  ) {
    return this.#git(`${action} of ${this.#remote.url}`, args, options);
  }

  /** Fetches one commit that no branch or tag leads to. Servers may refuse. */
  async fetchCommit(commit: string, signal?: AbortSignal): Promise<void> {
    await this.#packs.run(() =>
      this.#runner.run({
        action: `fetch commit ${commit} of ${this.#remote.url}`,
        args: ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', this.#remote.url, commit],
        cwd: this.gitDir,
        gitDir: this.gitDir,
        remote: this.#remote,
        timeout: this.#timeouts.fetch,
        signal,
      }),
    );
  }

  /**
   * Sees to it that a mirror without contents has those of a commit, all in one request; with `sparse`, those of these directories.
   * Does nothing for other mirrors.
   */
  async fetchContents(commit: string, sparse: readonly string[] | undefined, signal?: AbortSignal): Promise<void> {
    if (!this.#remote.blobless) return;
    await this.#packs.run(async () => {
      const wanted = await missingContents(this.#within(signal), commit, sparse);
      if (wanted.length === 0) return;
      await this.#runner.run({
        action: `fetch contents of ${this.#remote.url}`,
        args: FETCH_CONTENTS,
        input: `${wanted.join('\n')}\n`,
        cwd: this.gitDir,
        gitDir: this.gitDir,
        remote: this.#remote,
        timeout: this.#timeouts.fetch,
        signal,
      });
    });
  }

  /** A mirror has the whole history after each fetch. */
  async complete(): Promise<void> {}

  /** Checks the mirror thoroughly and clones it anew if it is damaged. True if it was. */
  async repairIfDamaged(signal?: AbortSignal): Promise<boolean> {
    return this.#packs.run(async () => {
      if (!(await isMirrorDamaged(this.#within(signal)))) return false;
      await this.#cloneAnew(signal);
      return true;
    });
  }

  async #refresh(signal: AbortSignal): Promise<MirrorRefs> {
    await this.#open();
    let after: MirrorRefs | undefined;
    if (!(await isPresent(this.gitDir))) {
      await this.#cloneAnew(signal);
    } else {
      const quick = await this.#fetchQuickly(signal);
      if (quick !== undefined) {
        const moved = quick !== this.#refs;
        this.#refs = quick;
        if (moved) await repackIfScattered(this.#within(signal), this.gitDir, this.#remote);
        return quick;
      }
      try {
        const said = await this.#fetchAfterKills(signal);
        if (said === '' && this.#refs !== undefined) return this.#refs;
        after = this.#refs === undefined ? undefined : await refsAfterFetch(this.gitDir, this.#refs, said);
      } catch (error) {
        if (!(error instanceof GitError) || error.code !== 'failed' || !(await isMirrorDamaged(this.#within(signal))))
          throw error;
        await this.#cloneAnew(signal);
      }
    }
    this.#refs = after ?? (await this.#listRefs(signal));
    await repackIfScattered(this.#within(signal), this.gitDir, this.#remote);
    return this.#refs;
  }

  /** Undefined if git has to fetch. */
  async #fetchQuickly(signal: AbortSignal): Promise<MirrorRefs | undefined> {
    const [uploadPack, before] = [this.#uploadPack, this.#refs];
    if (uploadPack === undefined || before === undefined || this.#clock.now() < this.#quickAfter) return undefined;
    let fetched: MirrorRefs | undefined;
    try {
      const outcome = await this.#runner.connect(this.#remote, { action: `fetch ${this.#remote.url}`, signal }, () =>
        quickFetch(uploadPack, this.#remote, {
          gitDir: this.gitDir,
          before,
          git: (action, args, { input }) => this.#git(action, args, { input, signal }),
          limits: { timeout: this.#timeouts.fetch, signal },
        }),
      );
      if (outcome === 'unusual') this.#quickAfter = this.#clock.now() + SLOW_FOR;
      fetched = typeof outcome === 'string' ? undefined : outcome;
    } finally {
      // Some of the references may have been moved.
      if (fetched === undefined) this.#refs = undefined;
    }
    return fetched;
  }

  /** A git that was killed leaves locks and half of what it fetched behind. Nobody else is at work here, so they can go. */
  async #fetchAfterKills(signal: AbortSignal): Promise<string> {
    try {
      return await this.#fetchInto(this.gitDir, signal);
    } catch (error) {
      await removeStaleLocks(this.gitDir);
      if (!(error instanceof GitError) || error.code !== 'failed') throw error;
      return this.#fetchInto(this.gitDir, signal);
    }
  }

  /** Once per process: clears away what an earlier one left when it was killed. */
  async #open(): Promise<void> {
    const now = new Date(this.#clock.now());
    if (!this.#opened) await openMirrorFolder(this.#folder);
    this.#opened = true;
    // Tells when the mirror was last of use.
    await utimes(this.#folder, now, now);
  }

  async #cloneAnew(signal?: AbortSignal): Promise<void> {
    await makeMirrorAnew(this.#folder, this.#remote, async (fresh) => {
      await this.#seed?.(fresh);
      await this.#fetchInto(fresh, signal);
    });
    this.#refs = undefined;
  }

  /** Returns what git said: it mentions every reference that it changes, and says nothing otherwise. */
  async #fetchInto(gitDir: string, signal?: AbortSignal): Promise<string> {
    const result = await this.#runner.run({
      action: `fetch ${this.#remote.url}`,
      args: [
        'fetch',
        '--prune',
        '--no-tags',
        '--no-progress',
        '--no-write-fetch-head',
        '--no-auto-maintenance',
        '--no-show-forced-updates',
        ...(this.#remote.blobless ? ['--filter=blob:none', 'origin'] : [this.#remote.url]),
        '+refs/heads/*:refs/heads/*',
        '+refs/tags/*:refs/tags/*',
      ],
      cwd: gitDir,
      gitDir,
      remote: this.#remote,
      timeout: this.#timeouts.fetch,
      signal,
    });
    const said = `${result.stderr}${result.stdout}`;
    return said.trim() === '' ? '' : said;
  }

  async #listRefs(signal?: AbortSignal): Promise<MirrorRefs> {
    const result = await this.#git('list the references', ['for-each-ref', `--format=${FOR_EACH_REF_FORMAT}`], { signal });
    return parseForEachRef(result.stdout);
  }

  #within(signal: AbortSignal | undefined) {
    return (action: string, args: readonly string[], options: { accept?: readonly number[] } = {}) =>
      this.#git(action, args, { ...options, signal });
  }

  #git(
    action: string,
    args: readonly string[],
    options: { accept?: readonly number[] | undefined; input?: string | Uint8Array; signal?: AbortSignal | undefined } = {},
  ) {
    return this.#runner.run({
      action: action.includes('://') || action.includes('@') ? action : `${action} in the mirror of ${this.#remote.url}`,
      args,
      cwd: this.gitDir,
      gitDir: this.gitDir,
      timeout: this.#timeouts.local,
      ...options,
    });
  }
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, id] of b) if (a.get(name) !== id) return false;
  return true;
}
