import { appendFile, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Log } from '@kargo/kube';

export interface LogFilesOptions {
  directory: string;
  clock: Clock;
  log: Log;
  /** Bytes kept for each log. */
  limit: number;
  /** What is said of a log that cannot be written: `the log of a step could not be kept`. */
  failure: string;
}

/** Names a log by the folders it lies in and its own name, or a folder of logs by its own way alone. */
export type LogPath = readonly string[];

/** A piece of a log. Offsets count bytes from the first one that was ever written, whether or not that is still kept. */
export interface LogPiece {
  /** Offset of `text`; greater than the one asked for if what stood there is no longer kept. */
  from: number;
  /** Whole lines, each with its line break. */
  text: string;
  /** Offset at which to read on. */
  next: number;
}

export interface LogFacts {
  name: string;
  /** Offset of the first byte that is kept. */
  from: number;
  /** Offset behind the last byte. */
  next: number;
}

const DEFAULT_PIECE = 1024 * 1024;
/** Longest line, in UTF-16 units; what is longer goes on in the next. */
const MAX_LINE = 16 * 1024;
const SEGMENT = /^(.+)\.(\d+)\.log$/;

/** A file of a log. */
interface Segment {
  file: string;
  from: number;
  size: number;
}

/** What this process knows of a log that it adds to or that somebody follows. */
interface Live {
  pending: string[];
  pendingBytes: number;
  dropped: number;
  work: Promise<void>;
  /** `awaited`: somebody follows it before this process has added anything. */
  state: 'awaited' | 'open' | 'ended';
  wake: Set<() => void>;
  /** The file that is written; absent until the first write. */
  current?: Segment | undefined;
}

/**
 * Logs as files, `FOLDER/…/NAME.OFFSET.log`, line by line with the time; the offset is that of the first byte of the file. When the newest file
 * holds half of what is kept a new one is begun and all but the last two go, so between half and all of the limit survives. Several
 * processes may read; one writes. Texts must be free of secrets already.
 */
export class LogFiles {
  readonly #options: LogFilesOptions;
  readonly #live = new Map<string, Live>();

  constructor(options: LogFilesOptions) {
    this.#options = options;
  }

  /** Adds a line for each line of `text`. Never fails and never waits: what cannot be kept is lost, oldest first. */
  append(path: LogPath, text: string): void {
    const one = this.#opened(path);
    const now = this.#options.clock.now();
    const idle = one.pending.length === 0;
    for (const line of linesOf(text)) {
      const full = stamped(now, line);
      one.pending.push(full);
      one.pendingBytes += full.length;
      // What comes faster than the disk takes it must not fill the memory.
      while (one.pendingBytes > this.#options.limit / 2 && one.pending.length > 1) {
        one.pendingBytes -= one.pending.shift()?.length ?? 0;
        one.dropped += 1;
      }
    }
    if (idle && one.pending.length > 0) this.#schedule(path, one, () => this.#write(path, one));
  }

