import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { httpClient, type Client } from '@kargo/kube';
import { parse } from 'yaml';

const MAIN = fileURLToPath(new URL('../../packages/controlplane/bin/kargo.js', import.meta.url));

/** Runs a `kargo` command as a process of its own. */
export async function kargo(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** A running process that was told to go on until it is stopped. */
export interface KargoProcess {
  child: ChildProcess;
  output: () => string;
  /** Ends it with a signal and waits for its end. */
  stop: (signal?: NodeJS.Signals) => Promise<void>;
}

/** Starts a `kargo` command and waits until its output matches. Fails with its output when it ends before. */
export async function startKargo(
  args: readonly string[],
  until: RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<KargoProcess> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const closed = once(child, 'close');
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (until.test(output)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('close', (code) => reject(new Error(`kargo ${args.join(' ')} ended with ${code}: ${output}`)));
  });
  return {
    child,
    output: () => output,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await closed;
    },
  };
}

/** A client with the rights of the kubeconfig in a data folder. */
export function adminClient(data: string): Client {
  const { clusters, users } = parse(readFileSync(join(data, 'kubeconfig'), 'utf8')) as {
    clusters: [{ cluster: { server: string } }];
    users: [{ user: { token: string } }];
  };
  return httpClient({ baseURL: clusters[0].cluster.server.replace('https:', 'http:'), token: users[0].user.token });
}
