import { appendFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock, Log } from '@kargo/kube';
import type { ContainerLogKey, JobLogKey, JobLogOwner, JobLogs, JobLogWriter } from './port.ts';
import { TimestampedLines } from './timestamped-lines.ts';

export interface FileJobLogsOptions {
  directory: string;
  clock: Clock;
  log: Log;
  /** Bytes kept for each container of each attempt. Default 5 MiB. */
  limit?: number | undefined;
}

const DEFAULT_LIMIT = 5 * 1024 * 1024;
const PIECE = 64 * 1024;
/** Pieces that wait for a reader. */
const LONGEST_QUEUE = 1000;
const DROPPED = '… what was said before is no longer kept\n';
const SEGMENT = /^(\d+)\.(.+)\.log$/;

/**
 * Job logs as files: `<namespace>/<owner>/<job>/<attempt>.<container>.log`, and beside it `….log.1` with what came before. A log is cut
 * by starting a new file when the newest holds half of what is kept, so that between half and all of the limit survives.
 */
export function fileJobLogs({ directory, clock, log, limit = DEFAULT_LIMIT }: FileJobLogsOptions): JobLogs {
  const writers = new Map<string, LogWriter>();
  const folderOf = ({ namespace, owner, ...rest }: JobLogOwner & { job?: string }): string =>
    join(directory, ...[namespace, owner, ...('job' in rest && rest.job !== undefined ? [rest.job] : [])].map(safeName));
  const fileOf = (key: ContainerLogKey): string => join(folderOf(key), `${key.attempt}.${safeName(key.container)}.log`);
  return {
    open(key) {
      const file = fileOf(key);
      const writer = new LogWriter({
        file,
        limit,
        now: () => clock.now(),
        onError: (error) => log.warn({ file, error: error.message }, 'output of a Job could not be kept'),
        onClose: () => {
          if (writers.get(file) === writer) writers.delete(file);
        },
      });
      writers.set(file, writer);
      return writer;
    },
    async list(key) {
      const names = await namesIn(folderOf(key));
      return names
        .flatMap((name) => {
          const [, attempt, container] = SEGMENT.exec(name) ?? [];
          return attempt === undefined || container === undefined ? [] : [{ attempt: Number(attempt), container }];
        })
        .toSorted((a, b) => a.attempt - b.attempt || (a.container < b.container ? -1 : 1));
    },
    async *read(key, { follow, signal }) {
      const file = fileOf(key);
      const writer = follow ? writers.get(file) : undefined;
      if (writer === undefined) yield* readFiles(file, signal);
      else yield* writer.follow(signal);
    },
    owners: async (namespace) => (await namesIn(join(directory, safeName(namespace)))).map(decodeURIComponent),
    remove: (key: JobLogOwner | JobLogKey) => rm(folderOf(key), { recursive: true, force: true }),
  };
}

interface LogWriterOptions {
  file: string;
  limit: number;
  now: () => number;
  onError: (error: Error) => void;
  onClose: () => void;
}

/** Writes one log in order. Whoever follows is given each piece after it was written. */
class LogWriter implements JobLogWriter {
  readonly #options: LogWriterOptions;
  readonly #lines: TimestampedLines;
  readonly #followers = new Set<Follower>();
  #pending = '';
  #size = 0;
  #work: Promise<void>;
  #flushing = false;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#lines = new TimestampedLines(options.now);
    this.#work = this.#begin();
  }

  write(text: string): void {
    this.#pending += this.#lines.push(text);
    const { limit } = this.#options;
    // Output that comes faster than the disk takes it must not fill the memory.
    if (this.#pending.length > limit) this.#pending = DROPPED + this.#pending.slice(-limit / 2);
    this.#flush();
  }

  async close(): Promise<void> {
    this.#pending += this.#lines.end();
    this.#flush();
    await this.#work;
    for (const follower of this.#followers) follower.end();
    this.#options.onClose();
  }

  async *follow(signal: AbortSignal): AsyncGenerator<string> {
    const follower = new Follower(signal);
    let earlier: string[] = [];
    // In turn with the writes: nothing is missed between what is read here and what is pushed later, and nothing comes twice.
    this.#enqueue(async () => {
      earlier = await Array.fromAsync(readFiles(this.#options.file, signal));
      this.#followers.add(follower);
    });
    await this.#work;
    try {
      yield* earlier;
      yield* follower.pieces();
    } finally {
      this.#followers.delete(follower);
    }
  }

  async #begin(): Promise<void> {
    const { file, onError } = this.#options;
    try {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await rm(`${file}.1`, { force: true });
      await rm(file, { force: true });
      await appendFile(file, '', { mode: 0o600 });
    } catch (error) {
      onError(error as Error);
    }
  }

  #flush(): void {
    if (this.#flushing || this.#pending === '') return;
    this.#flushing = true;
    this.#enqueue(async () => {
      this.#flushing = false;
      const text = this.#pending;
      this.#pending = '';
      await this.#append(text);
      for (const follower of this.#followers) follower.push(text);
    });
  }

  async #append(written: string): Promise<void> {
    const { file, limit } = this.#options;
    const all = Buffer.from(written);
    const text = all.length <= limit / 2 ? written : DROPPED + all.subarray(-limit / 2).toString();
    const bytes = Buffer.byteLength(text);
    if (this.#size > 0 && this.#size + bytes > limit / 2) {
      await rename(file, `${file}.1`);
      this.#size = 0;
    }
    await appendFile(file, text, { mode: 0o600 });
    this.#size += bytes;
  }

  #enqueue(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).catch((error: unknown) => this.#options.onError(error as Error));
  }
}

/** Pieces handed from the writer to one reader. A reader that does not keep up is ended rather than kept in memory. */
class Follower {
  readonly #signal: AbortSignal;
  readonly #queue: string[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.end(), { once: true });
    if (signal.aborted) this.end();
  }

  push(text: string): void {
    if (this.#ended) return;
    this.#queue.push(text);
    if (this.#queue.length > LONGEST_QUEUE) this.end();
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *pieces(): AsyncGenerator<string> {
    for (;;) {
      const next = this.#queue.shift();
      if (this.#signal.aborted) return;
      if (next !== undefined) yield next;
      else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

async function* readFiles(file: string, signal: AbortSignal): AsyncGenerator<string> {
  let first = true;
  for (const path of [`${file}.1`, file]) {
    let handle;
    try {
      handle = await open(path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw error;
    }
    if (first && path !== file) yield DROPPED;
    first = false;
    try {
      for await (const piece of handle.createReadStream({ encoding: 'utf8', highWaterMark: PIECE, autoClose: false })) {
        if (signal.aborted) return;
        yield piece as string;
      }
    } finally {
      await handle.close();
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Names of objects are safe as file names; whatever else comes cannot lead elsewhere. */
function safeName(name: string): string {
  return encodeURIComponent(name).replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E')) || '_';
}
