import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '@kargo/kube';
import type { Http } from '../http/port.ts';
import { systemCode } from '../port-error.ts';
import type { RehearsalMode } from '../rehearsal/real-rehearsal.ts';
import type { CloneSource } from './clone-source.ts';
import type { GitRunner } from './git-runner.ts';
import { HistoryBudget } from './history-budget.ts';
import { Mirror } from './mirror.ts';
import { RECENT, removeOldMirrors, type MirrorUpkeep } from './mirror-upkeep.ts';
import type { CleanRemote } from './remote-url.ts';
import { initRepository } from './repository-files.ts';
import { ShallowMirror } from './shallow-mirror.ts';
import { SpareBudget, type SpareLimits } from './spare-budget.ts';
import { SpareTrees, type CheckOut } from './spare-trees.ts';
import type { GitTimeouts } from './timeouts.ts';
import { treeConfig } from './tree-record.ts';

/** How often old mirrors are looked for. Milliseconds. */
const UPKEEP_INTERVAL = 3600 * 1000;

/** Bytes that what is kept of histories may take in memory. */
const HISTORY_BYTES = 64 * 1024 * 1024;

/** What a {@link MirrorStore} stands on. */
export interface MirrorStoreParts {
  runner: GitRunner;
  /**
   * Absolute. Mirrors lie in `mirrors`, work trees that are kept ready in `spare`, what is being deleted
   * in `gone`, and the key to their names in `private`.
   */
  directory: string;
  timeouts: GitTimeouts;
  clock: Clock;
  http: Http;
  rehearsal: RehearsalMode | undefined;
  upkeep: MirrorUpkeep;
  spares: SpareLimits;
}

/** The warm mirrors of one directory, one for each remote and who sees it, made when they are asked for and removed when they are old. */
export class MirrorStore {
  readonly #parts: MirrorStoreParts;
  readonly #mirrors = new Map<string, Mirror>();
  readonly #shallowMirrors = new Map<string, ShallowMirror>();
  readonly #histories = new HistoryBudget(HISTORY_BYTES);
  readonly #spares = new Map<string, SpareTrees>();
  readonly #spareBudget: SpareBudget;
  /** When mirrors were last asked for. */
  readonly #usedAt = new Map<string, number>();
  /** Mirrors whose folders are being moved out of the way. */
  readonly #leaving = new Map<string, Promise<void>>();
  #key: Promise<Buffer> | undefined;
  /** When old mirrors were looked for. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: MirrorStoreParts) {
    this.#parts = parts;
    this.#spareBudget = new SpareBudget(parts.spares);
  }

  /** The mirror of a remote with its whole history, made if there is none. */
  async whole(remote: CleanRemote): Promise<Mirror> {
    const whole = { ...remote, depth: undefined };
    const id = await this.#mirrorName(whole);
    const known = this.#mirrors.get(id);
    if (known !== undefined) {
      known.renew(whole);
      return known;
    }
    const { runner, timeouts, clock, http, rehearsal } = this.#parts;
    const mirror = new Mirror({
      runner,
      folder: this.#folder('mirrors', id),
      remote: whole,
      timeouts,
      clock,
      histories: this.#histories,
      http: rehearsal === undefined ? http : undefined,
      seed: remote.blobless ? undefined : rehearsal?.seed(whole),
    });
    this.#mirrors.set(id, mirror);
    return mirror;
  }

  /** What clones are made from. */
  async source(remote: CleanRemote): Promise<CloneSource> {
    const { depth } = remote;
    if (depth === undefined) return this.whole(remote);
    const id = await this.#mirrorName(remote);
    const known = this.#shallowMirrors.get(id);
    if (known !== undefined) {
      known.renew(remote);
      return known;
    }
    const { runner, timeouts, clock } = this.#parts;
    const mirror = new ShallowMirror({
      runner,
      folder: this.#folder('mirrors', id),
      remote,
      depth,
      timeouts,
      clock,
      // The whole mirror only lists here, which costs nothing of the history.
      listRemote: async (signal) => (await this.whole({ ...remote, blobless: false })).remoteRefs(signal),
    });
    this.#shallowMirrors.set(id, mirror);
    return mirror;
  }

