import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { allKinds } from '@kargo/api';
import { openApiServer, SYSTEM_ADMIN, type ApiServer } from '@kargo/apiserver';
import { systemClock, systemRandom } from '@kargo/kube';
import { ensureTools } from '../../scripts/tools.ts';

/** The kubectl that the checkout brings along, or one in PATH; undefined when there is none. */
export async function findKubectl(): Promise<string | undefined> {
  const { kubectl } = await ensureTools();
  if (kubectl !== undefined) return kubectl;
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'kubectl'))
    .find((file) => existsSync(file));
}

/** Every kubectl that the checkout brings along, or the one in PATH. Says so where tests are skipped for lack of any. */
export async function findKubectls(): Promise<{ version: string; kubectl: string }[]> {
  const tools = await ensureTools();
  const found = [
    ...(tools.kubectl === undefined ? [] : [{ version: '1.32', kubectl: tools.kubectl }]),
    ...(tools['kubectl-1.35'] === undefined ? [] : [{ version: '1.35', kubectl: tools['kubectl-1.35'] }]),
  ];
  if (found.length > 0) return found;
  const other = await findKubectl();
  if (other !== undefined) return [{ version: 'in PATH', kubectl: other }];
  console.warn('skipping the tests with kubectl: none is brought along for this platform and none is in PATH');
  return [];
}

/** What a run of kubectl ended with. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  until?: RegExp;
  env?: Readonly<Record<string, string>>;
}

/** An embedded API over HTTP with a kubectl that talks to it. */
export interface KubectlSession {
  server: ApiServer;
  url: string;
  /** Runs kubectl in namespace `demo`. `input` is its standard input; once its output matches `until` it is interrupted. */
  run: (args: readonly string[], options?: RunOptions) => Promise<Outcome>;
  /** Standard output of a run that must succeed. */
  ok: (args: readonly string[], options?: RunOptions) => Promise<string>;
  /** A folder for files of tests. */
  folder: string;
  /** How many watches were opened so far. */
  watches: () => number;
  /** Whether a watch is open, or was, whose URL has this text. */
  watching: (text: string) => boolean;
  close: () => Promise<void>;
}

/** Starts an API with every kind, and a configuration for kubectl that nothing outside of the test uses. */
export async function openKubectl(kubectl: string): Promise<KubectlSession> {
  const home = mkdtempSync(join(tmpdir(), 'kargo-kubectl-'));
  const server = openApiServer({
    path: ':memory:',
    kinds: allKinds,
    clock: systemClock,
    random: systemRandom,
    authenticate: () => SYSTEM_ADMIN,
  });
  const watched: string[] = [];
  const http = createServer((request, response) => {
    server.handler(request, response);
    if (request.url?.includes('watch=true') === true) watched.push(request.url);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'embedded', cluster: { server: url } }],
    users: [{ name: 'admin', user: {} }],
    contexts: [{ name: 'embedded', context: { cluster: 'embedded', user: 'admin', namespace: 'demo' } }],
    'current-context': 'embedded',
  };
  writeFileSync(join(home, 'config'), JSON.stringify(config));
  const env = {
    HOME: home,
    TMPDIR: home,
    KUBECONFIG: join(home, 'config'),
    PATH: process.env['PATH'] ?? '',
    KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false',
    // It ends before it would have to tidy up.
    GOGC: 'off',
  };

  const run: KubectlSession['run'] = (args, options) => runKubectl(kubectl, args, { ...env, ...options?.env }, options);

  return {
    server,
    url,
    folder: home,
    watches: () => watched.length,
    watching: (text) => watched.some((url) => url.includes(text)),
    run,
    ok: async (args, options) => {
      const { code, stdout, stderr } = await run(args, options);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr}`);
      return stdout;
    },
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await server.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Runs kubectl with nothing but `env`. */
export function runKubectl(
  kubectl: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { input = '', until }: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(kubectl, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const outcome: Outcome = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      outcome.stdout += chunk.toString();
      if (until?.test(outcome.stdout) === true) child.kill('SIGINT');
    });
    child.stderr.on('data', (chunk: Buffer) => (outcome.stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ ...outcome, code });
    });
    child.stdin.on('error', reject);
    child.stdin.end(input);
  });
}
