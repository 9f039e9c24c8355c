import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { KeyedMutex } from '../concurrency/mutex.ts';
import { GitError } from './git-error.ts';
import type { GitRunner } from './git-runner.ts';
import type { Landings } from './landing.ts';
import type { CloneSource } from './clone-source.ts';
import type { MirrorRefs } from './refs.ts';
import type { Clone, GitIdentity, WorkTreeSpec } from './port.ts';
import { checkBranch, RealWorkTree } from './real-work-tree.ts';
import { cleanRemote, type CleanRemote } from './remote-url.ts';
import { initRepository, isPresent } from './repository-files.ts';
import { resolveRevision } from './resolve-revision.ts';
import type { GitTimeouts } from './timeouts.ts';
import type { SpareTrees } from './spare-trees.ts';
import { writeStart } from './shallow-history.ts';
import { checkSparse } from './sparse.ts';
import { MAX_SUBMODULE_DEPTH, submoduleRemote, submodulesOf } from './submodules.ts';
import { readRecord, treeConfig, treeGitDir, writeRecord, writeSparsePatterns } from './tree-record.ts';
import type { TreeRecord } from './tree-record.ts';

/** What a work tree starts from. */
type Start = { commit: string; branch?: string | undefined } | { orphan: string };

/** A clone: the mirror's state at one moment, from which work trees with repositories of their own are made. */
export class RealClone implements Clone {
  readonly #runner: GitRunner;
  readonly #mirror: CloneSource;
  readonly #remote: CleanRemote;
  readonly #home: string;
  readonly #author: GitIdentity;
  readonly #timeouts: GitTimeouts;
  readonly #pushes: KeyedMutex;
  readonly #landings: Landings;
  readonly #mirrorOf: (remote: CleanRemote) => Promise<CloneSource>;
  readonly #depth: number;
  readonly #spares: SpareTrees | undefined;
  #refs: MirrorRefs;

  constructor(options: {
    runner: GitRunner;
    mirror: CloneSource;
    refs: MirrorRefs;
    remote: CleanRemote;
    home: string;
    author: GitIdentity;
    timeouts: GitTimeouts;
    pushes: KeyedMutex;
    landings: Landings;
    /** Mirrors of other remotes, for submodules. */
    mirrorOf: (remote: CleanRemote) => Promise<CloneSource>;
    /** Where work trees of large branches are kept ready. */
    spares?: SpareTrees | undefined;
    /** How many repositories this one is a submodule of. */
    depth?: number | undefined;
  }) {
    this.#runner = options.runner;
    this.#mirror = options.mirror;
    this.#refs = options.refs;
    this.#remote = options.remote;
    this.#home = resolve(options.home);
    this.#author = options.author;
    this.#timeouts = options.timeouts;
    this.#pushes = options.pushes;
    this.#landings = options.landings;
    this.#mirrorOf = options.mirrorOf;
    this.#depth = options.depth ?? 0;
    this.#spares = options.spares;
  }

