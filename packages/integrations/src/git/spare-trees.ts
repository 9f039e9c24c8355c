import { open, mkdir, rename, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Clock } from '@kargo/kube';
import { isOperational } from '../port-error.ts';
import { sizeOf } from './mirror-upkeep.ts';
import type { SpareBudget } from './spare-budget.ts';

/** Files below which checking out is so fast that nothing has to be kept ready. */
const MIN_FILES = 300;
/** Milliseconds after a check-out in which nobody is disturbed by making the next one ready. */
const QUIET = 500;
/** Branches of one mirror for which a work tree is kept ready. */
const MAX_BRANCHES = 3;

/** A work tree that nobody has used yet: the files, and the repository behind them. */
export interface SpareTree {
  tree: string;
  gitDir: string;
}

/** Checks out a commit with a detached HEAD into two new folders. */
export type CheckOut = (spare: SpareTree, commit: string) => Promise<void>;

interface ReadyTree extends SpareTree {
  commit: string;
}

/**
 * Work trees of large branches that are kept ready, one for each branch: whoever checks one out takes it over by renaming it, and only what
 * has changed since has to be written. Another one is made in the background. Nobody has written to a spare tree before it is taken.
 * Of too many, those go whose branch was checked out longest ago.
 */
export class SpareTrees {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #checkOut: CheckOut;
  readonly #budget: SpareBudget;
  readonly #ready = new Map<string, ReadyTree>();
  readonly #making = new Set<string>();

  /** `directory` is on the file system of the work trees, or nothing is gained. */
  constructor(directory: string, clock: Clock, checkOut: CheckOut, budget: SpareBudget) {
    this.#directory = directory;
    this.#clock = clock;
    this.#checkOut = checkOut;
    this.#budget = budget;
  }

  /**
   * Moves the spare tree of a branch to where it is wanted, after `prepare` has had its way with the folder of its repository. Returns the
   * commit that it shows; undefined if there is none, or it cannot be moved.
   */
  async take(branch: string, wanted: SpareTree, prepare: (gitDir: string) => Promise<void>): Promise<string | undefined> {
    const spare = this.#ready.get(branch);
    if (spare === undefined) return undefined;
    this.#ready.delete(branch);
    this.#budget.release(spare);
    try {
      await prepare(spare.gitDir);
      await rm(wanted.tree, { recursive: true, force: true });
      await mkdir(dirname(wanted.tree), { recursive: true, mode: 0o700 });
      await mkdir(dirname(wanted.gitDir), { recursive: true, mode: 0o700 });
      await rename(spare.gitDir, wanted.gitDir);
      await rename(spare.tree, wanted.tree);
      await rm(dirname(spare.tree), { recursive: true, force: true });
      return spare.commit;
    } catch (error) {
      if (!isOperational(error)) throw error;
      for (const path of [dirname(spare.tree), wanted.tree, wanted.gitDir]) await rm(path, { recursive: true, force: true });
      return undefined;
    }
  }

  /**
   * Has a spare tree made of a branch, if it is worth it, some time later, and resolves then. Never fails: without one, checking out takes
   * longer.
   */
  async replenish(branch: string, commit: string, gitDir: string): Promise<void> {
    if (this.#ready.has(branch) || this.#making.has(branch)) return;
    if (this.#making.size >= MAX_BRANCHES) return;
    if (this.#ready.size + this.#making.size >= MAX_BRANCHES) {
      // In the order in which they were checked out.
      const [oldest] = this.#ready.keys();
      if (oldest !== undefined) this.#drop(oldest);
    }
    this.#making.add(branch);
    await this.#make(branch, commit, gitDir).finally(() => this.#making.delete(branch));
  }

  /** Keeps none any longer. */
  clear(): void {
    for (const branch of this.#ready.keys()) this.#drop(branch);
  }

  #drop(branch: string): void {
    const spare = this.#ready.get(branch);
    if (spare === undefined) return;
    this.#ready.delete(branch);
    this.#budget.release(spare);
    // What is left behind by a failure goes when the process is started again.
    void rm(dirname(spare.tree), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }

  async #make(branch: string, commit: string, gitDir: string): Promise<void> {
    const folder = join(this.#directory, randomUUID());
    const spare = { tree: join(folder, 'tree'), gitDir: join(folder, 'repo.git') };
    try {
      if ((await fileCount(gitDir)) < MIN_FILES) return;
      await this.#clock.sleep(QUIET);
      await this.#checkOut(spare, commit);
      const ready = { ...spare, commit };
      if (!this.#budget.admit(ready, await sizeOf(spare.tree), () => this.#drop(branch))) throw new Error('too large to be kept');
      this.#ready.set(branch, ready);
    } catch {
      // It is too large, or a fetch or a removal came in between; the next check-out tries again.
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/** Files of an index, from its head. */
async function fileCount(gitDir: string): Promise<number> {
  const file = await open(join(gitDir, 'index'));
  try {
    const head = Buffer.alloc(12);
    const { bytesRead } = await file.read(head, 0, 12, 0);
    return bytesRead === 12 ? head.readUInt32BE(8) : 0;
  } finally {
    await file.close();
  }
}
