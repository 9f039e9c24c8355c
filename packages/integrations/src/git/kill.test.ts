import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startGitServer } from '../testing/git-server.ts';

const FIXTURE = join(import.meta.dirname, '..', 'testing', 'fixtures', 'promotion-process.ts');

/** Runs the fixture; killed after `life` milliseconds if given. True if it came to its end. */
function run(args: readonly string[], life?: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [FIXTURE, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.on('error', reject);
    child.on('close', () => resolve(out === 'done'));
    if (life !== undefined) setTimeout(() => child.kill('SIGKILL'), life);
  });
}

it('comes to the same end whenever it is killed, with every effect once', { timeout: 400_000 }, async () => {
  const server = await startGitServer();
  try {
    const outcomes = new Set<string>();
    for (const seed of [0, 1]) {
      const folder = await mkdtemp(join(tmpdir(), 'kill-'));
      const name = `demo${seed}`;
      const url = await server.createRepository(name, { 'README.md': 'hello\n' });
      // Ever longer lives, so that each run gets somewhere the one before did not.
      for (let life = 120 + seed * 23; !(await run([folder, url], life)); life += Math.max(60 + seed * 7, life * 0.2))
        expect(life).toBeLessThan(60_000);
      const log = await server.log(name, 'stage/test');
      expect(log.map(({ message }) => message)).toEqual(['Update', 'Initial commit']);
      expect(await server.files(name, 'stage/test')).toEqual({ 'manifests.yaml': 'kind: Test\n' });
      outcomes.add(log[0]?.id ?? '');
      await rm(folder, { recursive: true });
    }
    expect(outcomes.size).toBe(1);
  } finally {
    await server.close();
  }
});
