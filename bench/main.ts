/**
 * `npm run bench`: runs the benchmarks, each in a process of its own, and prints their figures. Names choose some of them:
 * `npm run bench -- seed-promotion startup`. Figures of one run belong together; across runs and machines only ratios mean anything.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Parts of benchmarks, not benchmarks. */
const PARTS = new Set(['main', 'seed-world', 'git-server', 'large-repository']);

const available = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .filter((name) => !PARTS.has(name));
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !available.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${available.join(', ')}.`);
  process.exit(2);
}
let failed = 0;
for (const name of chosen.length === 0 ? available : chosen) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.ts`)], { stdio: 'inherit' });
  if (status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
