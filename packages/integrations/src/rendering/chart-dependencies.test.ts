import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { steadyLocalDependencies } from './chart-dependencies.ts';

/** An archive with one empty file of another time than 1970. */
const ARCHIVE = ((): Buffer => {
  const header = Buffer.alloc(512);
  header.write('a', 0);
  header.write('00000000000\0', 124);
  header.write('14000000000\0', 136);
  return gzipSync(Buffer.concat([header, Buffer.alloc(1024)]));
})();

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'charts-')));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, content: string | Buffer): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

async function chart(name: string): Promise<void> {
  const dependency = { name, version: '1.0.0', repository: 'file://../local' };
  await write('root/chart/Chart.yaml', JSON.stringify({ name: 'chart', version: '1.0.0', dependencies: [dependency] }));
  await write('root/local/Chart.yaml', 'name: local\nversion: 1.0.0\n');
  await mkdir(join(folder, 'root/chart/charts'), { recursive: true });
}
const steady = (): Promise<void> => steadyLocalDependencies(join(folder, 'root'), join(folder, 'root/chart'));

it('what was packed of a folder forgets when', async () => {
  await chart('local');
  const file = await write('root/chart/charts/local-1.0.0.tgz', ARCHIVE);
  await steady();
  expect(await readFile(file)).not.toEqual(ARCHIVE);
});

it('a dependency whose name leads out of the workspace is refused, and nothing there is touched', async () => {
  await chart('../../../other');
  const file = await write('other-1.0.0.tgz', ARCHIVE);
  await expect(steady()).rejects.toMatchObject({ code: 'invalid' });
  expect(await readFile(file)).toEqual(ARCHIVE);
});

it('nor is anything touched through a link', async () => {
  await chart('local');
  const file = await write('other.tgz', ARCHIVE);
  await symlink(file, join(folder, 'root/chart/charts/local-1.0.0.tgz'));
  await expect(steady()).rejects.toMatchObject({ code: 'invalid' });
  expect(await readFile(file)).toEqual(ARCHIVE);
});
