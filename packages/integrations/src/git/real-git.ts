import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Clock } from '@kargo/kube';
import { KeyedMutex } from '../concurrency/mutex.ts';
import type { Http } from '../http/port.ts';
import { realHttp } from '../http/real-http.ts';
import { systemCode } from '../port-error.ts';
import type { Processes } from '../process/port.ts';
import { GitError } from './git-error.ts';
import { GitRunner } from './git-runner.ts';
import { Landings, type LandingParts } from './landing.ts';
import type { HostKeyPolicy, HostKeys } from './host-keys.ts';
import { HistoryBudget } from './history-budget.ts';
import { Mirror } from './mirror.ts';
import { DEFAULT_UPKEEP, RECENT, removeOldMirrors, type MirrorUpkeep } from './mirror-upkeep.ts';
import type { GitRehearsal, GitRehearsals } from '../rehearsal/port.ts';
import { realRehearsal, type RehearsalMode } from '../rehearsal/real-rehearsal.ts';
import { rehearsalOn } from '../rehearsal/rehearsal.ts';
import { CHANGED_PATHS_ARGS, parseChangedPaths } from './history.ts';
import type { CloneSource } from './clone-source.ts';
import type {
  CloneOptions,
  Git,
  GitIdentity,
  GitRemote,
  HistoryCommit,
  HistoryOptions,
  RemoteRefs,
  TagInfo,
  WorkTree,
} from './port.ts';
import { RealClone } from './real-clone.ts';
import { checkBranch, RealWorkTree } from './real-work-tree.ts';
import { cleanRemote } from './remote-url.ts';
import type { CleanRemote } from './remote-url.ts';
import { initRepository, isPresent, removeStaleLocks } from './repository-files.ts';
import { resolveRevision } from './resolve-revision.ts';
import { ShallowMirror } from './shallow-mirror.ts';
import { DEFAULT_SPARES, SpareBudget, type SpareLimits } from './spare-budget.ts';
import { SpareTrees, type CheckOut } from './spare-trees.ts';
import { DEFAULT_TIMEOUTS } from './timeouts.ts';
import type { GitTimeouts } from './timeouts.ts';
import { readRecord, restoreSettings, treeConfig, treeGitDir } from './tree-record.ts';

/** How often old mirrors are looked for. Milliseconds. */
const UPKEEP_INTERVAL = 3600 * 1000;

/** Bytes that what is kept of histories may take in memory. */
const HISTORY_BYTES = 64 * 1024 * 1024;

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Where a branch (default: that of the remote) is now. */
async function headOf(mirror: Mirror, branch: string | undefined, signal?: AbortSignal): Promise<string | undefined> {
  const refs = await mirror.refresh(signal);
  return branch === undefined ? (await mirror.remoteRefs(signal)).head : refs.branches.get(branch);
}

/** Commits whose paths are asked for in one command. */
const PATHS_AT_ONCE = 200;

/** A folder that is in no repository. */
const NO_FOLDER = '.kargo-has-no-such-folder';

/** What {@link realGit} stands on. */
export interface RealGitOptions {
  processes: Processes;
  clock: Clock;
  /** Folder of the warm mirrors, owned by one process at a time. On the file system of the workspaces, checking out is cheapest. */
  directory: string;
  /** The git program. Default: `git` on `path`. */
  program?: string | undefined;
  /** Where programs are looked for. Default: the usual system folders. */
  path?: string | undefined;
  /** Further environment of git: `http_proxy`, `https_proxy`, `no_proxy`. */
  environment?: Readonly<Record<string, string>> | undefined;
  /** Over which small changes are fetched from servers that speak git's protocol in its second version. Default: one of its own. */
  http?: Http | undefined;
  timeouts?: Partial<GitTimeouts> | undefined;
  mirrors?: Partial<MirrorUpkeep> | undefined;
  spares?: Partial<SpareLimits> | undefined;
  /** How hosts over SSH are recognised. Default: by the keys they had when they were first seen, which are kept in `directory`. */
  hostKeys?: { policy?: HostKeyPolicy | undefined; knownHostsFile?: string | undefined } | undefined;
}

