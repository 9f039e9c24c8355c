/** `npm run ui`: builds the web UI if its sources are newer than what was built; callable as a function by what needs it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const UI = join(root, 'packages', 'ui');
/** There while somebody builds. */
const LOCK = join(UI, 'node_modules', '.building');

function newest(directory: string): number {
  return Math.max(
    0,
    ...readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
}

/** Milliseconds after which a build that did not end is taken to have died. */
const DEAD = 120_000;

/** Makes sure that `packages/ui/dist` is what the sources make; of several callers at once one builds. Fails with the bundler's output. */
export function ensureUI(): void {
  if (isBuilt() && !existsSync(LOCK)) return;
  acquire();
  try {
    if (!isBuilt()) build();
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

function isBuilt(): boolean {
  const page = join(UI, 'dist', 'index.html');
  const sources = Math.max(
    newest(join(UI, 'src')),
    statSync(join(UI, 'index.html')).mtimeMs,
    statSync(join(UI, 'vite.config.ts')).mtimeMs,
  );
  return existsSync(page) && statSync(page).mtimeMs > sources;
}

/** Waits for whoever builds; a build empties the folder first, and what is served from it meanwhile is broken. */
function acquire(): void {
  mkdirSync(join(LOCK, '..'), { recursive: true });
  for (;;) {
    try {
      mkdirSync(LOCK);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const since = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > DEAD) rmSync(LOCK, { recursive: true, force: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
}

function build(): void {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', UI, '--logLevel', 'error'],
    // Whoever calls may be in development; what is built here is for people.
    { cwd: root, encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } },
  );
  if (status !== 0) throw new Error(`building the web UI failed:\n${stdout}${stderr}`);
}

if (import.meta.main) ensureUI();