  async addWorkTree(spec: WorkTreeSpec, options: { signal?: AbortSignal | undefined } = {}): Promise<RealWorkTree> {
    const { signal } = options;
    const path = resolve(spec.path);
    if (`${this.#home}/`.startsWith(`${path}/`)) {
      throw new GitError('invalid', `cannot check out ${this.#remote.url} over the folder of its own clone; choose another path`);
    }
    const start = await this.#start(spec, signal);
    try {
      return await this.#make(path, start, spec, signal);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      // Somebody else was faster in creating the branch.
      if ('orphan' in start && error.code === 'rejected') {
        this.#refs = await this.#mirror.refresh(signal);
        return this.#make(path, await this.#start(spec, signal), spec, signal);
      }
      if (error.code !== 'failed' || !(await this.#mirror.repairIfDamaged(signal))) throw error;
      this.#refs = await this.#mirror.refresh(signal);
      return this.#make(path, await this.#start(spec, signal), spec, signal);
    }
  }

  async #start(spec: WorkTreeSpec, signal: AbortSignal | undefined): Promise<Start> {
    const { ref } = spec;
    const { url } = this.#remote;
    if ('default' in ref) {
      const { defaultBranch, head } = await this.#mirror.remoteRefs(signal);
      const commit = (defaultBranch === undefined ? undefined : this.#refs.branches.get(defaultBranch)) ?? head;
      if (commit === undefined) {
        throw new GitError(
          'notFound',
          `${url} has no default branch, perhaps because it is empty; name a branch, with create: true`,
        );
      }
      return { commit, branch: defaultBranch };
    }
    if ('commit' in ref) return { commit: await resolveRevision(this.#mirror, this.#remote, ref.commit, signal) };
    if ('tag' in ref) {
      const commit = this.#refs.tags.get(ref.tag);
      if (commit === undefined) throw new GitError('notFound', `${url} has no tag ${ref.tag}`);
      return { commit };
    }
    checkBranch(ref.branch);
    const commit = this.#refs.branches.get(ref.branch);
    if (commit !== undefined) return { commit, branch: ref.branch };
    if (spec.create === true) return { orphan: ref.branch };
    throw new GitError('notFound', `${url} has no branch ${ref.branch}; create it, or set create: true to start an empty one`);
  }

  async #make(path: string, start: Start, spec: WorkTreeSpec, signal: AbortSignal | undefined): Promise<RealWorkTree> {
    const gitDir = treeGitDir(this.#home, path);
    await this.#makeRoom(path, gitDir);
    const record: TreeRecord = {
      path,
      remoteURL: this.#remote.url,
      insecureSkipTLSVerify: this.#remote.insecureSkipTLSVerify,
      author: { name: this.#author.name, email: this.#author.email },
      ...(spec.sparse === undefined ? {} : { sparse: checkSparse(spec.sparse) }),
      ...(this.#remote.blobless ? { blobless: true } : {}),
      ...(this.#remote.depth === undefined ? {} : { depth: this.#remote.depth }),
      complete: false,
    };
    const branch = 'orphan' in start ? start.orphan : start.branch;
    const isPlain = record.sparse === undefined && !this.#remote.blobless;
    const spares = 'orphan' in start || !isPlain ? undefined : this.#spares;
    const shown = await spares?.take(branch ?? '', { tree: path, gitDir }, (folder) => writeRecord(folder, record));
    await initRepository(
      gitDir,
      branch === undefined ? `${'commit' in start ? start.commit : ''}\n` : `ref: refs/heads/${branch}\n`,
      treeConfig(record),
    );
    // From here on the path counts as ours: what an interrupted call leaves there may be replaced.
    await writeRecord(gitDir, record);
    await writeSparsePatterns(gitDir, record);
    await mkdir(path, { recursive: true, mode: 0o700 });
    await writeFile(join(path, '.git'), `gitdir: ${gitDir}\n`, { mode: 0o600 });
    const tree = new RealWorkTree({ ...this.#common(), gitDir, record, author: this.#author });
    const git = (action: string, args: readonly string[], rest: object = {}) =>
      this.#runner.run({
        action: `${action} ${this.#remote.url}`,
        args,
        cwd: path,
        gitDir,
        workTree: path,
        timeout: this.#timeouts.local,
        signal,
        ...(this.#remote.blobless ? { remote: this.#remote } : {}),
        ...rest,
      });
    if ('orphan' in start) {
      await git(
        `create branch ${start.orphan} of`,
        ['commit', '--quiet', '--allow-empty', '--no-verify', '--message=Initial commit'],
        {
          identity: this.#author,
          date: spec.createDate ?? 0,
        },
      );
      if (spec.pushCreated !== false) await tree.push({ branch: start.orphan, signal });
    } else {
      await this.#mirror.fetchContents(start.commit, record.sparse, signal);
      await this.#mirror.share(gitDir);
      await this.#copyTags(gitDir);
      if (record.depth !== undefined) await writeStart(gitDir, start.commit);
      if (branch !== undefined) {
        const file = join(gitDir, 'refs', 'heads', branch);
        await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
        await writeFile(file, `${start.commit}\n`, { mode: 0o600 });
      }
      await this.#show(start.commit, shown, (args) => git(`check out ${branch ?? start.commit} of`, args));
      if (spec.submodules === true && (await isPresent(join(path, '.gitmodules'))))
        await this.#checkOutSubmodules(
          path,
          async (args, input) => (await git('read the submodules of', args, { input })).stdout,
          signal,
        );
    }
    await writeRecord(gitDir, { ...record, complete: true });
    // Nobody waits for it.
    if ('commit' in start) void spares?.replenish(branch ?? '', start.commit, gitDir);
    return tree;
  }

  /** Writes the files of a commit; with `shown`, where those of another one lie as they were written. */
  async #show(commit: string, shown: string | undefined, git: (args: readonly string[]) => Promise<unknown>): Promise<void> {
    if (shown === commit) return;
    if (shown !== undefined) {
      try {
        // Looks only at the files that differ.
        await git(['read-tree', '-m', '-u', shown, commit]);
        return;
      } catch (error) {
        if (!(error instanceof GitError) || error.code !== 'failed') throw error;
      }
    }
    await git(['reset', '--hard', '--quiet', 'HEAD']);
  }

  /** Each gets a repository of its own from the warm mirror of its remote, as the work tree itself has. */
  async #checkOutSubmodules(
    path: string,
    run: (args: readonly string[], input?: string) => Promise<string>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (this.#depth >= MAX_SUBMODULE_DEPTH)
      throw new GitError(
        'invalid',
        `${this.#remote.url} is a submodule of a submodule and so on, deeper than ${MAX_SUBMODULE_DEPTH}`,
      );
    const staged = await run(['ls-files', '--stage', '-z']);
    const settings = await run(['config', '--file', join(path, '.gitmodules'), '--no-includes', '-z', '--list']);
    const submodules = submodulesOf(staged, settings, this.#remote);
    for (const submodule of submodules) {
      const remote = cleanRemote(submoduleRemote(submodule, this.#remote));
      const mirror = await this.#mirrorOf(remote);
      const clone = new RealClone({
        ...this.#common(),
        mirrorOf: this.#mirrorOf,
        mirror,
        refs: { branches: new Map(), tags: new Map(), tagObjects: new Map() },
        remote,
        home: this.#home,
        author: this.#author,
        depth: this.#depth + 1,
      });
      const spec = { path: join(path, submodule.path), ref: { commit: submodule.commit }, submodules: true };
      await clone.addWorkTree(spec, { signal });
    }
    // Git would otherwise run itself in each of them, by settings that lie in the reach of later steps, to see whether it has changed.
    const paths = submodules.map((submodule) => `${submodule.path}\0`).join('');
    if (paths !== '') await run(['update-index', '--assume-unchanged', '-z', '--stdin'], paths);
  }

  /** So that a work tree knows which tags there are. */
  async #copyTags(gitDir: string): Promise<void> {
    const { tagObjects } = this.#refs;
    if (tagObjects.size === 0) return;
    const lines = [...tagObjects].map(([name, id]) => `${id} refs/tags/${name}\n`);
    await writeFile(join(gitDir, 'packed-refs'), lines.join(''), { mode: 0o600 });
  }

  /** Removes what an earlier call made at `path`; refuses to touch anything else. */
  async #makeRoom(path: string, gitDir: string): Promise<void> {
    const ours = (await readRecord(gitDir)) !== undefined;
    if (await isPresent(path)) {
      const content = await readdir(path);
      if (!ours && content.length > 0) {
        throw new GitError(
          'invalid',
          `cannot check out ${this.#remote.url}: the folder for it is not empty; choose another path or empty it`,
        );
      }
      for (const name of content) await rm(join(path, name), { recursive: true, force: true });
    }
    await rm(gitDir, { recursive: true, force: true });
  }

  #common() {
    return {
      runner: this.#runner,
      remote: this.#remote,
      timeouts: this.#timeouts,
      pushes: this.#pushes,
      landings: this.#landings,
    };
  }
}
