/** `npm run ui`: builds the web UI if its sources are newer than what was built; callable as a function by what needs it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const UI = join(root, 'packages', 'ui');

function newest(directory: string): number {
  return Math.max(
    0,
    ...readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
}

/** Makes sure that `packages/ui/dist` is what the sources make. Fails with the bundler's output. */
export function ensureUI(): void {
  const page = join(UI, 'dist', 'index.html');
  const sources = Math.max(
    newest(join(UI, 'src')),
    statSync(join(UI, 'index.html')).mtimeMs,
    statSync(join(UI, 'vite.config.ts')).mtimeMs,
  );
  if (existsSync(page) && statSync(page).mtimeMs > sources) return;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', UI, '--logLevel', 'error'],
    // Whoever calls may be in development; what is built here is for people.
    { cwd: root, encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } },
  );
  if (status !== 0) throw new Error(`building the web UI failed:\n${stdout}${stderr}`);
}

if (import.meta.main) ensureUI();
