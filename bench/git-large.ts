/**
 * The git part of a promotion in a repository of 15,000 commits and 2,000 files: fetch, check out the source and the stage's branch, clear,
 * write, commit, push; warm, through the ports, and by a fresh clone with git itself. Prints both, beside what is aimed at.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realGit, realProcesses, realWorkspaces, type Processes } from '@kargo/integrations';
import { startGitServer } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { serveApart } from './git-server.ts';
import { makeLargeRepository } from './large-repository.ts';

const RUNS = Number(process.env['RUNS'] ?? 15);
const COMMITS = Number(process.env['COMMITS'] ?? 15_000);
const AUTHOR = { name: 'Kargo', email: 'kargo@example.com' };
/** Milliseconds between two promotions. */
const REST_MS = Number(process.env['REST_MS'] ?? 3000);
const MAX_MS = 150;
const MIN_RATIO = 8;

const SCRIPT = `set -e
git clone --quiet --bare "$URL" "$DIR/repo"
cd "$DIR/repo"
git worktree add --quiet "$DIR/src" main
git worktree add --quiet "$DIR/out" stage/test
cd "$DIR/out"
git rm -r --force --quiet --ignore-unmatch .
echo "run: $RUN" > manifests.yaml
git add --all
git commit --quiet --message "Run $RUN"
git push --quiet "$URL" HEAD:stage/test
`;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function fresh(url: string, folder: string, run: number): Promise<number> {
  const dir = mkdtempSync(join(folder, 'fresh-'));
  const who = { GIT_AUTHOR_NAME: 'x', GIT_AUTHOR_EMAIL: 'x', GIT_COMMITTER_NAME: 'x', GIT_COMMITTER_EMAIL: 'x' };
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder, URL: url, DIR: dir, RUN: `fresh ${run}`, ...who };
  const begun = performance.now();
  await new Promise<void>((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', SCRIPT], { env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`the script ended with ${code}`))));
  });
  const took = performance.now() - begun;
  rmSync(dir, { recursive: true });
  return took;
}

const folder = mkdtempSync(join(tmpdir(), 'bench-git-large-'));
const server = await startGitServer();
const served = await serveApart(server.directory);
try {
  await makeLargeRepository(server, COMMITS);
  const url = `${served.url}/large.git`;
  const commits = (await server.git('large', 'rev-list', '--count', 'main')).trim();
  const files = (await server.git('large', 'ls-tree', '-r', '--name-only', 'main')).trim().split('\n').length;
  let started = 0;
  const real = realProcesses({ helper: true });
  const processes: Processes = {
    run: (request) => {
      started += 1;
      return real.run(request);
    },
  };
  const git = realGit({ processes, clock: systemClock, directory: join(folder, 'cache') });
  const workspaces = realWorkspaces({ directory: join(folder, 'work') });
  const phases = new Map<string, number[]>();

  const promote = async (run: number): Promise<number> => {
    const { workspace } = await workspaces.open(`run-${run}`);
    const begun = performance.now();
    let last = begun;
    const lap = (name: string): void => {
      const now = performance.now();
      phases.set(name, [...(phases.get(name) ?? []), now - last]);
      last = now;
    };
    const clone = await git.clone({ remote: { url }, home: await workspace.resolve('home'), author: AUTHOR });
    lap('fetch');
    await clone.addWorkTree({ path: await workspace.resolve('src'), ref: { branch: 'main' } });
    lap('check out main');
    const out = await clone.addWorkTree({ path: await workspace.resolve('out'), ref: { branch: 'stage/test' } });
    lap('check out stage');
    await out.clear();
    lap('clear');
    await workspace.writeFile('out/manifests.yaml', `run: ${run}\n`);
    await out.commitChanges({ message: `Run ${run}`, date: 1_750_000_000_000 + run * 1000 });
    lap('stage, commit');
    await out.land({ branch: 'stage/test', policy: 'AlwaysRebase', date: 1_750_000_000_000 + run * 1000 });
    lap('push');
    const took = performance.now() - begun;
    await workspaces.remove(`run-${run}`);
    return took;
  };

  const cold = await promote(0);
  phases.clear();
  started = 0;
  const warm: number[] = [];
  const cloned: number[] = [];
  for (let run = 1; run <= RUNS; run += 1) {
    // Promotions come minutes apart: what is made ready in the background after one is there for the next.
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    warm.push(await promote(run));
    cloned.push(await fresh(url, folder, run));
  }
  const processesEach = started / RUNS;
  const rehearsed: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    const begun = performance.now();
    const { workspace } = await workspaces.open(`preview-${run}`);
    const rehearsal = git.rehearse({ directory: await workspace.resolve('rehearsal') });
    const clone = await rehearsal.git.clone({ remote: { url }, home: await workspace.resolve('home'), author: AUTHOR });
    await clone.addWorkTree({ path: await workspace.resolve('src'), ref: { branch: 'main' } });
    const out = await clone.addWorkTree({ path: await workspace.resolve('out'), ref: { branch: 'stage/test' } });
    await workspace.writeFile('out/manifests.yaml', `run: preview ${run}\n`);
    await out.commitChanges({ message: 'Preview', date: 0 });
    await out.land({ branch: 'stage/test', policy: 'AlwaysRebase', date: 0 });
    await rehearsal.take();
    rehearsed.push(performance.now() - begun);
    await workspaces.remove(`preview-${run}`);
  }
  const [ours, theirs] = [median(warm), median(cloned)];
  console.log(`repository of ${commits} commits and ${files} files, ${RUNS} runs each, medians`);
  for (const [name, values] of phases) console.log(`  ${name.padEnd(18)} ${median(values).toFixed(0).padStart(6)} ms`);
  console.log(`  ${'first promotion'.padEnd(18)} ${cold.toFixed(0).padStart(6)} ms (makes the mirror)`);
  console.log(
    `  ${'warm promotion'.padEnd(18)} ${ours.toFixed(0).padStart(6)} ms, ${processesEach.toFixed(1)} processes (aim: under ${MAX_MS} ms) ${ours < MAX_MS ? 'ok' : 'MISSED'}`,
  );
  console.log(`  ${'git of a preview'.padEnd(18)} ${median(rehearsed).toFixed(0).padStart(6)} ms`);
  console.log(`  ${'fresh clone'.padEnd(18)} ${theirs.toFixed(0).padStart(6)} ms`);
  console.log(
    `  ${'times faster'.padEnd(18)} ${(theirs / ours).toFixed(1).padStart(6)} (aim: at least ${MIN_RATIO}) ${theirs / ours >= MIN_RATIO ? 'ok' : 'MISSED'}`,
  );
} finally {
  served.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}
