/**
 * Clones with the whole history, with one commit of it, and with one commit and no contents but those that are checked out, of a repository
 * with 15,000 commits and 2,000 files: the first one, one after each further commit, and what their mirrors take. For comparison only.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realGit, realProcesses, type GitRemote } from '@kargo/integrations';
import { startGitServer } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { serveApart } from './git-server.ts';
import { makeLargeRepository } from './large-repository.ts';

const RUNS = Number(process.env['RUNS'] ?? 11);
const COMMITS = Number(process.env['COMMITS'] ?? 15_000);
/** Milliseconds between two clones. */
const REST_MS = Number(process.env['REST_MS'] ?? 4000);
const AUTHOR = { name: 'Kargo', email: 'kargo@example.com' };
const WAYS: readonly (readonly [string, Partial<GitRemote>, readonly string[] | undefined])[] = [
  ['whole history', {}, undefined],
  ['depth 1', { depth: 1 }, undefined],
  ['depth 1, sparse', { depth: 1 }, ['apps/1']],
  ['depth 1, blobless, sparse', { depth: 1, blobless: true }, ['apps/1']],
];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function bytesOf(folder: string): Promise<number> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const folder = mkdtempSync(join(tmpdir(), 'bench-git-shallow-'));
const server = await startGitServer();
const served = await serveApart(server.directory);
try {
  await makeLargeRepository(server, COMMITS);
  const processes = realProcesses({ helper: true });
  const ways = WAYS.map(([name, more, sparse], index) => {
    const directory = join(folder, `cache-${index}`);
    const git = realGit({ processes, clock: systemClock, directory });
    let made = 0;
    const clone = async (): Promise<number> => {
      const place = join(folder, `work-${index}-${(made += 1)}`);
      const begun = performance.now();
      const remote = { url: `${served.url}/large.git`, ...more };
      const one = await git.clone({ remote, home: join(place, 'home'), author: AUTHOR });
      await one.addWorkTree({ path: join(place, 'tree'), ref: { branch: 'main' }, sparse });
      const took = performance.now() - begun;
      rmSync(place, { recursive: true });
      return took;
    };
    return { name, clone, directory, later: [] as number[], first: 0, bytes: 0 };
  });
  for (const way of ways) {
    way.first = await way.clone();
    way.bytes = await bytesOf(join(way.directory, 'mirrors'));
  }
  for (let run = 0; run < RUNS; run += 1) {
    // What is made ready in the background is there for the next one, as between promotions that come minutes apart.
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    await server.commit('large', { message: `More ${run}`, files: { 'apps/1/team-1/1.yaml': `run: ${run}\n` } });
    for (const way of ways) way.later.push(await way.clone());
  }
  console.log(`clone and check out a repository of ${COMMITS} commits, ${RUNS} later clones each after one more commit, medians`);
  for (const { name, first, later, bytes } of ways)
    console.log(
      `  ${name.padEnd(26)} first ${first.toFixed(0).padStart(5)} ms, later ${median(later).toFixed(0).padStart(4)} ms, mirror ${(bytes / 1e6).toFixed(1).padStart(5)} MB`,
    );
} finally {
  served.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}
