import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { steadyArchive } from './steady-archive.ts';

/** A tar entry as the tools write them. */
function entry(name: string, content: string, time: number, kind = '0'): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write(`${time.toString(8).padStart(11, '0')}\0`, 136);
  header.write('        ', 148);
  header.write(kind, 156);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body]);
}
const archive = (...entries: Buffer[]): Buffer => gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]));

it('forgets when files were packed, and nothing else', async () => {
  const [one, two] = [1_700_000_000, 1_800_000_000].map((time) =>
    archive(
      entry('PaxHeaders/a', `30 mtime=${time}.123456789\n18 path=mtime=12\n`, time, 'x'),
      entry('a', 'mtime=1 in the file', time),
      entry('b', 'x'.repeat(1000), time),
    ),
  ) as [Buffer, Buffer];
  const steady = await steadyArchive(one);
  expect(steady).toEqual(await steadyArchive(two));
  const unpacked = gunzipSync(steady).toString('latin1');
  expect(unpacked).toContain('mtime=1 in the file');
  expect(unpacked).toContain('path=mtime=12');
  expect(await steadyArchive(steady)).toEqual(steady);
});

it('leaves alone what it does not understand', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), async (bytes, isPacked) => {
      const given = isPacked ? gzipSync(bytes) : bytes;
      const out = await steadyArchive(given);
      if (out !== given) expect(gunzipSync(out).length).toBe(bytes.length);
    }),
  );
});
