import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const root = join(import.meta.dirname, '..', '..');
const BIN = join(root, 'packages', 'controlplane', 'bin', 'kargo.js');

/** A running `kargo up`. */
export interface KargoServer {
  /** Address of API and UI. */
  address: string;
  /** Milliseconds from the start of the process until it served. */
  readyAfter: number;
  process: ChildProcess;
  stop(): Promise<void>;
}

/** Starts `kargo up` and waits until it serves. Fails with what it printed if it ends before. */
export async function startKargo(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<KargoServer> {
  const child = spawn(process.execPath, [BIN, 'up', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  return serving(child);
}

/** Waits until a `kargo up` that begins now serves. Fails with what it printed if it ends before. */
export async function serving(child: ChildProcessByStdio<Writable | null, Readable, Readable>): Promise<KargoServer> {
  const started = performance.now();
  let output = '';
  const ready = Promise.withResolvers<string>();
  const read = (chunk: Buffer): void => {
    output += chunk.toString();
    const address = /listening on (http:\/\/\S+)/.exec(output)?.[1];
    if (address !== undefined) ready.resolve(address);
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  child.once('exit', (code) => ready.reject(new Error(`kargo up ended with code ${code} before it served:\n${output}`)));
  const address = await ready.promise;
  return {
    address,
    readyAfter: performance.now() - started,
    process: child,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Runs a `kargo` command with `input` on its standard input; returns what it printed. Fails with its error text. */
export function kargo(
  args: readonly string[],
  options: { env: Readonly<Record<string, string>>; input?: string },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`kargo ${args.join(' ')} ended with code ${code}: ${stderr.trim()}`));
    });
    child.stdin.end(options.input ?? '');
  });
}
