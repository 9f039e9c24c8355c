import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const root = join(import.meta.dirname, '..', '..');

/** A `kargo` that loads its program and then waits. */
export interface Standby {
  child: ChildProcessByStdio<Writable | null, Readable, Readable>;
  /** Lets it run, now or as soon as it has loaded. */
  begin(): void;
}

/**
 * A process of its own for a `kargo` command that does nothing yet but load its program, so that its start costs whoever kills and starts
 * over less than a fifth. What runs is the program that users run.
 */
export function standBy(args: readonly string[], env: Readonly<Record<string, string>> = {}): Standby {
  const loadFirst = join(import.meta.dirname, 'load-first.ts');
  const program = join(root, 'packages', 'controlplane', 'bin', 'kargo.js');
  const child = spawn(process.execPath, ['--import', loadFirst, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  }) as Standby['child'];
  return { child, begin: () => void child.send('begin') };
}
