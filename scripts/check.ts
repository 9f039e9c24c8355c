/** `npm run check`: everything a change must pass before it is offered. Runs all parts, prints what failed, exits non-zero then. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);
const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}` };

const parts: [name: string, command: string, args: string[]][] = [
  ['format', bin('oxfmt'), ['--check']],
  ['layers', process.execPath, ['scripts/layers.ts']],
  ['links of the documentation', process.execPath, ['scripts/links.ts']],
  ['lint', bin('oxlint'), ['--type-aware', '--deny-warnings']],
  ['types', bin('tsc'), ['-p', 'tsconfig.json']],
  ['types of the web UI', bin('tsc'), ['-p', 'packages/ui/tsconfig.json']],
  ['generated files', process.execPath, ['scripts/generate.ts', '--check']],
  ...(process.argv.includes('--no-tests')
    ? []
    : ([['tests', process.execPath, ['scripts/test.ts']]] as [string, string, string[]][])),
];

const failed: string[] = [];
for (const [name, command, args] of parts) {
  const started = process.hrtime.bigint();
  const { status } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit' });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(', ')}.`);
  process.exit(1);
}
