import type { HistoryBudget } from './history-budget.ts';
import { HISTORY_ARGS, parseHistory } from './history.ts';
import type { HistoryCommit } from './port.ts';

/** Commits read in the first command, and in the largest one. */
const FIRST = 16;
const MOST = 4096;
/** Commits handed out before others get a turn. */
const AT_ONCE = 1000;

/**
 * First-parent history, of which every commit is read once, however many look at it: what a commit says never changes. What is kept counts
 * against a budget that all repositories share.
 */
export class CommitHistory {
  readonly #read: (args: readonly string[], signal: AbortSignal | undefined) => Promise<string>;
  readonly #budget: HistoryBudget;
  readonly #entries = new Map<string, HistoryCommit>();
  readonly #reading = new Map<string, Promise<ReadonlyMap<string, HistoryCommit>>>();

  constructor(read: (args: readonly string[], signal: AbortSignal | undefined) => Promise<string>, budget: HistoryBudget) {
    this.#read = read;
    this.#budget = budget;
  }

  /** Whether a commit was read. */
  knows(id: string): boolean {
    return this.#entries.has(id);
  }

  /** At most `limit` commits from `head` on, newest first; with `paths` each tells those it changed. */
  async from(
    head: string,
    { limit, paths, signal }: { limit: number; paths: boolean; signal?: AbortSignal | undefined },
  ): Promise<HistoryCommit[]> {
    this.#budget.use(this);
    const found: HistoryCommit[] = [];
    let fresh: ReadonlyMap<string, HistoryCommit> = new Map();
    let count = Math.min(FIRST, limit);
    for (let id: string | undefined = head; id !== undefined && found.length < limit;) {
      const commit: HistoryCommit | undefined = this.#known(id, paths) ?? fresh.get(id);
      if (commit !== undefined) {
        found.push(commit);
        id = commit.parent;
        if (found.length % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      signal?.throwIfAborted();
      fresh = await this.#readFrom(id, { paths, count: Math.min(count, limit - found.length), signal });
      count = Math.min(count * 4, MOST);
      if (!fresh.has(id)) break;
    }
    return found;
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
  }

  #known(id: string, paths: boolean): HistoryCommit | undefined {
    const commit = this.#entries.get(id);
    return commit !== undefined && (!paths || commit.paths !== undefined) ? commit : undefined;
  }

  async #readFrom(
    id: string,
    { paths, count, signal }: { paths: boolean; count: number; signal: AbortSignal | undefined },
  ): Promise<ReadonlyMap<string, HistoryCommit>> {
    const key = `${id} ${String(paths)}`;
    const running = this.#reading.get(key);
    if (running !== undefined) {
      try {
        return await running;
      } catch (error) {
        // Whoever began it may have gone away; that says nothing about this call.
        if (signal?.aborted === true) throw error;
        return this.#readFrom(id, { paths, count, signal });
      }
    }
    const reading = this.#load(id, { paths, count, signal });
    this.#reading.set(key, reading);
    try {
      return await reading;
    } finally {
      this.#reading.delete(key);
    }
  }

  async #load(
    id: string,
    { paths, count, signal }: { paths: boolean; count: number; signal: AbortSignal | undefined },
  ): Promise<ReadonlyMap<string, HistoryCommit>> {
    const output = await this.#read(
      [...HISTORY_ARGS, ...(paths ? ['--name-only'] : []), `--max-count=${count}`, id, '--'],
      signal,
    );
    const fresh = new Map<string, HistoryCommit>();
    for (const commit of parseHistory(output, paths)) {
      fresh.set(commit.id, commit);
      const before = this.#entries.get(commit.id);
      if (before?.paths !== undefined) continue;
      if (this.#budget.take(this, sizeOf(commit) - (before === undefined ? 0 : sizeOf(before))))
        this.#entries.set(commit.id, commit);
    }
    return fresh;
  }
}

/** Bytes that a commit takes in memory, roughly. */
function sizeOf({ subject, author, committer, paths = [] }: HistoryCommit): number {
  return (
    600 + 2 * (subject.length + author.length + committer.length) + paths.reduce((sum, path) => sum + 2 * path.length + 40, 0)
  );
}
