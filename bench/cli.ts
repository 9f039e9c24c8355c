/**
 * The command line as people get it, from the packed tarball: how long it takes to start, and to show Stages of a local server.
 * Whole processes, a bare `node` beside them in the same run.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePackage } from '../scripts/package.ts';
import { PROJECT, shown, startSeedWorld } from './seed-world.ts';

const RUNS = Number(process.env['ROUNDS'] ?? 15);

/** Prints how long commands take, each as a process of its own. */
export async function benchCLI(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kargo-bench-cli-'));
  const world = await startSeedWorld({ verification: false, autoPromote: false });
  try {
    execFileSync('tar', ['-xzf', await makePackage(), '-C', folder]);
    symlinkSync(join(import.meta.dirname, '..', 'node_modules'), join(folder, 'node_modules'));
    const kargo = join(folder, 'package', 'bin', 'kargo.js');
    const empty = join(folder, 'empty.js');
    writeFileSync(empty, '');
    const env = { PATH: process.env['PATH'], HOME: folder, NODE_COMPILE_CACHE: join(folder, 'cache') };
    const run = (...args: string[]): number => {
      const started = performance.now();
      execFileSync(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
      return performance.now() - started;
    };
    run(kargo, 'login', world.server.address, '--admin', '--password', 'bench');
    const commands: Record<string, { args: string[]; limit?: number }> = {
      'node with an empty file': { args: [empty] },
      'kargo version --client': { args: [kargo, 'version', '--client'], limit: 150 },
      'kargo --help': { args: [kargo, '--help'], limit: 150 },
      'kargo get stages': { args: [kargo, 'get', 'stages', '-p', PROJECT], limit: 250 },
    };
    const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
    // In turns, so that what else the machine does falls on all of them.
    for (let round = 0; round <= RUNS; round += 1)
      for (const [name, { args }] of Object.entries(commands)) {
        const took = run(...args);
        if (round > 0) times.get(name)?.push(took);
      }
    for (const [name, { limit }] of Object.entries(commands))
      console.log(`${name.padEnd(38)} ${shown(times.get(name) ?? [])}${limit === undefined ? '' : ` (at most ${limit})`}`);
  } finally {
    await world.close();
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) await benchCLI();