  /** Begins a log anew, without what it held before; it is there from then on, if only empty. */
  begin(path: LogPath): void {
    const one = this.#opened(path);
    this.#schedule(path, one, async () => {
      for (const { file } of await this.#segmentsOf(path)) await rm(file, { force: true });
      await this.#open(path, one);
    });
  }

  /** Whether this process adds to a log. */
  isOpen(path: LogPath): boolean {
    return this.#live.get(this.#fileOf(path))?.state === 'open';
  }

  /** Everything from `from` (default 0) up to `limit` bytes (default 1 MiB). A log that does not exist is empty. */
  async read(path: LogPath, { from = 0, limit = DEFAULT_PIECE }: { from?: number; limit?: number } = {}): Promise<LogPiece> {
    await this.#live.get(this.#fileOf(path))?.work;
    return this.#read(path, Math.max(0, from), Math.max(limit, 2 * MAX_LINE * 3));
  }

  /**
   * As {@link LogFiles.read}, and then what is added, as it is added, until {@link LogFiles.end}, or the signal aborts. Only what this process
   * adds is seen as it comes. A reader that does not keep up reads on from the store, so nothing that is kept is missed.
   */
  async *follow(path: LogPath, { from = 0, signal }: { from?: number; signal: AbortSignal }): AsyncGenerator<LogPiece> {
    const one = this.#liveOf(path);
    let at = Math.max(0, from);
    let woken = Promise.withResolvers<void>();
    const wake = (): void => woken.resolve();
    one.wake.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    try {
      while (!signal.aborted) {
        const isOver = one.state === 'ended';
        const piece = await this.#read(path, at, DEFAULT_PIECE);
        if (piece.text !== '') {
          yield piece;
          at = piece.next;
          continue;
        }
        if (isOver) return;
        await woken.promise;
        woken = Promise.withResolvers<void>();
      }
    } finally {
      one.wake.delete(wake);
      signal.removeEventListener('abort', wake);
      if (one.wake.size === 0 && one.state !== 'open') this.#forget(path, one);
    }
  }

  /** Tells those who follow that a log, or every log of a folder, gets nothing more. Resolves when all that was added is stored. */
  async end(path: LogPath): Promise<void> {
    for (const [id, one] of this.#matching(path)) {
      await one.work;
      one.state = 'ended';
      for (const wake of one.wake) wake();
      if (one.wake.size === 0) this.#live.delete(id);
    }
  }

  /** The logs there are in a folder, by name. */
  async list(folder: LogPath): Promise<LogFacts[]> {
    const names = await namesIn(this.#fileOf(folder));
    const out: LogFacts[] = [];
    for (const encoded of new Set(names.flatMap((name) => SEGMENT.exec(name)?.[1] ?? []))) {
      const name = decodeURIComponent(encoded);
      const segments = await this.#segmentsOf([...folder, name]);
      const last = segments.at(-1);
      if (last !== undefined) out.push({ name, from: segments[0]?.from ?? 0, next: last.from + last.size });
    }
    return out.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Names of what lies in a folder. */
  async names(folder: LogPath): Promise<string[]> {
    return (await namesIn(this.#fileOf(folder))).map(decodeURIComponent);
  }

  /** Removes a folder with all its logs; absent is fine. */
  async remove(folder: LogPath): Promise<void> {
    for (const [id, one] of this.#matching(folder)) {
      await one.work;
      one.state = 'ended';
      for (const wake of one.wake) wake();
      this.#live.delete(id);
    }
    await rm(this.#fileOf(folder), { recursive: true, force: true });
  }

  #fileOf(path: LogPath): string {
    return join(this.#options.directory, ...path.map(safeName));
  }

  #liveOf(path: LogPath): Live {
    const id = this.#fileOf(path);
    let one = this.#live.get(id);
    if (one === undefined) {
      one = { pending: [], pendingBytes: 0, dropped: 0, work: Promise.resolve(), state: 'awaited', wake: new Set() };
      this.#live.set(id, one);
    }
    return one;
  }

  #opened(path: LogPath): Live {
    const one = this.#liveOf(path);
    one.state = 'open';
    return one;
  }

  /** Unless it was forgotten already, and has been begun again since. */
  #forget(path: LogPath, one: Live): void {
    const id = this.#fileOf(path);
    if (this.#live.get(id) === one) this.#live.delete(id);
  }

  #matching(path: LogPath): [string, Live][] {
    const wanted = this.#fileOf(path);
    return [...this.#live].filter(([id]) => id === wanted || id.startsWith(`${wanted}/`));
  }

  #schedule(path: LogPath, one: Live, step: () => Promise<void>): void {
    one.work = one.work
      .then(step)
      .catch((error: unknown) => {
        one.current = undefined;
        const { log, failure } = this.#options;
        log.warn({ log: path.join('/'), error: error instanceof Error ? error.message : String(error) }, failure);
      })
      .then(() => {
        for (const wake of one.wake) wake();
      });
  }

  /** The file that is written, made if there is none. */
  async #open(path: LogPath, one: Live): Promise<Segment> {
    await mkdir(this.#fileOf(path.slice(0, -1)), { recursive: true, mode: 0o700 });
    one.current = (await this.#segmentsOf(path)).at(-1) ?? { file: `${this.#fileOf(path)}.0.log`, from: 0, size: 0 };
    await appendFile(one.current.file, '', { mode: 0o600 });
    return one.current;
  }

  async #write(path: LogPath, one: Live): Promise<void> {
    const lines = one.pending.splice(0);
    const lost = one.dropped;
    one.pendingBytes = 0;
    one.dropped = 0;
    if (lost > 0) lines.unshift(stamped(this.#options.clock.now(), `… ${lost} lines came faster than they could be kept`));
    let current = one.current ?? (await this.#open(path, one));
    const text = lines.join('');
    const bytes = Buffer.byteLength(text);
    if (current.size > 0 && current.size + bytes > this.#options.limit / 2) {
      const from = current.from + current.size;
      current = { file: `${this.#fileOf(path)}.${from}.log`, from, size: 0 };
      one.current = current;
      for (const old of (await this.#segmentsOf(path)).slice(0, -1)) await rm(old.file, { force: true });
    }
    await appendFile(current.file, text, { mode: 0o600 });
    current.size += bytes;
  }

  async #segmentsOf(path: LogPath): Promise<Segment[]> {
    const wanted = safeName(path.at(-1) ?? '');
    const folder = this.#fileOf(path.slice(0, -1));
    const out: Segment[] = [];
    for (const name of await namesIn(folder)) {
      const [, of, from] = SEGMENT.exec(name) ?? [];
      if (of !== wanted) continue;
      const file = join(folder, name);
      const facts = await stat(file).catch(() => undefined);
      if (facts !== undefined) out.push({ file, from: Number(from), size: facts.size });
    }
    return out.toSorted((a, b) => a.from - b.from);
  }

  async #read(path: LogPath, from: number, piece: number): Promise<LogPiece> {
    const parts: Buffer[] = [];
    let [start, next, room] = [from, from, piece];
    for (const segment of await this.#segmentsOf(path)) {
      const end = segment.from + segment.size;
      if (end <= next || room <= 0) continue;
      if (segment.from > next) {
        if (parts.length > 0) break;
        start = segment.from;
        next = segment.from;
      }
      const bytes = await bytesOf(segment.file, next - segment.from, Math.min(room, end - next));
      parts.push(bytes);
      next += bytes.length;
      room -= bytes.length;
    }
    const all = Buffer.concat(parts);
    // Whole lines only: what is cut off comes with the next piece. A single line always fits.
    const length = all.lastIndexOf(10) + 1;
    return { from: start, text: all.toString('utf8', 0, length), next: start + length };
  }
}

function linesOf(text: string): string[] {
  const lines = text.replace(/\n$/, '').split('\n');
  return lines.flatMap((line) => {
    if (line.length <= MAX_LINE) return [line.replace(/\r$/, '')];
    const parts: string[] = [];
    for (let at = 0; at < line.length; at += MAX_LINE) parts.push(line.slice(at, at + MAX_LINE));
    return parts;
  });
}

function stamped(now: number, line: string): string {
  return `${new Date(now).toISOString()} ${line.toWellFormed()}\n`;
}

async function bytesOf(file: string, from: number, length: number): Promise<Buffer> {
  let handle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    // Cut away between listing and reading.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await handle.read(buffer, 0, length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
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
