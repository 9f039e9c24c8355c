import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { MAX_ARCHIVE, MAX_ENTRIES, MAX_FILE, MAX_TOTAL } from '../files/archive-limits.ts';

/** One entry of an archive as it is written there: nothing about it can be trusted. */
export interface ArchiveEntry {
  name: string;
  type: 'file' | 'directory' | 'link' | 'other';
  mode: number;
  /** Epoch milliseconds, if it is a time that can be had. */
  modifiedAt?: number | undefined;
  target: string;
  /** The bytes of a file. What is not read is skipped. */
  content: AsyncIterable<Uint8Array>;
}

const TYPES: Readonly<Record<string, ArchiveEntry['type']>> = { file: 'file', directory: 'directory', symlink: 'link' };
const LAST_TIME = Date.UTC(9999, 0);

/**
 * The entries of a tar archive, compressed with gzip or not, in order. Each must be done with before the next is asked for. Fails if the
 * archive is damaged or unpacks to more than the limits.
 */
export async function* readArchive(source: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry, void, undefined> {
  const reader = extract();
  let failure: Error | undefined;
  pipeline(Readable.from(limited(unzipped(source))), reader, (error) => {
    if (error !== undefined && error !== null) failure = error;
  });
  let entries = 0;
  let total = 0;
  try {
    for await (const entry of reader) {
      const { header } = entry;
      const size = header.size ?? 0;
      entries += 1;
      if (entries > MAX_ENTRIES) throw new Error(`the archive holds more than ${MAX_ENTRIES} entries`);
      if (size > MAX_FILE) throw new Error(`${JSON.stringify(header.name)} in the archive is larger than ${MAX_FILE} bytes`);
      total += size;
      if (total > MAX_TOTAL) throw new Error(`the files in the archive are larger than ${MAX_TOTAL} bytes in all`);
      const read = { begun: false };
      const time = header.mtime?.getTime() ?? Number.NaN;
      yield {
        name: header.name,
        type: TYPES[header.type ?? ''] ?? 'other',
        mode: header.mode ?? 0o644,
        ...(time >= 0 && time < LAST_TIME ? { modifiedAt: time } : {}),
        target: header.linkname ?? '',
        content: contentOf(entry as AsyncIterable<Uint8Array>, read),
      };
      if (!read.begun) for await (const _ of entry);
    }
  } catch (error) {
    // The reason lies with the source rather than with the reader that was cut off from it.
    throw failure ?? error;
  } finally {
    reader.destroy();
  }
}

async function* contentOf(
  entry: AsyncIterable<Uint8Array>,
  read: { begun: boolean },
): AsyncGenerator<Uint8Array, void, undefined> {
  read.begun = true;
  yield* entry;
}

async function* limited(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > MAX_ARCHIVE) throw new Error(`the archive unpacks to more than ${MAX_ARCHIVE} bytes`);
    yield chunk;
  }
}

async function* unzipped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    let head: Buffer = Buffer.alloc(0);
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      head = Buffer.concat([head, next.value]);
      if (head.length >= 2) break;
    }
    const whole = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      yield head;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    };
    if (head[0] === 0x1f && head[1] === 0x8b) yield* pipeline(Readable.from(whole()), createGunzip(), () => undefined);
    else yield* whole();
  } finally {
    await iterator.return?.();
  }
}
