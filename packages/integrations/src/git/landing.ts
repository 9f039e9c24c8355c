import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@kargo/kube';
import { messageOf } from '../port-error.ts';
import { GitError } from './git-error.ts';
import type { Mirror } from './mirror.ts';
import { shareObjects } from './object-sharing.ts';
import type { Landing, LandOptions } from './port.ts';
import type { RealWorkTree } from './real-work-tree.ts';
import type { CleanRemote } from './remote-url.ts';

/** Most work trees whose commits go to a branch with one push. */
const MAX_TOGETHER = 64;
/** A departure this soon after another one waits for others who are about to come. Milliseconds. */
const RECENT_MS = 1000;
/** How long it waits at most. Milliseconds. */
const MAX_GATHERING_MS = 400;
/** How often commits that go together are replayed when the branch keeps moving. */
const ROUNDS = 3;

/** A work tree that wants its commits on a branch. */
interface Passenger {
  tree: RealWorkTree;
  options: LandOptions;
  /** Has to go by itself: its commits conflict with those of others, or may only be pushed as they were planned. */
  alone: boolean;
  settle(outcome: Landing): void;
  fail(error: unknown): void;
}

interface Lane {
  waiting: Passenger[];
  running: boolean;
  /** When the last departure ended, and how long it took. Milliseconds. */
  endedAt: number;
  took: number;
}

/** What {@link Landings} stand on. */
export interface LandingParts {
  clock: Clock;
  /** Private folder for scratch work trees. */
  directory: string;
  mirror(remote: CleanRemote): Promise<Mirror>;
  /** A scratch work tree at a commit, with no files to speak of. `home` and `path` are new folders. */
  scratch(options: { remote: CleanRemote; mirror: Mirror; home: string; path: string; commit: string }): Promise<RealWorkTree>;
}

/**
 * Brings commits of many work trees to branches of remotes. Whoever comes while a push to the same branch is under way waits for its end;
 * then all that wait go together: their commits are replayed one after another on the newest head and pushed at once. Each is told about
 * its own outcome alone, and a work tree whose commits cannot go with the others goes by itself.
 */
export class Landings {
  readonly #parts: LandingParts;
  readonly #lanes = new Map<string, Lane>();
  #cleaned: Promise<void> | undefined;

  constructor(parts: LandingParts) {
    this.#parts = parts;
  }

