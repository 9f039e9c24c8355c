import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from '@kargo/kube';
import { KeyedMutex } from '../concurrency/mutex.ts';
import type { Http } from '../http/port.ts';
import { realHttp } from '../http/real-http.ts';
import type { Processes } from '../process/port.ts';
import { GitError } from './git-error.ts';
import { GitRunner } from './git-runner.ts';
import { Landings, type LandingParts } from './landing.ts';
import type { HostKeyPolicy, HostKeys } from './host-keys.ts';
import type { Mirror } from './mirror.ts';
import { MirrorStore } from './mirror-store.ts';
import { DEFAULT_UPKEEP, type MirrorUpkeep } from './mirror-upkeep.ts';
import type { GitRehearsal, GitRehearsals } from '../rehearsal/port.ts';
import { realRehearsal, type RehearsalMode } from '../rehearsal/real-rehearsal.ts';
import { rehearsalOn } from '../rehearsal/rehearsal.ts';
import { CHANGED_PATHS_ARGS, parseChangedPaths } from './history.ts';
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
import { isPresent, removeStaleLocks } from './repository-files.ts';
import { resolveRevision } from './resolve-revision.ts';
import { DEFAULT_SPARES, type SpareLimits } from './spare-budget.ts';
import { DEFAULT_TIMEOUTS } from './timeouts.ts';
import type { GitTimeouts } from './timeouts.ts';
import { readRecord, restoreSettings, treeGitDir } from './tree-record.ts';

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
  readonly #hostKeys: HostKeys;
  readonly #runner: GitRunner;
  readonly #http: Http;
  readonly #directory: string;
  readonly #timeouts: GitTimeouts;
  readonly #pushes = new KeyedMutex();
  readonly #landings: Landings;
  readonly #mirrors: MirrorStore;

  constructor(options: RealGitOptions, rehearsal?: RehearsalMode, hostKeys?: HostKeys) {
    this.#options = options;
    this.#directory = resolve(options.directory);
    this.#http = options.http ?? realHttp({ environment: options.environment });
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
    this.#mirrors = new MirrorStore({
      runner: this.#runner,
      directory: this.#directory,
      timeouts: this.#timeouts,
      clock: options.clock,
      http: this.#http,
      rehearsal,
      upkeep: { ...DEFAULT_UPKEEP, ...options.mirrors },
      spares: { ...DEFAULT_SPARES, ...options.spares },
    });
    this.#landings = new Landings({
      clock: options.clock,
      directory: join(this.#directory, 'private', 'landing'),
      mirror: (remote) => this.#mirrors.whole(remote),
      scratch: (parts) => this.#scratch(parts),
    });
  }

  /** A work tree that holds no files but those in the root, for replaying commits. */
  async #scratch({ remote, mirror, home, path, commit }: Parameters<LandingParts['scratch']>[0]): Promise<RealWorkTree> {
    const refs = { branches: new Map(), tags: new Map(), tagObjects: new Map() };
    const clone = new RealClone({
      ...this.#common(),
      mirrorOf: (one) => this.#mirrors.whole(one),
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
      mirror: (remote) => this.#mirrors.whole(remote),
      spares: (mirror, remote) => this.#mirrors.spares(mirror, remote),
      git: (mode, folder) => new RealGit({ ...this.#options, http: this.#http, directory: folder }, mode, this.#hostKeys),
    });
    return rehearsalOn(backend);
  }

  async remoteRefs(remote: GitRemote, options: { signal?: AbortSignal | undefined } = {}) {
    const { defaultBranch, branches, tags } = await (await this.#mirrors.whole(cleanRemote(remote))).remoteRefs(options.signal);
    return { defaultBranch, branches, tags };
  }

  async commits(remote: GitRemote, { branch, head, limit, paths = false, signal }: HistoryOptions): Promise<HistoryCommit[]> {
    const clean = cleanRemote(remote);
    const mirror = await this.#mirrors.whole(clean);
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
    const mirror = await this.#mirrors.whole(clean);
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
    return (await this.#mirrors.whole(cleanRemote(remote))).tags(refs?.tags, signal);
  }

  async changedPaths(
    remote: GitRemote,
    commits: readonly string[],
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const out = new Map<string, readonly string[]>();
    const mirror = await this.#mirrors.whole(cleanRemote(remote));
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
    const mirror = await this.#mirrors.whole(cleanRemote(remote));
    for (const commit of [from, to]) if (!COMMIT.test(commit) || !(await mirror.ensureCommit(commit, signal))) return undefined;
    const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--no-ext-diff', from, to];
    const { stdout } = await mirror.read('compare two commits', args, { signal });
    return stdout.split('\0').filter((path) => path !== '');
  }

  async clone(options: CloneOptions): Promise<RealClone> {
    const remote = cleanRemote(options.remote);
    const mirror = await this.#mirrors.source(remote);
    const refs = await mirror.refresh(options.signal);
    await mkdir(options.home, { recursive: true, mode: 0o700 });
    return new RealClone({
      ...this.#common(),
      mirrorOf: (one) => this.#mirrors.source(one),
      spares: remote.blobless ? undefined : this.#mirrors.spares(mirror, remote),
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
    return resolveRevision(await this.#mirrors.whole(clean), clean, revision, options.signal);
  }

  async export(
    remote: GitRemote,
    commit: string,
    directory: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const clean = cleanRemote(remote);
    const mirror = await this.#mirrors.whole(clean);
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

  #common() {
    return { runner: this.#runner, timeouts: this.#timeouts, pushes: this.#pushes, landings: this.#landings };
  }
}
