import { appendFile, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Log } from '@kargo/kube';
import type { StepLogFacts, StepLogKey, StepLogOwner, StepLogPiece, StepLogs } from './port.ts';

export interface FileStepLogsOptions {
  directory: string;
  clock: Clock;
  log: Log;
  /** Bytes kept for each step. Default 1 MiB. */
  limit?: number | undefined;
}

const DEFAULT_LIMIT = 1024 * 1024;
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
  ended: boolean;
  wake: Set<() => void>;
  /** The file that is written; absent until the first write. */
  current?: Segment | undefined;
}

/**
 * Step logs as files, `<project>/<promotion>/<step>.<offset>.log`, where the offset is that of the first byte of the file. When the newest file
 * holds half of what is kept a new one is begun and all but the last two go, so between half and all of the limit survives. Several
 * processes may read; one writes.
 */
export function fileStepLogs({ directory, clock, log, limit = DEFAULT_LIMIT }: FileStepLogsOptions): StepLogs {
  const live = new Map<string, Live>();
  const folderOf = ({ project, promotion }: StepLogOwner): string => join(directory, safeName(project), safeName(promotion));
  const idOf = (key: StepLogKey): string => join(folderOf(key), safeName(key.step));
  const liveOf = (key: StepLogKey): Live => {
    const id = idOf(key);
    let one = live.get(id);
    if (one === undefined) {
      one = { pending: [], pendingBytes: 0, dropped: 0, work: Promise.resolve(), ended: false, wake: new Set() };
      live.set(id, one);
    }
    return one;
  };

  const segmentsOf = async (key: StepLogKey): Promise<Segment[]> => {
    const step = safeName(key.step);
    const folder = folderOf(key);
    const out: Segment[] = [];
    for (const name of await namesIn(folder)) {
      const [, of, from] = SEGMENT.exec(name) ?? [];
      if (of !== step) continue;
      const file = join(folder, name);
      const facts = await stat(file).catch(() => undefined);
      if (facts !== undefined) out.push({ file, from: Number(from), size: facts.size });
    }
    return out.toSorted((a, b) => a.from - b.from);
  };

  const write = async (key: StepLogKey, one: Live): Promise<void> => {
    const lines = one.pending.splice(0);
    if (lines.length === 0) return;
    const lost = one.dropped;
    one.pendingBytes = 0;
    one.dropped = 0;
    if (lost > 0) lines.unshift(stamped(clock.now(), `… ${lost} lines came faster than they could be kept`));
    if (one.current === undefined) {
      await mkdir(folderOf(key), { recursive: true, mode: 0o700 });
      one.current = (await segmentsOf(key)).at(-1) ?? { file: `${idOf(key)}.0.log`, from: 0, size: 0 };
    }
    const text = lines.join('');
    const bytes = Buffer.byteLength(text);
    if (one.current.size > 0 && one.current.size + bytes > limit / 2) {
      const from = one.current.from + one.current.size;
      one.current = { file: `${idOf(key)}.${from}.log`, from, size: 0 };
      for (const old of (await segmentsOf(key)).slice(0, -1)) await rm(old.file, { force: true });
    }
    await appendFile(one.current.file, text, { mode: 0o600 });
    one.current.size += bytes;
  };

  const schedule = (key: StepLogKey, one: Live): void => {
    if (one.pending.length === 0) return;
    one.work = one.work
      .then(() => write(key, one))
      .catch((error: unknown) => {
        one.current = undefined;
        log.warn(
          { step: key.step, error: error instanceof Error ? error.message : String(error) },
          'the log of a step could not be kept',
        );
      })
      .then(() => {
        for (const wake of one.wake) wake();
      });
  };

  const read = async (key: StepLogKey, from: number, piece: number): Promise<StepLogPiece> => {
    const parts: Buffer[] = [];
    let [start, next, room] = [from, from, piece];
    for (const segment of await segmentsOf(key)) {
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
  };

  const matching = (key: StepLogOwner | StepLogKey): [string, Live][] => {
    if ('step' in key) return [...live].filter(([id]) => id === idOf(key));
    const folder = folderOf(key);
    return [...live].filter(([id]) => id.startsWith(`${folder}/`));
  };

  return {
    append(key, text) {
      const one = liveOf(key);
      one.ended = false;
      const now = clock.now();
      const idle = one.pending.length === 0;
      for (const line of linesOf(text)) {
        const full = stamped(now, line);
        one.pending.push(full);
        one.pendingBytes += full.length;
        // What comes faster than the disk takes it must not fill the memory.
        while (one.pendingBytes > limit / 4 && one.pending.length > 1) {
          one.pendingBytes -= one.pending.shift()?.length ?? 0;
          one.dropped += 1;
        }
      }
      if (idle) schedule(key, one);
    },
    async read(key, { from = 0, limit: piece = DEFAULT_PIECE } = {}) {
      await live.get(idOf(key))?.work;
      return read(key, Math.max(0, from), Math.max(piece, 2 * MAX_LINE * 3));
    },
    async *follow(key, { from = 0, signal }) {
      const one = liveOf(key);
      let at = Math.max(0, from);
      let woken = Promise.withResolvers<void>();
      const wake = (): void => woken.resolve();
      one.wake.add(wake);
      signal.addEventListener('abort', wake, { once: true });
      try {
        while (!signal.aborted) {
          const { ended } = one;
          const piece = await read(key, at, DEFAULT_PIECE);
          if (piece.text !== '') {
            yield piece;
            at = piece.next;
            continue;
          }
          if (ended) return;
          await woken.promise;
          woken = Promise.withResolvers<void>();
        }
      } finally {
        one.wake.delete(wake);
        signal.removeEventListener('abort', wake);
        if (one.ended && one.wake.size === 0) live.delete(idOf(key));
      }
    },
    async end(key) {
      for (const [id, one] of matching(key)) {
        await one.work;
        one.ended = true;
        for (const wake of one.wake) wake();
        if (one.wake.size === 0) live.delete(id);
      }
    },
    async list(owner) {
      const names = await namesIn(folderOf(owner));
      const steps = new Set(names.flatMap((name) => SEGMENT.exec(name)?.[1] ?? []));
      const out: StepLogFacts[] = [];
      for (const encoded of steps) {
        const step = decodeURIComponent(encoded);
        const segments = await segmentsOf({ ...owner, step });
        const last = segments.at(-1);
        if (last !== undefined) out.push({ step, from: segments[0]?.from ?? 0, next: last.from + last.size });
      }
      return out.toSorted((a, b) => (a.step < b.step ? -1 : 1));
    },
    owners: async (project) => (await namesIn(join(directory, safeName(project)))).map(decodeURIComponent),
    async remove(owner) {
      for (const [id, one] of matching(owner)) {
        await one.work;
        one.ended = true;
        for (const wake of one.wake) wake();
        live.delete(id);
      }
      await rm(folderOf(owner), { recursive: true, force: true });
    },
  };
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