  /** Mirrors are told apart by credentials too: nobody sees through a mirror what his own credentials do not show. */
  async #mirrorName(remote: CleanRemote): Promise<string> {
    await this.#parts.rehearsal?.prepare({ ...remote, depth: undefined });
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
    this.#usedAt.set(id, this.#parts.clock.now());
    if (this.#parts.clock.now() - this.#lookedAt > UPKEEP_INTERVAL) await this.#removeOldMirrors();
    await this.#leaving.get(id);
    return id;
  }

  async #removeOldMirrors(): Promise<void> {
    const { clock, directory, upkeep } = this.#parts;
    this.#lookedAt = clock.now();
    const isInUse = (name: string): boolean => (this.#usedAt.get(name) ?? Number.NEGATIVE_INFINITY) > clock.now() - RECENT;
    const remove = (name: string): Promise<void> => this.#remove(name);
    await removeOldMirrors(join(directory, 'mirrors'), upkeep, this.#lookedAt, { isInUse, remove });
    // Mirrors of remotes that were never fetched have no folder, and would be kept in memory for ever.
    for (const [name, usedAt] of this.#usedAt) if (usedAt < this.#lookedAt - upkeep.lifetime) await this.#remove(name);
  }

  /** At once nothing here knows the mirror any more; whoever comes back waits until its folder is out of the way, not until it is deleted. */
  async #remove(name: string): Promise<void> {
    this.#mirrors.delete(name);
    this.#shallowMirrors.delete(name);
    this.#spares.get(name)?.clear();
    this.#spares.delete(name);
    this.#usedAt.delete(name);
    const gone = this.#folder('gone', randomUUID());
    const leaving = this.#moveAway(name, gone).finally(() => this.#leaving.delete(name));
    // That it could not be moved is told to whoever has it removed.
    this.#leaving.set(
      name,
      leaving.catch(() => undefined),
    );
    await leaving;
    await rm(gone, { recursive: true, force: true, maxRetries: 3 });
  }

  async #moveAway(name: string, gone: string): Promise<void> {
    await mkdir(gone, { recursive: true, mode: 0o700 });
    for (const kind of ['mirrors', 'spare'] as const) {
      await rename(this.#folder(kind, name), join(gone, kind)).catch((error: unknown) => {
        if (systemCode(error) !== 'ENOENT') throw error;
      });
    }
  }

  #folder(kind: 'mirrors' | 'spare' | 'gone', name: string): string {
    return join(this.#parts.directory, kind, name);
  }

  /** Removes old mirrors and returns the key under which credentials are hashed into folder names. */
  async #openDirectory(): Promise<Buffer> {
    const mirrors = join(this.#parts.directory, 'mirrors');
    await mkdir(mirrors, { recursive: true, mode: 0o700 });
    // Of processes before this one.
    for (const kind of ['spare', 'gone']) await rm(join(this.#parts.directory, kind), { recursive: true, force: true });
    await this.#removeOldMirrors();
    const file = join(this.#parts.directory, 'private', 'key');
    await mkdir(join(this.#parts.directory, 'private'), { recursive: true, mode: 0o700 });
    try {
      await writeFile(file, randomBytes(32), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    return readFile(file);
  }

  /** Those of the mirror itself; a rehearsal takes from what is ready for promotions. */
  spares(mirror: Pick<CloneSource, 'gitDir' | 'share'>, remote: CleanRemote): SpareTrees | undefined {
    if (this.#parts.rehearsal !== undefined) return this.#parts.rehearsal.spares(remote);
    const name = basename(dirname(mirror.gitDir));
    const directory = this.#folder('spare', name);
    const checkOut: CheckOut = async ({ tree, gitDir }, commit) => {
      await initRepository(gitDir, `${commit}\n`, treeConfig({ remoteURL: remote.url }));
      await mirror.share(gitDir);
      await mkdir(tree, { recursive: true, mode: 0o700 });
      await this.#parts.runner.run({
        action: `check out ${commit} of ${remote.url}`,
        args: ['reset', '--hard', '--quiet', 'HEAD'],
        cwd: tree,
        gitDir,
        workTree: tree,
        timeout: this.#parts.timeouts.local,
      });
    };
    const spares = this.#spares.get(name) ?? new SpareTrees(directory, this.#parts.clock, checkOut, this.#spareBudget);
    this.#spares.set(name, spares);
    return spares;
  }
}
