import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadCertificate } from './certificates/certificate.ts';
import { writePrivateFile } from './private-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kargo-private-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('replaces a file as a whole, for its user alone', async () => {
  const file = join(folder, 'secret');
  await writeFile(file, 'old', { mode: 0o644 });
  // What a crash may leave behind.
  await writeFile(`${file}.new`, 'half', { mode: 0o644 });
  await chmod(`${file}.new`, 0o644);
  await writePrivateFile(file, 'new');
  expect(await readFile(file, 'utf8')).toBe('new');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['secret']);
});

it('leaves what was there where it cannot be written', async () => {
  const file = join(folder, 'secret');
  await writeFile(file, 'old');
  await mkdir(`${file}.new`);
  await expect(writePrivateFile(file, 'new')).rejects.toThrow('EISDIR');
  expect(await readFile(file, 'utf8')).toBe('old');
});

it('makes another certificate where a crash has left half of one', async () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const file = join(folder, 'tls.pem');
  const hosts = ['localhost'];
  await loadCertificate(folder, hosts, now);
  const whole = await readFile(file, 'utf8');
  const end = whole.indexOf('-----END CERTIFICATE-----');
  const key = whole.indexOf('-----BEGIN PRIVATE KEY-----');
  for (const kept of [0, 40, end, key, key + 40, whole.length - 5]) {
    await writeFile(file, whole.slice(0, kept));
    const made = await loadCertificate(folder, hosts, now);
    expect(made.key, `after ${kept} bytes`).toMatch(/^-----BEGIN PRIVATE KEY-----[^]+-----END PRIVATE KEY-----\n$/);
    expect(await readFile(file, 'utf8')).toBe(made.cert + made.key);
  }
  expect(await readdir(folder)).toEqual(['tls.pem']);
});
