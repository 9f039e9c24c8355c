import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { cliPackageAt } from './cli-package.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kargo-package-'));
  await mkdir(join(folder, 'lib'));
  await writeFile(join(folder, 'package.json'), '{"name":"kargo","version":"1.0.0"}');
  await writeFile(join(folder, 'lib', 'main.js'), randomBytes(4_000_000));
});
afterAll(() => rm(folder, { recursive: true }));

async function openFiles(): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd');
  const files = await Promise.all(descriptors.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return files.filter((file) => file.startsWith(folder));
}

it.skipIf(process.platform !== 'linux')(
  'who stops in the middle of the package leaves no file open (read from /proc)',
  async () => {
    const stream = await cliPackageAt(join(folder, 'lib'))?.();
    if (stream === undefined) throw new Error('there is a package');
    await new Promise((resolve) => stream.once('data', resolve));
    expect(await openFiles()).toHaveLength(1);
    stream.destroy();
    await vi.waitFor(async () => expect(await openFiles()).toEqual([]));
  },
);
