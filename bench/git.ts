/**
 * What a promotion does outside (clone with two work trees, clear, kustomize build, commit, push) against a local git server, through
 * the ports and as a shell script with the same programs. Prints medians, the processes started and the ratio; the aim is at most 3.
 */
import { spawnSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTools, realGit, realProcesses, realRenderer, realWorkspaces } from '@kargo/integrations';
import type { Processes } from '@kargo/integrations';
import { startGitServer } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { ensureTools } from '../scripts/tools.ts';

const RUNS = Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 9);
const AUTHOR = { name: 'Kargo', email: 'kargo@example.com' };
const PATH = '/usr/local/bin:/usr/bin:/bin';

const SCRIPT = `set -e
git clone --quiet --bare "$URL" "$DIR/repo"
cd "$DIR/repo"
git worktree add --quiet "$DIR/src" main
git worktree add --quiet "$DIR/out" stage/test
rm -rf "$DIR"/out/*
"$KUBECTL" kustomize "$DIR/src/stages/test" > "$DIR/out/manifests.yaml"
echo "# $RUN" >> "$DIR/out/manifests.yaml"
cd "$DIR/out"
git add --all
git commit --quiet --message "Run $RUN"
git push --quiet "$URL" HEAD:stage/test
`;

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function kustomizeRepository(extra: number): Record<string, string> {
  const files: Record<string, string> = {
    'base/kustomization.yaml': 'resources: [deployment.yaml]\n',
    'base/deployment.yaml':
      'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: nginx:1.25\n',
    'stages/test/kustomization.yaml': 'namePrefix: test-\nresources: [../../base]\n',
  };
  for (let index = 0; index < extra; index += 1) files[`other/${index % 50}/${index}.yaml`] = `a: ${index}\n`.repeat(20);
  return files;
}

async function shell(env: Record<string, string>): Promise<void> {
  // Not waited for synchronously: the git server lives in this process.
  await new Promise<void>((resolve, reject) => {
    const child = spawn('/bin/bash', ['-c', SCRIPT], { env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`the script ended with ${code}`))));
  });
}

async function compare(extra: number): Promise<void> {
  const tools = await findTools({ directories: [(await ensureTools()).directory] });
  const folder = mkdtempSync(join(tmpdir(), 'bench-git-'));
  const server = await startGitServer();
  try {
    const url = await server.createRepository('demo', kustomizeRepository(extra));
    await server.commit('demo', { branch: 'stage/test', message: 'Initial commit' });
    let started = 0;
    const real = realProcesses({ helper: true });
    const processes: Processes = {
      run: (request) => {
        started += 1;
        return real.run(request);
      },
    };
    const git = realGit({ processes, clock: systemClock, directory: join(folder, 'cache') });
    const renderer = realRenderer({ processes, tools });
    const workspaces = realWorkspaces({ directory: join(folder, 'work') });
    const phases = new Map<string, number[]>();

    const promote = async (run: number): Promise<void> => {
      let last = performance.now();
      const lap = (name: string): void => {
        const now = performance.now();
        phases.set(name, [...(phases.get(name) ?? []), now - last]);
        last = now;
      };
      const id = `run-${run}`;
      const { workspace } = await workspaces.open(id);
      const clone = await git.clone({ remote: { url }, home: await workspace.resolve('home'), author: AUTHOR });
      lap('fetch');
      await clone.addWorkTree({ path: await workspace.resolve('src'), ref: { branch: 'main' } });
      const out = await clone.addWorkTree({ path: await workspace.resolve('out'), ref: { branch: 'stage/test' }, create: true });
      lap('check out twice');
      await out.clear();
      lap('clear');
      const manifests = await renderer.kustomize({ path: await workspace.resolve('src/stages/test'), root: workspace.root });
      await workspace.writeFile('out/manifests.yaml', `${manifests}# ours ${run}\n`);
      lap('kustomize build');
      await out.commitChanges({ message: `Run ${run}`, date: 1_750_000_000_000 + run * 1000 });
      lap('commit');
      await out.push({ branch: 'stage/test' });
      lap('push');
      await workspaces.remove(id);
      lap('clean up');
    };

    const cold = performance.now();
    await promote(0);
    const coldMs = performance.now() - cold;
    phases.clear();
    const ours: number[] = [];
    const theirs: number[] = [];
    started = 0;
    for (let run = 1; run <= RUNS; run += 1) {
      let from = performance.now();
      await promote(run);
      ours.push(performance.now() - from);
      const dir = mkdtempSync(join(folder, 'script-'));
      const identity = { GIT_AUTHOR_NAME: 'x', GIT_AUTHOR_EMAIL: 'x', GIT_COMMITTER_NAME: 'x', GIT_COMMITTER_EMAIL: 'x' };
      from = performance.now();
      await shell({ PATH, HOME: folder, URL: url, DIR: dir, RUN: String(run), KUBECTL: tools.kubectl ?? 'kubectl', ...identity });
      rmSync(dir, { recursive: true });
      theirs.push(performance.now() - from);
    }
    console.log(`\nrepository of ${extra + 3} files, ${RUNS} runs each, medians`);
    for (const [name, values] of phases) console.log(`  ${name.padEnd(18)} ${median(values).toFixed(0).padStart(6)} ms`);
    console.log(
      `  ${'ours, warm'.padEnd(18)} ${median(ours).toFixed(0).padStart(6)} ms  ${(started / RUNS).toFixed(1)} processes started`,
    );
    console.log(`  ${'ours, first time'.padEnd(18)} ${coldMs.toFixed(0).padStart(6)} ms`);
    console.log(`  ${'shell script'.padEnd(18)} ${median(theirs).toFixed(0).padStart(6)} ms  9 processes started`);
    console.log(`  ratio              ${(median(ours) / median(theirs)).toFixed(2)} (aim: at most 3)`);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

console.log(spawnSync('git', ['--version']).stdout.toString().trim());
for (const extra of [0, 3000]) await compare(extra);