/** Git through the git program (2.36 or newer), with warm mirrors. All failures are `GitError`s. */
export function realGit(options: RealGitOptions): Git & GitRehearsals {
  return new RealGit(options);
}

class RealGit implements Git, GitRehearsals {
  readonly #options: RealGitOptions;
  readonly #rehearsal: RehearsalMode | undefined;
  readonly #hostKeys: HostKeys;
  readonly #runner: GitRunner;
  readonly #clock: Clock;
  readonly #http: Http;
  readonly #directory: string;
  readonly #timeouts: GitTimeouts;
  readonly #pushes = new KeyedMutex();
  readonly #landings: Landings;
  readonly #mirrors = new Map<string, Mirror>();
  readonly #shallowMirrors = new Map<string, ShallowMirror>();
  readonly #histories = new HistoryBudget(HISTORY_BYTES);
  readonly #spares = new Map<string, SpareTrees>();
  readonly #spareBudget: SpareBudget;
  /** When mirrors were last asked for. */
  readonly #usedAt = new Map<string, number>();
  #key: Promise<Buffer> | undefined;
  /** When old mirrors were looked for. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: RealGitOptions, rehearsal?: RehearsalMode, hostKeys?: HostKeys) {
    this.#options = options;
    this.#rehearsal = rehearsal;
    this.#directory = resolve(options.directory);
    this.#clock = options.clock;
    this.#http = options.http ?? realHttp({ environment: options.environment });
    this.#spareBudget = new SpareBudget({ ...DEFAULT_SPARES, ...options.spares });
    this.#timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    this.#hostKeys = hostKeys ?? {
      policy: options.hostKeys?.policy ?? 'TrustOnFirstUse',
      knownHostsFile: options.hostKeys?.knownHostsFile,
      learnedFile: join(this.#directory, 'private', 'known_hosts'),
    };
    this.#runner = new GitRunner({
      hostKeys: this.#hostKeys,
      processes: options.processes,
      directory: join(this.#directory, 'private'),
      program: options.program,
      path: options.path,
      environment: options.environment,
      overrides: rehearsal === undefined ? undefined : () => rehearsal.environment(),
    });
    this.#landings = new Landings({
      clock: options.clock,
      directory: join(this.#directory, 'private', 'landing'),
      mirror: (remote) => this.#mirror(remote),
      scratch: (parts) => this.#scratch(parts),
    });
  }

  /** A work tree that holds no files but those in the root, for replaying commits. */
  async #scratch({ remote, mirror, home, path, commit }: Parameters<LandingParts['scratch']>[0]): Promise<RealWorkTree> {
    const refs = { branches: new Map(), tags: new Map(), tagObjects: new Map() };
    const clone = new RealClone({
      ...this.#common(),
      mirrorOf: (one) => this.#mirror(one),
      mirror,
      refs,
      remote,
      home,
      author: { name: 'Kargo', email: '' },
    });
    return clone.addWorkTree({ path, ref: { commit }, sparse: [NO_FOLDER] });
  }

  rehearse({ directory }: { directory: string }): GitRehearsal {
    const backend = realRehearsal({
      directory,
      runner: this.#runner,
      timeouts: this.#timeouts,
      mirror: (remote) => this.#mirror(remote),
      spares: (mirror, remote) => this.#sparesOf(mirror, remote),
      git: (mode, folder) => new RealGit({ ...this.#options, http: this.#http, directory: folder }, mode, this.#hostKeys),
    });
    return rehearsalOn(backend);
  }

  async remoteRefs(remote: GitRemote, options: { signal?: AbortSignal | undefined } = {}) {
    const { defaultBranch, branches, tags } = await (await this.#mirror(cleanRemote(remote))).remoteRefs(options.signal);
    return { defaultBranch, branches, tags };
  }

  async commits(remote: GitRemote, { branch, head, limit, paths = false, signal }: HistoryOptions): Promise<HistoryCommit[]> {
    const clean = cleanRemote(remote);
    const mirror = await this.#mirror(clean);
    if (branch !== undefined) checkBranch(branch);
    if (head !== undefined && !COMMIT.test(head))
      throw new GitError('invalid', `${JSON.stringify(head)} is no commit of ${clean.url}`);
    const from = head ?? (await headOf(mirror, branch, signal));
    const isThere = from !== undefined && (mirror.history.knows(from) || (await mirror.ensureCommit(from, signal)));
    if (!isThere) {
      const what = head !== undefined ? `commit ${head}` : branch === undefined ? 'default branch' : `branch ${branch}`;
      throw new GitError('notFound', `${clean.url} has no ${what}`);
    }
    return mirror.history.from(from, { limit, paths, signal });
  }

  async describe(remote: GitRemote, revision: string, options: { signal?: AbortSignal | undefined } = {}) {
    const clean = cleanRemote(remote);
    const mirror = await this.#mirror(clean);
    const id = await resolveRevision(mirror, clean, revision, options.signal);
    const args = ['log', '-1', '--no-show-signature', '--format=%T%n%B', id];
    const { stdout } = await mirror.read('read a commit', args, { signal: options.signal });
    const end = stdout.indexOf('\n');
    return { id, tree: stdout.slice(0, end), message: stdout.slice(end + 1).replace(/\n$/, '') };
  }

  async tags(
    remote: GitRemote,
    { refs, signal }: { refs?: Pick<RemoteRefs, 'tags'> | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<readonly TagInfo[]> {
    return (await this.#mirror(cleanRemote(remote))).tags(refs?.tags, signal);
  }

  async changedPaths(
    remote: GitRemote,
    commits: readonly string[],
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const out = new Map<string, readonly string[]>();
    const mirror = await this.#mirror(cleanRemote(remote));
    for (let at = 0; at < commits.length; at += PATHS_AT_ONCE) {
      const input = commits.slice(at, at + PATHS_AT_ONCE).join('\n');
      const result = await mirror.read('read the changed paths', CHANGED_PATHS_ARGS, {
        input: `${input}\n`,
        signal: options.signal,
      });
      for (const [commit, paths] of parseChangedPaths(result.stdout)) out.set(commit, paths);
    }
    return out;
  }

  async differingPaths(
    remote: GitRemote,
    { from, to }: { from: string; to: string },
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<readonly string[] | undefined> {
    const mirror = await this.#mirror(cleanRemote(remote));
    for (const commit of [from, to]) if (!COMMIT.test(commit) || !(await mirror.ensureCommit(commit, signal))) return undefined;
    const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--no-ext-diff', from, to];
    const { stdout } = await mirror.read('compare two commits', args, { signal });
    return stdout.split('\0').filter((path) => path !== '');
  }

  async clone(options: CloneOptions): Promise<RealClone> {
    const remote = cleanRemote(options.remote);
    const mirror = await this.#source(remote);
    const refs = await mirror.refresh(options.signal);
    await mkdir(options.home, { recursive: true, mode: 0o700 });
    return new RealClone({
      ...this.#common(),
      mirrorOf: (one) => this.#source(one),
      spares: remote.blobless ? undefined : this.#sparesOf(mirror, remote),
      mirror,
      refs,
      remote,
      home: options.home,
      author: options.author,
    });
  }

  async open(
    path: string,
    options: { remote?: GitRemote | undefined; home: string; author?: GitIdentity | undefined },
  ): Promise<WorkTree> {
    const gitDir = treeGitDir(options.home, path);
    const record = await readRecord(gitDir);
    if (record?.complete !== true || !(await isPresent(path))) {
      throw new GitError('notFound', 'there is no work tree in this folder; clone the repository into it first');
    }
    await removeStaleLocks(gitDir);
    await restoreSettings(gitDir, record);
    const given = options.remote === undefined ? undefined : cleanRemote(options.remote);
    if (given !== undefined && given.url !== record.remoteURL) {
      // Otherwise whoever can change the record could have the credentials sent anywhere.
      throw new GitError('invalid', `the work tree was cloned from ${record.remoteURL}, not from ${given.url}; clone it again`);
    }
    const remote: CleanRemote = {
      ...(given ?? cleanRemote({ url: record.remoteURL })),
      insecureSkipTLSVerify: record.insecureSkipTLSVerify || given?.insecureSkipTLSVerify === true,
      blobless: record.blobless === true,
      depth: record.depth,
    };
    const tree = new RealWorkTree({
      ...this.#common(),
      gitDir,
      record: { ...record, path: resolve(path) },
      remote,
      author: options.author ?? record.author,
    });
    await tree.abandonIntegration();
    return tree;
  }

  async resolve(remote: GitRemote, revision: string, options: { signal?: AbortSignal | undefined } = {}): Promise<string> {
    const clean = cleanRemote(remote);
    return resolveRevision(await this.#mirror(clean), clean, revision, options.signal);
  }

  async export(
    remote: GitRemote,
    commit: string,
    directory: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const clean = cleanRemote(remote);
    const mirror = await this.#mirror(clean);
    const id = await resolveRevision(mirror, clean, commit, options.signal);
    await mirror.fetchContents(id, undefined, options.signal);
    const target = resolve(directory);
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true, mode: 0o700 });
    const index = join(this.#directory, 'private', `index-${randomUUID()}`);
    try {
      await this.#runner.run({
        action: `write the files of ${id} of ${clean.url}`,
        args: ['read-tree', '--reset', '-u', id],
        cwd: target,
        gitDir: mirror.gitDir,
        workTree: target,
        env: { GIT_INDEX_FILE: index },
        timeout: this.#timeouts.local,
        signal: options.signal,
      });
    } finally {
      await rm(index, { force: true });
    }
  }

  async #mirror(remote: CleanRemote): Promise<Mirror> {
    const whole = { ...remote, depth: undefined };
    const id = await this.#mirrorName(whole);
    const known = this.#mirrors.get(id);
    if (known !== undefined) {
      known.renew(whole);
      return known;
    }
    const mirror = new Mirror({
      runner: this.#runner,
      folder: join(this.#directory, 'mirrors', id),
      remote: whole,
      timeouts: this.#timeouts,
      clock: this.#clock,
      histories: this.#histories,
      http: this.#rehearsal === undefined ? this.#http : undefined,
      seed: remote.blobless ? undefined : this.#rehearsal?.seed(whole),
    });
    this.#mirrors.set(id, mirror);
    return mirror;
  }

  /** What clones are made from. */
  async #source(remote: CleanRemote): Promise<CloneSource> {
    const { depth } = remote;
    if (depth === undefined) return this.#mirror(remote);
    const id = await this.#mirrorName(remote);
    const known = this.#shallowMirrors.get(id);
    if (known !== undefined) {
      known.renew(remote);
      return known;
    }
    const mirror = new ShallowMirror({
      runner: this.#runner,
      folder: join(this.#directory, 'mirrors', id),
      remote,
      depth,
      timeouts: this.#timeouts,
      clock: this.#clock,
      // The whole mirror only lists here, which costs nothing of the history.
      listRemote: async (signal) => (await this.#mirror({ ...remote, blobless: false })).remoteRefs(signal),
    });
    this.#shallowMirrors.set(id, mirror);
    return mirror;
  }

  /** Mirrors are told apart by credentials too: nobody sees through a mirror what his own credentials do not show. */
  async #mirrorName(remote: CleanRemote): Promise<string> {
    await this.#rehearsal?.prepare({ ...remote, depth: undefined });
    const { username, password, sshPrivateKey, identity, knownHosts } = remote.credentials;
    const key = await (this.#key ??= this.#openDirectory());
    const id = createHmac('sha256', key)
      .update(
        JSON.stringify([
          remote.url,
          ...(identity === undefined ? [username ?? '', password ?? '', sshPrivateKey ?? ''] : [{ identity }]),
          remote.insecureSkipTLSVerify,
          ...(remote.blobless ? ['blobless'] : []),
          // Nor through one that was fetched from a host which his own rules do not let pass.
          ...(knownHosts === undefined ? [] : [{ knownHosts }]),
          ...(remote.depth === undefined ? [] : [{ depth: remote.depth }]),
        ]),
      )
      .digest('hex')
      .slice(0, 32);
    this.#usedAt.set(id, this.#clock.now());
    if (this.#clock.now() - this.#lookedAt > UPKEEP_INTERVAL) await this.#removeOldMirrors();
    return id;
  }

  async #removeOldMirrors(): Promise<void> {
    this.#lookedAt = this.#clock.now();
    const upkeep = { ...DEFAULT_UPKEEP, ...this.#options.mirrors };
    const isInUse = (name: string): boolean => (this.#usedAt.get(name) ?? Number.NEGATIVE_INFINITY) > this.#clock.now() - RECENT;
    const removed = await removeOldMirrors(join(this.#directory, 'mirrors'), upkeep, this.#lookedAt, isInUse);
    // Mirrors of remotes that were never fetched have no folder, and would be kept in memory for ever.
    const unused = [...this.#usedAt].flatMap(([name, usedAt]) => (usedAt < this.#lookedAt - upkeep.lifetime ? [name] : []));
    for (const name of new Set([...removed, ...unused])) {
      this.#mirrors.delete(name);
      this.#shallowMirrors.delete(name);
      this.#spares.get(name)?.clear();
      this.#spares.delete(name);
      this.#usedAt.delete(name);
      await rm(join(this.#directory, 'spare', name), { recursive: true, force: true });
    }
  }

  /** Removes old mirrors and returns the key under which credentials are hashed into folder names. */
  async #openDirectory(): Promise<Buffer> {
    const mirrors = join(this.#directory, 'mirrors');
    await mkdir(mirrors, { recursive: true, mode: 0o700 });
    await rm(join(this.#directory, 'spare'), { recursive: true, force: true });
    await this.#removeOldMirrors();
    const file = join(this.#directory, 'private', 'key');
    await mkdir(join(this.#directory, 'private'), { recursive: true, mode: 0o700 });
    try {
      await writeFile(file, randomBytes(32), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    return readFile(file);
  }

  /** Those of the mirror itself; a rehearsal takes from what is ready for promotions. */
  #sparesOf(mirror: Pick<CloneSource, 'gitDir' | 'share'>, remote: CleanRemote): SpareTrees | undefined {
    if (this.#rehearsal !== undefined) return this.#rehearsal.spares(remote);
    const name = basename(dirname(mirror.gitDir));
    const directory = join(this.#directory, 'spare', name);
    const checkOut: CheckOut = async ({ tree, gitDir }, commit) => {
      await initRepository(gitDir, `${commit}\n`, treeConfig({ remoteURL: remote.url }));
      await mirror.share(gitDir);
      await mkdir(tree, { recursive: true, mode: 0o700 });
      await this.#runner.run({
        action: `check out ${commit} of ${remote.url}`,
        args: ['reset', '--hard', '--quiet', 'HEAD'],
        cwd: tree,
        gitDir,
        workTree: tree,
        timeout: this.#timeouts.local,
      });
    };
    const spares = this.#spares.get(name) ?? new SpareTrees(directory, this.#clock, checkOut, this.#spareBudget);
    this.#spares.set(name, spares);
    return spares;
  }

  #common() {
    return { runner: this.#runner, timeouts: this.#timeouts, pushes: this.#pushes, landings: this.#landings };
  }
}
