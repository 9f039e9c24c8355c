import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

const BLOCK = 512;
/** Where things are in the header of an entry. */
const SIZE = { at: 124, length: 12 };
const TIME = { at: 136, length: 12 };
const SUM = { at: 148, length: 8 };
const KIND = 156;
/** Bytes of the largest archive that is looked at, unpacked. */
const MAX_SIZE = 64 * 1024 * 1024;

/**
 * A `.tgz` with the same files in the same order, which all are of 1970: what was packed of the same files is the same, whenever it was. An archive
 * that is not understood is returned as it is.
 */
export async function steadyArchive(packed: Uint8Array): Promise<Uint8Array> {
  const tar = await unpacked(packed);
  if (tar === undefined) return packed;
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const size = octal(header.subarray(SIZE.at, SIZE.at + SIZE.length));
    if (size === undefined || at + BLOCK + size > tar.length) return packed;
    // Further facts about the next entry, in text; numbers keep their length.
    if (header[KIND] === 'x'.charCodeAt(0)) {
      const facts = tar.subarray(at + BLOCK, at + BLOCK + size);
      const text = facts.toString('latin1').replaceAll(/(?<= [amc]time=)[\d.]+(?=\n)/g, (time) => time.replaceAll(/\d/g, '0'));
      facts.write(text, 'latin1');
    }
    header.write(`${'0'.repeat(TIME.length - 1)}\0`, TIME.at, 'latin1');
    header.fill(' ', SUM.at, SUM.at + SUM.length);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, SUM.at, 'latin1');
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return promisify(gzip)(tar, { level: 9 });
}

async function unpacked(packed: Uint8Array): Promise<Buffer | undefined> {
  try {
    return await promisify(gunzip)(packed, { maxOutputLength: MAX_SIZE });
  } catch {
    // No archive, or one that is too large.
    return undefined;
  }
}

function octal(field: Uint8Array): number | undefined {
  const text = Buffer.from(field)
    .toString('latin1')
    .replace(/[\0 ]+$/, '');
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}
