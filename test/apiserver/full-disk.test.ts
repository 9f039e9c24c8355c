import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { allKinds, ConfigMap } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { systemClock, systemRandom } from '@kargo/kube';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'kargo-full-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const WRITER = fileURLToPath(new URL('full-disk-writer.ts', import.meta.url));

interface Filled {
  answered: string[];
  refusal: string;
  readable: string[];
}

/** Starts a writer by a shell that first says `limits`. */
function start(path: string, limits: string): { fill: (atMost?: number) => Promise<Filled>; end: () => Promise<number | null> } {
  const child = spawn('sh', ['-c', `${limits} exec "$0" "$@"`, process.execPath, WRITER, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const closed = once(child, 'close') as Promise<[number | null]>;
  return {
    fill: async (atMost) => {
      if (atMost !== undefined) child.stdin.write(`${atMost}\n`);
      return JSON.parse(String((await lines.next()).value)) as Filled;
    },
    end: async () => {
      child.stdin.end();
      return (await closed)[0];
    },
  };
}

async function stored(path: string): Promise<string[]> {
  const server = openApiServer({ path, kinds: allKinds, clock: systemClock, random: systemRandom });
  const { items } = await server.client().list(ConfigMap);
  await server
    .client()
    .create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'after' } });
  await server.close();
  return items.map(({ metadata }) => metadata.name ?? '');
}

function tmpfs(at: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', at]).status === 0;
}

describe('a disk that has no room left', () => {
  const disk = mkdtempSync(join(folder, 'disk-'));
  const mounted = tmpfs(disk);
  if (!mounted) console.warn('skipping a test with a full disk: no small file system can be mounted here');
  afterAll(() => {
    if (mounted) spawnSync('umount', [disk]);
  });

  it.skipIf(!mounted)(
    'refuses writes in words, keeps what was answered readable, and goes on when there is room',
    { timeout: 60_000 },
    async () => {
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(1024 * 1024));
      const path = join(disk, 'kargo.db');
      const writer = start(path, '');
      const first = await writer.fill();
      expect(first.refusal).toMatch(/there is no room left for|the disk that holds/);
      expect(first.answered.length).toBeGreaterThan(5);
      expect(first.readable.toSorted()).toEqual(first.answered.toSorted());
      rmSync(join(disk, 'ballast'));
      const second = await writer.fill(5);
      expect(second).toMatchObject({ refusal: '', answered: { length: 5 } });
      expect(await writer.end()).toBe(0);
      // Elsewhere, where there is room. What found no place in the database itself is in its log.
      const copy = join(folder, 'copy.db');
      for (const part of ['', '-wal']) if (existsSync(path + part)) copyFileSync(path + part, copy + part);
      expect((await stored(copy)).toSorted()).toEqual([...first.answered, ...second.answered].toSorted());
    },
  );

  it('or a limit to the size of files, is no end of what was answered', { timeout: 60_000 }, async () => {
    const path = join(folder, 'limited.db');
    // The signal is ignored, so that writes fail as they do on a disk that fails.
    const writer = start(path, `trap '' XFSZ; ulimit -f 4096;`);
    const { answered, refusal, readable } = await writer.fill();
    expect(refusal).toMatch(/ServiceUnavailable|the write was not stored and nothing has changed/);
    expect(readable.toSorted()).toEqual(answered.toSorted());
    await writer.end();
    expect((await stored(path)).toSorted()).toEqual(answered.toSorted());
  });
});