  /** `key` tells apart what must not be pushed together: the remote, the credentials, and the branch. */
  land(key: string, tree: RealWorkTree, options: LandOptions): Promise<Landing> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const lane = this.#lanes.get(key) ?? { waiting: [], running: false, endedAt: Number.NEGATIVE_INFINITY, took: 0 };
      this.#lanes.set(key, lane);
      const leave = (): void => {
        const place = lane.waiting.indexOf(passenger);
        if (place < 0) return;
        lane.waiting.splice(place, 1);
        passenger.fail(
          new GitError(
            'aborted',
            `could not push to branch ${options.branch} of ${tree.remoteURL}: the operation was cancelled`,
            {
              cause: signal?.reason,
            },
          ),
        );
      };
      const passenger: Passenger = {
        tree,
        options,
        alone: options.trees !== undefined || tree.remote.blobless || tree.remote.depth !== undefined,
        settle: (outcome) => {
          signal?.removeEventListener('abort', leave);
          resolve(outcome);
        },
        fail: (error) => {
          signal?.removeEventListener('abort', leave);
          reject(error as Error);
        },
      };
      lane.waiting.push(passenger);
      if (signal?.aborted === true) leave();
      signal?.addEventListener('abort', leave, { once: true });
      if (!lane.running) void this.#run(key, lane);
    });
  }

  async #run(key: string, lane: Lane): Promise<void> {
    const { clock } = this.#parts;
    lane.running = true;
    while (lane.waiting.length > 0) {
      if (clock.now() - lane.endedAt < RECENT_MS && lane.waiting.length < MAX_TOGETHER)
        await clock.sleep(Math.min(lane.took, MAX_GATHERING_MS));
      const begun = clock.now();
      await this.#depart(lane);
      lane.endedAt = clock.now();
      lane.took = lane.endedAt - begun;
    }
    lane.running = false;
    for (const [known, { running, endedAt }] of this.#lanes)
      if (!running && clock.now() - endedAt > RECENT_MS && known !== key) this.#lanes.delete(known);
  }

  /** Never fails: whoever goes is told. */
  async #depart(lane: Lane): Promise<void> {
    const first = lane.waiting[0];
    if (first === undefined) return;
    const others = first.alone ? [] : lane.waiting.filter(({ alone }) => !alone).slice(0, MAX_TOGETHER);
    const going = others.length > 1 ? others : [first];
    lane.waiting = lane.waiting.filter((passenger) => !going.includes(passenger));
    if (going.length === 1) return this.#alone(first);
    const left = await this.#together(going);
    for (const passenger of left) passenger.alone = true;
    lane.waiting.unshift(...left);
  }

  async #alone({ tree, options, settle, fail }: Passenger): Promise<void> {
    try {
      settle(await tree.landAlone(options));
    } catch (error) {
      fail(error);
    }
  }

  /** Returns those who have to go by themselves. */
  async #together(going: readonly Passenger[]): Promise<Passenger[]> {
    const folder = join(this.#parts.directory, randomUUID());
    try {
      await (this.#cleaned ??= rm(this.#parts.directory, { recursive: true, force: true }));
      for (let round = 1; round <= ROUNDS; round += 1) {
        const left = await this.#try(going, join(folder, String(round)));
        if (left !== 'moved') return left;
      }
      for (const { settle } of going) settle('moved');
      return [];
    } catch (error) {
      // What one of them brought may be what the remote refuses. A remote that does not answer will not answer each of them either.
      if (!(error instanceof GitError) || (error.code !== 'unreachable' && error.code !== 'timeout')) return [...going];
      for (const { fail } of going) fail(new GitError(error.code, messageOf(error), { cause: error }));
      return [];
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  }

  async #try(going: readonly Passenger[], folder: string): Promise<Passenger[] | 'moved'> {
    const [{ tree: some, options }] = going as [Passenger];
    const { branch } = options;
    const { remote } = some;
    const mirror = await this.#parts.mirror(remote);
    const base = (await mirror.refresh()).branches.get(branch);
    // The first one makes the branch.
    if (base === undefined) return [...going];
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const scratch = await this.#parts.scratch({
      remote,
      mirror,
      home: join(folder, 'home'),
      path: join(folder, 'tree'),
      commit: base,
    });
    const landed = new Map<Passenger, string>();
    const left: Passenger[] = [];
    let tip = base;
    for (const passenger of going) {
      const commit = passenger.options.signal?.aborted === true ? undefined : await replayed(scratch, passenger, tip);
      if (commit === undefined) left.push(passenger);
      else {
        landed.set(passenger, commit);
        tip = commit;
      }
    }
    if (tip !== base) {
      try {
        await scratch.pushCommit(tip, branch);
      } catch (error) {
        if (error instanceof GitError && error.code === 'rejected') return 'moved';
        throw error;
      }
    }
    for (const [{ tree, settle, fail }, commit] of landed) {
      try {
        await tree.moveTo(commit, scratch.gitDir);
        settle('landed');
      } catch (error) {
        fail(error);
      }
    }
    return left;
  }
}

/** The head that a work tree's commits come to on top of `tip`; undefined if they cannot go there, or not in this way. */
async function replayed(scratch: RealWorkTree, { tree, options }: Passenger, tip: string): Promise<string | undefined> {
  const head = await tree.head();
  await shareObjects(tree.gitDir, scratch.gitDir);
  const own = scratch.as(tree);
  try {
    const outcome = await own.integrateFrom(head, tip, options);
    return outcome === 'unsafe' ? undefined : await own.head();
  } catch (error) {
    if (error instanceof GitError) return undefined;
    throw error;
  }
}
