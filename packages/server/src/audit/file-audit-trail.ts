import type { Clock, Log } from '@kargo/kube';
import { appendFile, mkdir, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { matchesAudit, type AuditEntry, type AuditQuery, type AuditTrail } from './audit-trail.ts';

export interface FileAuditTrailOptions {
  /** Folder of the trail; made when missing, readable by its user alone. */
  directory: string;
  clock: Clock;
  log: Log;
  /** Entries older than this are forgotten, in milliseconds. Default 90 days. */
  maxAge?: number | undefined;
  /** Bytes that are kept at most. Default 256 MiB. */
  maxBytes?: number | undefined;
}

const DAY = 86_400_000;
const MIB = 1024 * 1024;
/** Bytes of a file before the next one is begun. */
const FILE_SIZE = 8 * MIB;
const NAME = /^audit-(\d{8}T\d{9}Z)\.jsonl$/;

/**
 * An audit trail in files of a folder, one JSON entry a line. Files are only ever added to at their end; whole files go when they are too
 * old or too much. Entries of one turn of the event loop are written together.
 */
export function fileAuditTrail(options: FileAuditTrailOptions): AuditTrail {
  return new FileAuditTrail(options);
}

class FileAuditTrail implements AuditTrail {
  readonly #options: FileAuditTrailOptions;
  #pending: AuditEntry[] = [];
  #writing: Promise<void> | undefined;
  #current: { name: string; size: number } | undefined;

  constructor(options: FileAuditTrailOptions) {
    this.#options = options;
  }

  append(entry: AuditEntry): void {
    this.#pending.push(entry);
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async *read(query: AuditQuery): AsyncGenerator<AuditEntry> {
    await this.flush();
    for (const name of (await this.#files()).toReversed())
      for (const line of (await this.#linesOf(name)).toReversed()) {
        const entry = parse(line);
        if (entry !== undefined && matchesAudit(entry, query)) yield entry;
      }
  }

  async #write(): Promise<void> {
    // So that what comes in the same turn is one write.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const entries = this.#pending;
      this.#pending = [];
      try {
        await this.#append(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
      } catch (error) {
        const { log } = this.#options;
        // Better twice than never: what cannot be filed is at least in the log.
        for (const entry of entries) log.error({ ...entry }, 'an entry of the audit trail could not be stored');
        log.error({ error: error instanceof Error ? error.message : String(error) }, 'the audit trail cannot be written');
      }
    }
  }

  async #append(text: string): Promise<void> {
    const { directory, clock } = this.#options;
    if (this.#current === undefined) await mkdir(directory, { recursive: true, mode: 0o700 });
    if (this.#current === undefined || this.#current.size > FILE_SIZE) {
      this.#current = { name: `audit-${new Date(clock.now()).toISOString().replaceAll(/[-:.]/g, '')}.jsonl`, size: 0 };
      await this.#forget();
    }
    await appendFile(join(directory, this.#current.name), text, { mode: 0o600, flush: true });
    this.#current.size += Buffer.byteLength(text);
  }

  /** Removes the oldest files that are too old or too much. */
  async #forget(): Promise<void> {
    const { directory, clock, maxAge = 90 * DAY, maxBytes = 256 * MIB } = this.#options;
    const names = await this.#files();
    let kept = 0;
    for (const [index, name] of names.toReversed().entries()) {
      const { size } = await stat(join(directory, name));
      kept += size;
      const newer = names[names.length - index];
      // A file is as young as its last entry, which is older than the next file.
      const isOld = newer !== undefined && clock.now() - startOf(newer) > maxAge;
      if (isOld || kept > maxBytes) await unlink(join(directory, name));
    }
  }

  async #files(): Promise<string[]> {
    try {
      return (await readdir(this.#options.directory)).filter((name) => NAME.test(name)).toSorted();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  async #linesOf(name: string): Promise<string[]> {
    try {
      return (await readFile(join(this.#options.directory, name), 'utf8')).split('\n').filter((line) => line !== '');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}

/** When a file was begun, in milliseconds since the epoch. */
function startOf(name: string): number {
  const text = NAME.exec(name)?.[1] ?? '';
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/, '$1-$2-$3T$4:$5:$6.$7Z'));
}

/** An entry; undefined for the half of a line that a crash left. */
function parse(line: string): AuditEntry | undefined {
  try {
    return JSON.parse(line) as AuditEntry;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
